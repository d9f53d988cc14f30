"""Changes for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ftrack_typed.drift.changes import Change, by_importance


def report(changes: Sequence[Change], form: str = "text") -> str:
    """Write changes as ``text``, ``json`` or ``markdown``, breaking ones first.

    Raises:
        KeyError: for another form.
    """
    return FORMATS[form](by_importance(changes))


def _text(changes: Sequence[Change]) -> str:
    if not changes:
        return "No differences."
    lines = [f"{'breaking' if one.breaking else 'harmless'}  {one}" for one in changes]
    return "\n".join([*lines, "", _summary(changes)])


def _summary(changes: Sequence[Change]) -> str:
    breaking = sum(one.breaking for one in changes)
    noun = "difference" if len(changes) == 1 else "differences"
    return f"{len(changes)} {noun}, {breaking} breaking."


def _json(changes: Sequence[Change]) -> str:
    return json.dumps(
        {
            "breaking": sum(one.breaking for one in changes),
            "changes": [
                {
                    "kind": one.kind,
                    "subject": one.subject,
                    "breaking": one.breaking,
                    "before": one.before,
                    "after": one.after,
                    "text": str(one),
                }
                for one in changes
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def _markdown(changes: Sequence[Change]) -> str:
    if not changes:
        return "No differences."
    lines = [_summary(changes)]
    for title, breaking in (("Breaking", True), ("Harmless", False)):
        found = [one for one in changes if one.breaking is breaking]
        if found:
            lines += ["", f"### {title}", "", *(f"- {_marked(one)}" for one in found)]
    return "\n".join(lines)


def _marked(change: Change) -> str:
    text = str(change)
    rest = text.removeprefix(change.subject)
    return f"{_code(change.subject)}{_escaped(rest)}"


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _escaped(text: str) -> str:
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.splitlines())


FORMATS: Final[Mapping[str, Callable[[Sequence[Change]], str]]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
}
"""Forms a report can have."""
