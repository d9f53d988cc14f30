"""What a run of the generator did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .write import Changes


@dataclass(frozen=True)
class Report:
    """The outcome of :func:`ftrack_codegen.regenerate`."""

    directory: Path
    """Where the package lies (or would lie)."""
    types: int
    attributes: int
    """Declarations written; inherited ones count once."""
    changes: Changes
    omitted: tuple[str, ...] = ()
    """Attributes left out because they lead to types the schema doesn't have."""

    @property
    def current(self) -> bool:
        """Whether the package was already what it should be."""
        return not self.changes

    def summary(self) -> str:
        """One line about the run."""
        changes = self.changes
        return (
            f"{self.types} types, {self.attributes} attributes: "
            f"{len(changes.added) + len(changes.changed)} files written, "
            f"{len(changes.unchanged)} unchanged, {len(changes.removed)} removed"
        )
