"""Keys of metadata and custom attributes that are written as attributes: ``Shot.custom_attributes.fps``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ftrack_typed.errors import UnknownAttributeError

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity


def spelled_key(owner: Any, attribute: Attribute, name: str) -> str:
    """The key of the key/value rows `attribute` that is spelled `name` in Python.

    Args:
        owner: The entity class that has the attribute.
        attribute: The attribute, such as ``custom_attributes``.
        name: What was written behind it.

    Raises:
        UnknownAttributeError: when the generated package knows no such key; naming the nearest.
    """
    cls = cast("type[Entity]", owner)
    label = f"{cls.__entity__.name}.{attribute.wire}"
    known = {} if attribute.target == "Metadata" else known_keys(cls)
    if name in known:
        return known[name]
    raise UnknownAttributeError(label, name, known)


def known_keys(cls: type[Entity]) -> dict[str, str]:
    """Python spelling to key of the custom attributes the generated package knows for a class."""
    find = getattr(cls.__registry__, "custom_attributes", None)
    info = None if find is None else find(cls.__entity__.name)
    return {} if info is None else dict(info.keys)
