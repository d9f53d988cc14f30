"""Classes for what the server has and the generated package has not, built at run time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from ftrack_typed.entity.attribute import Attribute, attribute
from ftrack_typed.entity.base import Entity
from ftrack_typed.entity.declarations import declaration
from ftrack_typed.entity.extending import ExtensibleRegistry
from ftrack_typed.entity.info import UID, EntityInfo
from ftrack_typed.entity.mapped import CUSTOM_ATTRIBUTE_VALUE
from ftrack_typed.entity.metaclass import EntityMeta
from ftrack_typed.entity.names import attribute_name, class_name, wire_name
from ftrack_typed.entity.registry import EntityRegistry
from ftrack_typed.errors import UnrecognisedEntityTypeError, UnsafeNameError
from ftrack_typed.locks import ForkSafeLock
from ftrack_typed.schema import MISSING, EntitySchema, Kind, Property, Schema
from ftrack_typed.schema import UID as WIRE_UID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Set

    from ftrack_typed.entity.custom_attributes import CustomAttributesInfo

_logger = logging.getLogger("ftrack_typed.schema")

_SCALARS: Mapping[str | None, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "JsonObject",
    "variable": "Any",
}


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
                spelled = class_name(name)
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
            types = self._schema().types
            return build_class(types[name], self, types) if known is None else known


def _sparse_rows(known: Iterable[str], server: Set[str]) -> frozenset[str]:
    """Types of rows of custom attributes that this server does not have: it sends rows only for what was set."""
    if CUSTOM_ATTRIBUTE_VALUE not in server:
        return frozenset()
    return frozenset(name for name in known if name.endswith(CUSTOM_ATTRIBUTE_VALUE) and name not in server)


def build_class(
    schema: EntitySchema, registry: ExtensibleRegistry, types: Mapping[str, EntitySchema]
) -> type[Entity]:
    """Build the class of an entity type that no generated package has.

    Args:
        schema: The entity type.
        registry: Has the classes it refers to, and gets this one.
        types: All entity types of the server, by wire id.
    """
    from ftrack_typed.entity.helping import helpers_of  # brings all helpers, which sessions seldom need

    base_name = registry.base(schema.name)
    base: type[Entity] = Entity if base_name is None else registry.plain(base_name)
    annotations: dict[str, str] = {}
    wire_names: dict[str, str] = {}
    for prop in schema.properties.values():
        text = annotation(prop, schema, registry)
        if text is None:
            continue
        try:
            name = attribute_name(prop.name)
        except UnsafeNameError as error:
            _logger.warning("%s.%s is left out: %s", schema.name, prop.name, error)
            continue
        annotations[name] = text
        if name != prop.name:
            wire_names[name] = prop.name
    info = EntityInfo(
        schema.name,
        primary_key=schema.primary_key,
        default_projections=schema.default_projections,
        system_projections=schema.system_projections,
        required=schema.required,
        immutable=schema.immutable,
        computed=schema.computed,
        defaults={
            prop.name: UID if prop.default == WIRE_UID else prop.default
            for prop in schema.properties.values()
            if prop.default is not MISSING
        },
        wire_names=wire_names,
    )
    namespace = {
        "__module__": __name__,
        "__qualname__": class_name(schema.name),
        "__doc__": f"`{schema.name}`, built at run time from the server's schema.",
        "__entity__": info,
        "__registry__": registry,
        "__annotations__": annotations,
    }
    # Checkers take the metaclass for the class of entity classes, not for a three-argument `type`.
    make: Callable[..., type[Entity]] = cast("Any", EntityMeta)
    return make(class_name(schema.name), (base, *helpers_of(schema, base, registry, types)), namespace)


def annotation(prop: Property, schema: EntitySchema, registry: EntityRegistry) -> str | None:
    """The annotation text of an attribute; None when it leads to a type that does not exist."""
    if prop.kind is Kind.SCALAR:
        if prop.name.lstrip("_") == "link" and prop.type == "string":
            scalar = "Link"  # declared a string, sent as a list (wire: protocol 1.3)
        elif prop.format == "date-time":
            scalar = "datetime"
        else:
            scalar = _SCALARS.get(prop.type, "Any")
        if scalar == "Any" or prop.name in schema.required or prop.name in schema.primary_key:
            return f"Attr[{scalar}]"
        return f"Attr[{scalar} | None]"
    related = prop.related
    if related is None or related not in registry:
        return None
    target = registry.index[related][1]
    if prop.restricted:
        return f"FilterOnly[{target}]"
    if prop.kind is Kind.REFERENCE:
        return f"OptRef[{target}]"
    if prop.kind is Kind.COLLECTION:
        return f"Many[{target}]"
    return f"KeyValue[{target}, Any]"


class ExtraAttributes:
    """Attributes the server has on types whose generated class does not know them."""

    def __init__(self, registry: EntityRegistry, schema: Callable[[], Schema]) -> None:
        self._registry = registry
        self._schema = schema
        self.find: Callable[[type[Entity], str], Attribute | None] = lru_cache(maxsize=4096)(self._find)

    def _find(self, cls: type[Entity], name: str) -> Attribute | None:
        """The attribute by its wire or Python name; None when the server does not have it either."""
        schema = self._schema().types.get(cls.__entity__.name)
        if schema is None:
            return None
        prop = schema.properties.get(name) or schema.properties.get(wire_name(name))
        if prop is None:
            return None
        text = annotation(prop, schema, self._registry)
        declared = None if text is None else declaration(text)
        if declared is None:
            return None
        try:
            spelled = attribute_name(prop.name)
        except UnsafeNameError:
            return None
        if spelled in cls.__helpers__:
            # Checkers know the method; once generated anew, the class has the attribute in its place.
            spelled = f"x_{prop.name}"
        facts = EntityInfo(
            schema.name,
            primary_key=schema.primary_key,
            required=schema.required,
            immutable=schema.immutable,
            computed=schema.computed,
            wire_names={spelled: prop.name},
        )
        return attribute(spelled, facts, declared)
