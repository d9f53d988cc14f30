"""Which files below the search paths are plugins, and in which order they are run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ftrack_typed.plugins.report import Plugin

_CACHES: Final = frozenset({"__pycache__", "__pypackages__", "node_modules"})
_PACKAGE: Final = "__init__.py"


@dataclass(frozen=True)
class PluginFile:
    """A Python file below a search path."""

    path: Path
    root: Path
    """The search path it was found below."""
    signature: tuple[int, int]
    """Time of its last change and size: another one tells that it was edited."""

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of the directories from the search path to the file, and the file's own without suffix."""
        inner = self.path.relative_to(self.root).with_suffix("").parts
        return inner[:-1] if self.is_package else inner

    @property
    def is_package(self) -> bool:
        """Whether it makes its directory a package."""
        return self.path.name == _PACKAGE

    @property
    def is_helper(self) -> bool:
        """Whether it is there for other plugins to import: it, or a directory it is in, is named ``_…``."""
        return any(step.startswith("_") for step in self.steps)


def find_plugins(paths: Iterable[Path]) -> tuple[list[PluginFile], list[Plugin]]:
    """The Python files below the search paths, helpers among them, and what was passed over.

    The order is always the same: search paths as they are given; within a directory ``__init__.py``, then its files,
    then its directories, each sorted by name (by code points, so capitals come first). A search path may be a file
    itself. Files and directories named ``.…`` and those of caches are not looked at. A file or directory that can
    be reached in several ways, by links or by search paths within each other, counts the first time.
    """
    found: list[PluginFile] = []
    skipped: list[Plugin] = []
    seen: set[str] = set()
    for root in paths:
        if root.is_dir():
            found += _walk(root, root, seen, skipped)
        elif root.is_file() and root.suffix == ".py":
            found += _file(root, root.parent, seen, skipped)
        else:
            skipped.append(Plugin(root, problem="there is no such directory or Python file"))
    return found, skipped


def _walk(directory: Path, root: Path, seen: set[str], skipped: list[Plugin]) -> Iterator[PluginFile]:
    if not _is_new(directory, seen, skipped):
        return
    try:
        listed = sorted(directory.iterdir(), key=lambda path: (path.name != _PACKAGE, path.name))
    except OSError as error:
        skipped.append(Plugin(directory, problem=f"it can't be read: {error.strerror or error}"))
        return
    directories: list[Path] = []
    for path in listed:
        if path.name.startswith(".") or path.name in _CACHES:
            continue
        if path.is_dir():
            directories.append(path)
        elif path.suffix == ".py" and path.is_file():
            yield from _file(path, root, seen, skipped)
    for path in directories:
        yield from _walk(path, root, seen, skipped)


def _file(path: Path, root: Path, seen: set[str], skipped: list[Plugin]) -> Iterator[PluginFile]:
    if _is_new(path, seen, skipped):
        try:
            facts = path.stat()
        except OSError as error:  # removed meanwhile, or not ours to look at
            skipped.append(Plugin(path, problem=f"it can't be read: {error.strerror or error}"))
            return
        yield PluginFile(path, root, (facts.st_mtime_ns, facts.st_size))


def _is_new(path: Path, seen: set[str], skipped: list[Plugin]) -> bool:
    real = os.path.normcase(os.path.realpath(path))
    if real in seen:
        skipped.append(Plugin(path, problem="it was found before"))
        return False
    seen.add(real)
    return True
