"""The root of the tree, and what all errors share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

_E = TypeVar("_E", bound="Error")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'nearest'?`` for a misspelt *name*, or an empty string when nothing is near."""
    import difflib  # errors are rare, and this takes a while to load

    by_lower = {candidate.lower(): candidate for candidate in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean {by_lower[near[0]]!r}?" if near else ""


def _printable(text: object) -> str:
    """Return *text* as a string every stream can take (lone surrogates are spelt out)."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _restore(kind: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


def _portable(value: object) -> object:
    """Return *value* if it survives pickling, otherwise its representation."""
    import pickle

    try:
        pickle.loads(pickle.dumps(value))
    except Exception:
        return repr(value)
    return value


class Error(Exception):
    """Base of every error of this package.

    Args:
        message: What happened, where, and how to put it right. Printed as it stands: braces mean nothing.
        details: Further facts, kept in `details`.
    """

    message: str
    """The text `str()` gives."""

    details: dict[str, Any]
    """Further facts about the error; empty when there are none."""

    def __init__(self, message: object = "", details: Mapping[str, Any] | None = None) -> None:
        self.message = _printable(message) or type(self).__name__
        self.details = dict(details or {})
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: _portable(value) for name, value in self.__dict__.items()}
        return _restore, (type(self), self.args, state)
