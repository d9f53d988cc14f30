"""Where an entity stands, which decides its custom attributes. Also for entities that exist only here so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ftrack_typed.custom_attributes.configuration import Place
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

_KINDS: Final = {
    "Project": "show",
    "TypedContext": "task",
    "Asset": "asset",
    "AssetVersion": "assetversion",
    "User": "user",
    "List": "list",
    "ListObject": "listobject",
}
"""Entity type, or a base of it → what configurations call it."""

_TOWARDS_PROJECT: Final = ("project", "parent", "asset", "context")
_DEEPEST: Final = 64


def place_of(entity: Entity) -> Place | None:
    """The place of an entity; None when its type has no custom attributes."""
    kind = _kind(entity)
    if kind is None:
        return None
    if kind == "show":
        return Place(kind, project_id=_text(entity.primary_key.get("id")))
    object_type = _object_type(entity) if kind == "task" else None
    return Place(kind, object_type, _project(entity))


def _kind(entity: Entity) -> str | None:
    registry = type(entity).__registry__
    name: str | None = entity.entity_type
    while name is not None:
        if name in _KINDS:
            return _KINDS[name]
        name = registry.base(name)
    return None


def _object_type(entity: Entity) -> str | None:
    given = _text(_read(entity, "object_type_id"))
    if given is not None:
        return given
    # A class made for one object type says so in its defaults.
    return _text(type(entity).__entity__.defaults.get("object_type_id"))


def _project(entity: Entity) -> str | None:
    """Id of the project an entity is in, found by going up."""
    current: Any = entity
    for _ in range(_DEEPEST):
        if _kind(current) == "show":
            return _text(current.primary_key.get("id"))
        known = _text(_read(current, "project_id"))
        if known is not None:
            return known
        above = next(
            (found for name in _TOWARDS_PROJECT if (found := _read(current, name)) is not None), None
        )
        if above is None:
            return None
        current = above
    return None


def _read(entity: Entity, name: str) -> Any:
    if name not in type(entity).__attributes__:
        return None
    value = getattr(entity, name)
    return None if value is NOT_SET else value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
