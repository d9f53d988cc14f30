"""What a studio's ``pyproject.toml`` says about its package, in the table ``[tool.ftrack-typed]``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ftrack_typed.errors import suggestion

from .errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE: Final = "pyproject.toml"
TABLE: Final = "ftrack-typed"


@dataclass(frozen=True)
class Settings:
    """How to generate a studio's package. Paths are absolute; everything may be missing."""

    file: Path | None = None
    """Where the settings come from."""
    server: str | None = None
    """URL of the server to ask."""
    schema: Path | None = None
    """Recorded schema or snapshot to use instead of a server."""
    configuration: Path | None = None
    """Recorded configuration: of custom attributes alone, or of several sections."""
    package: str | None = None
    output: Path | None = None
    """Directory that holds the package's directory."""
    projects: tuple[str, ...] = ()
    """Names or ids of the projects whose own custom attributes are wanted; all when empty."""
    entity_types: tuple[str, ...] = ()
    """Wire ids of the entity types to include; all when empty."""
    custom_attribute_names: Mapping[str, str] = field(default_factory=dict)
    """Key → Python spelling."""
    mixins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wire id of an entity type → classes of the studio's own among its bases, as ``module:Class``."""
    templates: Path | None = None
    """Directory of templates to use in place of those of the generator."""


def find_settings(start: Path) -> Settings:
    """Read the nearest ``pyproject.toml`` at or above `start` that has the table; nothing when none has.

    Raises:
        InputError: when the file makes no sense, naming file and key.
    """
    for directory in (start, *start.parents):
        path = directory / FILE
        if path.is_file():
            found = read_settings(path)
            if found is not None:
                return found
    return Settings()


def read_settings(path: Path) -> Settings | None:
    """Read one file; None when it doesn't have the table.

    Raises:
        InputError: when the file makes no sense, naming file and key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"Can't read {path}: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no TOML: {error}.") from error
    tool = document.get("tool")
    table = tool.get(TABLE) if isinstance(tool, Mapping) else None
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise InputError(f"{path}: [tool.{TABLE}] takes keys with values.")
    values: dict[str, Any] = {}
    for key, value in table.items():
        read = _KEYS.get(key)
        if read is None:
            raise InputError(f"{path}: [tool.{TABLE}] has no key {key!r}.{_hint(key)}")
        try:
            values[key.replace("-", "_")] = read(value, path.parent)
        except _WrongValueError as error:
            raise InputError(f"{path}: {key} in [tool.{TABLE}] takes {error}, not {value!r}.") from None
    return Settings(file=path, **values)


def _hint(key: str) -> str:
    if "key" in key.lower() or "user" in key.lower():
        return " Credentials come from the environment: FTRACK_API_USER and FTRACK_API_KEY."
    return suggestion(key, _KEYS)


class _WrongValueError(Exception):
    """Says what a key takes."""


def _text(value: object, directory: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _WrongValueError("a text")
    return value


def _path(value: object, directory: Path) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise _WrongValueError("a path, relative to the file")
    return directory / value


def _texts(value: object, directory: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise _WrongValueError("a list of texts")
    return tuple(dict.fromkeys(value))


def _names(value: object, directory: Path) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) and one for one in value.values()):
        raise _WrongValueError("a table of keys and their Python names")
    return dict(value)


def _lists(value: object, directory: Path) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise _WrongValueError("a table of entity types and their classes")
    return {str(key): _texts([one] if isinstance(one, str) else one, directory) for key, one in value.items()}


_KEYS: Final[Mapping[str, Callable[[object, Path], Any]]] = {
    "server": _text,
    "schema": _path,
    "configuration": _path,
    "package": _text,
    "output": _path,
    "projects": _texts,
    "entity-types": _texts,
    "custom-attribute-names": _names,
    "mixins": _lists,
    "templates": _path,
}
