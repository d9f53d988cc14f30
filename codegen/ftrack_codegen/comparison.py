"""Pictures of packages from whatever people name: a directory, a package, a file, a server."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path

from ftrack_typed.drift import Picture, read_package

from .errors import InputError
from .write import MARKER

_ENCODING = "utf-8"


def picture_of_directory(directory: Path) -> Picture:
    """Read the generated package in `directory`.

    Raises:
        InputError: when there is none.
        SchemaError: when it was edited beyond recognition.
    """
    return read_package(_sources(directory))


def find_package(name: str) -> Path | None:
    """The directory of the importable package `name`; None when there is no such package."""
    if not name.isidentifier():
        return None
    found = PathFinder.find_spec(name)
    places = [] if found is None else list(found.submodule_search_locations or ())
    return Path(places[0]) if places else None


def _sources(directory: Path) -> Mapping[str, str]:
    sources: dict[str, str] = {}
    try:
        for path in sorted(directory.glob("*.py")):
            text = path.read_text(encoding=_ENCODING)
            if text.startswith(MARKER):
                sources[path.name] = text
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Can't read the package {directory}: {error}.") from error
    if not sources:
        raise InputError(f"{directory} is no package that ftrack-typed generated.")
    return sources
