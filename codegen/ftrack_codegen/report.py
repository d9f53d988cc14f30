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
    homeless: tuple[str, ...] = ()
    """Custom attributes that apply to no entity type of the schema."""
    without_helpers: tuple[str, ...] = ()
    """Helpers left out, because attributes have the names of their methods."""
    custom_attributes: int = 0
    """Custom attributes written; inherited ones count once."""
    constants: int = 0
    """Statuses, types and so on."""

    @property
    def current(self) -> bool:
        """Whether the package was already what it should be."""
        return not self.changes

    def summary(self) -> str:
        """One line about the run."""
        changes = self.changes
        studio = f", {self.custom_attributes} custom attributes" if self.custom_attributes else ""
        studio += f", {self.constants} constants" if self.constants else ""
        return (
            f"{self.types} types, {self.attributes} attributes{studio}: "
            f"{len(changes.added) + len(changes.changed)} files written, "
            f"{len(changes.unchanged)} unchanged, {len(changes.removed)} removed"
        )
