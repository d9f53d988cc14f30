"""The classes of one session: generated ones, and those for what only the server has."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity.extending import ExtensibleRegistry
from ftrack_typed.entity.mapped import CUSTOM_ATTRIBUTE_VALUE
from ftrack_typed.errors import UnrecognisedEntityTypeError, UnsafeNameError
from ftrack_typed.locks import ForkSafeLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Set

    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.custom_attributes import CustomAttributesInfo
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.schema.model import Schema

_logger = logging.getLogger("ftrack_typed.schema")


class SessionRegistry(ExtensibleRegistry):
    """The entity classes of one session: the generated ones, and one for each further type of the server.

    Args:
        generated: Registry of the generated package; None to build everything at run time.
        names: Entity types of the server.
        schema: Gives the server's schema; asked only when something is missing from `generated`.
        first_use: Told each generated class when it is first used here.
    """

    def __init__(
        self,
        generated: EntityRegistry | None,
        names: Iterable[str],
        schema: Callable[[], Schema],
        first_use: Callable[[type[Entity]], None] | None = None,
    ) -> None:
        self._first_use = first_use
        self._generated = generated
        self._schema = schema
        self._building = ForkSafeLock()
        """Held while a class is built: it and its bases must be built once."""
        index = {} if generated is None else dict(generated.index)
        served = frozenset(names)
        missing = sorted(served - set(index))
        for name in missing:
            try:
                spelled = _spelled(name)
            except UnsafeNameError as error:
                _logger.warning("%s It is left out.", error)
                continue
            index[name] = ("", spelled, self._base(name, index))
        super().__init__(index)
        self._sparse = _sparse_rows(index, served)
        rows = {name for name in served if name.endswith(CUSTOM_ATTRIBUTE_VALUE)}
        self._has_set_values_only = rows == {CUSTOM_ATTRIBUTE_VALUE}

    def _base(self, name: str, index: Mapping[str, Any]) -> str | None:
        types = self._schema().types
        base = types[name].base if name in types else None
        return base if base in index or base in types else None

    def custom_attributes(self, name: str) -> CustomAttributesInfo | None:
        """As the generated package has them; for a type it does not know, those of the nearest base it knows."""
        current: str | None = name
        while self._generated is not None and current is not None and current in self:
            if current in self._generated:
                return self._generated.custom_attributes(current)
            current = self.base(current)
        return None

    @property
    def has_set_values_only(self) -> bool:
        """Whether the server has rows of custom attributes only for values that were set."""
        return self._has_set_values_only

    def by_class_name(self, class_name: str) -> type[Entity]:
        """As of any registry; rows of custom attributes are those the server has."""
        return super().by_class_name(CUSTOM_ATTRIBUTE_VALUE if class_name in self._sparse else class_name)

    def plain(self, name: str) -> type[Entity]:
        if self._generated is not None and name in self._generated:
            found = self._generated[name]
            if self._first_use is not None:
                self._first_use(found)
            return found
        if name not in self._index:
            raise UnrecognisedEntityTypeError(name, self._index)
        with self._building:
            known = self._built.get(name)
            if known is not None:
                return known
            from ftrack_typed.entity.building import build_class  # most packages have all types

            types = self._schema().types
            return build_class(types[name], self, types)


def _spelled(name: str) -> str:
    """The name of the class of an entity type; most servers have none that is not known by one."""
    from ftrack_typed.entity.names import class_name

    return class_name(name)


def _sparse_rows(known: Iterable[str], server: Set[str]) -> frozenset[str]:
    """Types of rows of custom attributes that this server does not have: it sends rows only for what was set."""
    if CUSTOM_ATTRIBUTE_VALUE not in server:
        return frozenset()
    return frozenset(name for name in known if name.endswith(CUSTOM_ATTRIBUTE_VALUE) and name not in server)


class ExtraAttributes:
    """Attributes the server has on types whose generated class does not know them."""

    def __init__(self, registry: EntityRegistry, schema: Callable[[], Schema]) -> None:
        self._registry = registry
        self._schema = schema
        self.find: Callable[[type[Entity], str], Attribute | None] = lru_cache(maxsize=4096)(self._find)

    def _find(self, cls: type[Entity], name: str) -> Attribute | None:
        """The attribute by its wire or Python name; None when the server does not have it either."""
        from ftrack_typed.entity.building import extra_attribute

        schema = self._schema().types.get(cls.__entity__.name)
        return None if schema is None else extra_attribute(cls, name, schema, self._registry)
