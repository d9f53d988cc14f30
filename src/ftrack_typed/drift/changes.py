"""One difference between two states of a package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["removed", "renamed", "changed", "added"]

_ORDER: dict[Kind, int] = {"removed": 0, "renamed": 1, "changed": 2, "added": 3}


@dataclass(frozen=True, slots=True)
class Change:
    """A difference, in the words of the code that it may break."""

    kind: Kind
    subject: str
    """What it is about, as code would spell it: ``Task.bid``, ``Statuses.DONE``."""
    breaking: bool
    """Whether code that was right can now be wrong."""
    before: str | None = None
    after: str | None = None
    note: str = ""
    """What it means, where `before` and `after` don't say it."""

    def __str__(self) -> str:
        if self.note:
            return f"{self.subject}: {self.note}"
        if self.kind == "removed":
            return f"{self.subject} is gone" + (f" (was {self.before})" if self.before else "")
        if self.kind == "added":
            return f"{self.subject} is new" + (f": {self.after}" if self.after else "")
        if self.kind == "renamed":
            return f"{self.subject} is now called {self.after}"
        return f"{self.subject}: {self.before} → {self.after}"


def by_importance(changes: Iterable[Change]) -> list[Change]:
    """Breaking changes first, then removals, renamings, changes and additions, each by subject."""
    return sorted(changes, key=lambda one: (not one.breaking, _ORDER[one.kind], one.subject, str(one)))
