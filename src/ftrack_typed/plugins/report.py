"""What became of the plugins of a session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plugin:
    """A file, or a directory, that was looked at for a plugin."""

    file: Path
    module: str | None = None
    """Name it was imported under; None when it wasn't."""
    problem: str | None = None
    """Why it is not in use; None when it is."""
    line: int | None = None
    """Line of the file the problem showed at, where there is one."""

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        return place if self.problem is None else f"{place}: {self.problem}"


@dataclass(frozen=True)
class PluginReport:
    """The plugins of a session, in the order they were run in. Holds texts, no modules and no errors."""

    loaded: tuple[Plugin, ...] = ()
    """Those whose ``register`` was called and came to its end."""
    skipped: tuple[Plugin, ...] = ()
    """What was passed over, such as a search path that does not exist."""
    failed: tuple[Plugin, ...] = ()
    """Those that could not be imported, have no ``register``, or failed in it; each was logged."""

    def __str__(self) -> str:
        parts = (("loaded", self.loaded), ("skipped", self.skipped), ("failed", self.failed))
        return "\n".join(f"{word} {plugin}" for word, plugins in parts for plugin in plugins) or "no plugins"
