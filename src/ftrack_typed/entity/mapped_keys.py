"""Keys of metadata and custom attributes, as far as the generated package knows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from ftrack_typed.errors import UnknownAttributeError

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity

_SCALARS: Final = {
    "boolean": "bool",
    "date": "datetime",
    "dynamic enumerator": "str",
    "enumerator": "str",
    "expression": "str",
    "number": "float",
    "text": "str",
    "url": "str",
}
"""Type of a custom attribute → type of its values, as annotations name it."""


class MappedKeys:
    """The keys of one key/value attribute of an entity class.

    Args:
        owner: The entity class.
        attribute: The attribute, such as ``custom_attributes``.
    """

    __slots__ = ("_attribute", "_owner")

    def __init__(self, owner: Any, attribute: Attribute) -> None:
        self._owner = cast("type[Entity]", owner)
        self._attribute = attribute

    def spelled(self, name: str) -> str:
        """The key that is spelled `name` in Python: ``Shot.custom_attributes.fps``.

        Raises:
            UnknownAttributeError: when the generated package knows no such key; naming the nearest.
        """
        known = {} if self._is_metadata else known_keys(self._owner)
        if name in known:
            return known[name]
        raise UnknownAttributeError(f"{self._owner.__entity__.name}.{self._attribute.wire}", name, known)

    def scalar(self, key: str) -> str:
        """Type of the values behind a key; ``Any`` when the generated package does not know it."""
        if self._is_metadata:
            return "str"
        registry = self._owner.__registry__
        name: str | None = self._owner.__entity__.name
        while name is not None:
            info = registry.custom_attributes(name)
            if info is None:
                break
            if key in info.configurations:
                return _SCALARS.get(info.configurations[key].kind, "Any")
            name = registry.base(info.entity_type)
        return "Any"

    def spellings(self) -> Iterable[str]:
        """All keys that are known, as they are spelled in Python."""
        return () if self._is_metadata else known_keys(self._owner)

    @property
    def _is_metadata(self) -> bool:
        return self._attribute.target == "Metadata"


def known_keys(cls: type[Entity]) -> dict[str, str]:
    """Python spelling to key of the custom attributes the generated package knows for a class."""
    info = cls.__registry__.custom_attributes(cls.__entity__.name)
    return {} if info is None else dict(info.keys)
