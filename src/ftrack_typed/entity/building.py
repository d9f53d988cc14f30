"""Classes and attributes for what the server has and the generated package has not, built at run time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

from ftrack_typed.entity.attribute import Attribute, attribute
from ftrack_typed.entity.base import Entity
from ftrack_typed.entity.declarations import declaration
from ftrack_typed.entity.extending import ExtensibleRegistry
from ftrack_typed.entity.helping import helpers_of
from ftrack_typed.entity.info import UID, EntityInfo
from ftrack_typed.entity.metaclass import EntityMeta
from ftrack_typed.entity.names import attribute_name, class_name, wire_name
from ftrack_typed.entity.registry import EntityRegistry
from ftrack_typed.errors import UnsafeNameError
from ftrack_typed.schema.model import MISSING, EntitySchema, Kind, Property
from ftrack_typed.schema.model import UID as WIRE_UID

_logger = logging.getLogger("ftrack_typed.schema")

_SCALARS: Mapping[str | None, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "JsonObject",
    "variable": "Any",
}


def build_class(
    schema: EntitySchema, registry: ExtensibleRegistry, types: Mapping[str, EntitySchema]
) -> type[Entity]:
    """Build the class of an entity type that no generated package has.

    Args:
        schema: The entity type.
        registry: Has the classes it refers to, and gets this one.
        types: All entity types of the server, by wire id.
    """
    base_name = registry.base(schema.name)
    base: type[Entity] = Entity if base_name is None else registry.plain(base_name)
    annotations: dict[str, str] = {}
    wire_names: dict[str, str] = {}
    for prop in schema.properties.values():
        text = annotation(prop, schema, registry)
        if text is None:
            continue
        pointed_to = _pointed_to(prop, types)
        if pointed_to is not None and pointed_to in registry:
            face = "KeyTo" if text == "Attr[str]" else "OptKeyTo"
            text = f"{face}[{registry.index[pointed_to][1]}]"
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


def _pointed_to(prop: Property, types: Mapping[str, EntitySchema]) -> str | None:
    """The entity type whose key a plain text is; None for any other value."""
    if prop.kind is not Kind.SCALAR or prop.type != "string" or prop.foreign_key is None:
        return None
    target = types.get(prop.foreign_key.target)
    if target is None or target.primary_key != (prop.foreign_key.column,):
        return None
    return target.name


def extra_attribute(
    cls: type[Entity], name: str, schema: EntitySchema, registry: EntityRegistry
) -> Attribute | None:
    """An attribute the server has and the class does not know; None when the server does not have it either.

    Args:
        cls: The class.
        name: Wire or Python name of the attribute.
        schema: What the server says of the class's type.
        registry: Has the classes that attributes lead to.
    """
    prop = schema.properties.get(name) or schema.properties.get(wire_name(name))
    if prop is None:
        return None
    text = annotation(prop, schema, registry)
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
