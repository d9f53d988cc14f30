"""From the schema to the intermediate model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ftrack_codegen import overrides
from ftrack_codegen.studio import Studio
from ftrack_typed.entity.info import UID
from ftrack_typed.entity.names import attribute_name, class_name, module_name
from ftrack_typed.errors import SchemaError, UnsafeNameError
from ftrack_typed.schema import MISSING, EntitySchema, Property, Schema
from ftrack_typed.schema import UID as UID_DEFAULT
from ftrack_typed.schema import Kind as SchemaKind

from .constants import build_constants, reserved_modules
from .custom_attributes import ATTRIBUTE as CUSTOM_ATTRIBUTES
from .custom_attributes import build_custom_attributes
from .helpers import with_helpers
from .mixins import with_mixins
from .model import Access, Attribute, EntityType, Kind, Package, Scalar

_TAKEN = frozenset({"_provenance", "__init__", *reserved_modules()})
"""Modules that are no entity type's."""

_SCALARS: Mapping[str | None, Scalar] = {
    "string": Scalar.STRING,
    "integer": Scalar.INTEGER,
    "number": Scalar.NUMBER,
    "boolean": Scalar.BOOLEAN,
    "object": Scalar.JSON,
    "variable": Scalar.VARIABLE,
}
_KINDS: Mapping[SchemaKind, Kind] = {
    SchemaKind.SCALAR: Kind.SCALAR,
    SchemaKind.REFERENCE: Kind.REFERENCE,
    SchemaKind.COLLECTION: Kind.COLLECTION,
    SchemaKind.MAPPED: Kind.KEY_VALUE,
}
_FORMATS: Mapping[tuple[str | None, str | None], Scalar] = {
    ("string", "date-time"): Scalar.DATETIME,
    ("string", "integer"): Scalar.INTEGER,  # wire: protocol 2.4, a number in a column of text
    (None, "foreign_key"): Scalar.STRING,
}
_UNMARKED = frozenset({Kind.KEY_VALUE, Kind.FILTER_ONLY})
"""Kinds whose faces can't say that they are deprecated."""
_LINKS = frozenset({"link", "_link"})
"""Declared as strings, but the server sends a list of objects (wire: protocol 2.4)."""


def build(
    schema: Schema,
    name: str,
    studio: Studio | None = None,
    spellings: Mapping[str, str] | None = None,
    mixins: Mapping[str, Iterable[str]] | None = None,
) -> Package:
    """Decide what the package `name` for `schema` consists of.

    Relations to types that the schema doesn't have are left out and noted.

    Args:
        schema: The server's schema.
        name: Name of the package.
        studio: What is configured on the server beyond the schema, where that is known.
        spellings: Key of a custom attribute → its Python spelling, where the usual one isn't wanted.
        mixins: Wire id of an entity type → classes, as ``module:Class``, that go before its base.

    Raises:
        SchemaError: when names can't be written in Python or meet each other.
        InputError: when `spellings` or `mixins` ask for what can't be.
    """
    studio = studio or Studio()
    modules = _modules(schema)
    custom, homeless = build_custom_attributes(schema, studio, spellings or {}, {*modules.values(), *_TAKEN})
    entities: dict[str, EntityType] = {}
    omitted: list[str] = []
    lineages = {wire_id: schema.lineage(wire_id) for wire_id in schema.types}
    for wire_id in sorted(schema.types, key=lambda wire_id: (len(lineages[wire_id]), wire_id)):
        lineage = lineages[wire_id]
        base = entities[lineage[1]] if len(lineage) > 1 else None
        described = next((one for one in lineage if one in custom), None)
        entities[wire_id] = entity = _entity(
            schema.types[wire_id], schema, lineage, base, modules[wire_id], described
        )
        omitted += [
            f"{wire_id}.{name}" for name in schema.types[wire_id].properties if name not in entity.attributes
        ]
    _require_distinct_classes(entities)
    entities, without_helpers = with_helpers(entities)
    entities = with_mixins(entities, mixins or {}, name)
    return Package(
        name,
        {wire_id: entities[wire_id] for wire_id in sorted(entities)},
        omitted=tuple(sorted(omitted)),
        custom_attributes={wire_id: custom[wire_id] for wire_id in sorted(custom)},
        homeless=homeless,
        constants=build_constants(schema, studio),
        without_helpers=without_helpers,
    )


def _modules(schema: Schema) -> Mapping[str, str]:
    """Wire id → module. Types whose modules would meet get numbers, in the order of their wire ids."""
    modules: dict[str, str] = {}
    taken = {*_TAKEN}
    for wire_id in sorted(schema.types):
        module = first = module_name(wire_id)
        number = 1
        while module in taken:
            number += 1
            module = f"{first}__{number}"
        taken.add(module)
        modules[wire_id] = module
    return modules


def _entity(
    source: EntitySchema,
    schema: Schema,
    lineage: tuple[str, ...],
    base: EntityType | None,
    module: str,
    described: str | None,
) -> EntityType:
    attributes = dict(base.attributes) if base else {}
    for wire_name, wire_property in source.properties.items():
        inherited = base.attributes.get(wire_name) if base else None
        attribute = _attribute(wire_property, source, schema, lineage, inherited)
        if attribute is not None:
            is_custom = wire_name == CUSTOM_ATTRIBUTES and attribute.kind is Kind.KEY_VALUE
            attributes[wire_name] = replace(attribute, custom=described) if is_custom else attribute
    attributes = {wire_name: attributes[wire_name] for wire_name in sorted(attributes)}
    declared = tuple(
        wire_name
        for wire_name, attribute in attributes.items()
        if base is None
        or wire_name not in base.attributes
        or base.attributes[wire_name].face != attribute.face
    )
    entity = EntityType(
        wire_id=source.name,
        class_name=class_name(source.name),
        module=module,
        base=base.wire_id if base else None,
        doc=overrides.DESCRIPTIONS.get(source.name, f"The entity type `{source.name}`."),
        attributes=attributes,
        declared=declared,
        overrides=frozenset(name for name in declared if base and name in base.attributes),
        primary_key=tuple(source.primary_key),
        default_projections=tuple(sorted(set(source.default_projections))),
        system_projections=tuple(sorted(set(source.system_projections))),
        required=_known(source.required, attributes),
        required_on_create=_required_on_create(source, attributes, lineage),
        immutable=_known(source.immutable, attributes),
        computed=_known(source.computed, attributes),
        defaults=_defaults(source),
    )
    _require_distinct_names(entity)
    return entity


def _known(names: tuple[str, ...], attributes: Mapping[str, Attribute]) -> tuple[str, ...]:
    # wire: protocol 2.4, the lists name attributes that the type doesn't have
    return tuple(sorted(set(names) & attributes.keys()))


def _required_on_create(
    source: EntitySchema, attributes: Mapping[str, Attribute], lineage: tuple[str, ...]
) -> tuple[str, ...]:
    """Those required attributes that the creator has to bring along."""
    return tuple(
        name
        for name in _known(source.required, attributes)
        if attributes[name].access is not Access.NEVER
        and source.properties[name].default in (MISSING, None)
        and not overrides.lookup(overrides.FILLED_AT_CREATION, lineage, name)
    )


def _defaults(source: EntitySchema) -> Mapping[str, Any]:
    found = {name: source.properties[name].default for name in sorted(source.properties)}
    return {
        name: UID if default == UID_DEFAULT else default
        for name, default in found.items()
        if default is not MISSING
    }


# Attributes --------------------------------------------------


def _attribute(
    source: Property,
    owner: EntitySchema,
    schema: Schema,
    lineage: tuple[str, ...],
    inherited: Attribute | None,
) -> Attribute | None:
    try:
        name = attribute_name(source.name)
    except UnsafeNameError as error:
        raise UnsafeNameError(
            f"In the entity type {owner.name!r}: {error}", entity_type=owner.name, property=source.name
        ) from error
    kind = Kind.FILTER_ONLY if source.restricted else _KINDS[source.kind]
    target = _target(source, schema, lineage)
    if kind is not Kind.SCALAR and target is None:
        return None
    scalar: Scalar | None = None
    if kind is Kind.SCALAR:
        scalar = _scalar(source)
    elif kind is Kind.KEY_VALUE:
        assert target is not None
        scalar = _row_value(schema.types[target], source.value_attribute)
    attribute = Attribute(
        wire_name=source.name,
        name=name,
        kind=kind,
        access=_access(source.name, owner, lineage),
        scalar=scalar,
        choices=source.enum if kind is Kind.SCALAR else (),
        target=target,
        deprecated=source.deprecated is not None and kind not in _UNMARKED,
    )
    key_of = _key_of(attribute, source, owner, schema, lineage)
    return replace(
        attribute,
        nullable=_nullable(attribute, source, owner, lineage, inherited),
        key_of=key_of,
        doc=_doc(source, lineage, key_of),
        identifies=_identifies(attribute, owner),
    )


def _identifies(attribute: Attribute, owner: EntitySchema) -> bool:
    return (
        owner.primary_key == (attribute.wire_name,)
        and attribute.scalar is Scalar.STRING
        and attribute.access is not Access.ALWAYS
        and not (attribute.choices or attribute.deprecated)
    )


def _key_of(
    attribute: Attribute,
    source: Property,
    owner: EntitySchema,
    schema: Schema,
    lineage: tuple[str, ...],
) -> str | None:
    """The type whose key the attribute holds: that of the relation beside it, which is the more exact one."""
    if attribute.scalar is not Scalar.STRING or attribute.choices or attribute.deprecated:
        return None
    if source.foreign_key is None or _identifies(attribute, owner):
        return None
    partner = owner.properties.get(attribute.wire_name.removesuffix("_id"))
    if partner is not None and partner.kind is SchemaKind.REFERENCE:
        return _target(partner, schema, lineage)
    target = source.foreign_key.target
    return target if target in schema.types else None


def _target(source: Property, schema: Schema, lineage: tuple[str, ...]) -> str | None:
    """The type a relation leads to; None if the schema doesn't have it."""
    if source.related not in schema.types:
        return None
    better = overrides.lookup(overrides.TARGETS, lineage, source.name)
    return better if better in schema.types else source.related


def _scalar(source: Property) -> Scalar:
    if source.name in _LINKS and source.type == "string":
        return Scalar.LINK
    special = _FORMATS.get((source.type, source.format))
    return special or _SCALARS.get(source.type, Scalar.VARIABLE)


def _row_value(rows: EntitySchema, name: str) -> Scalar:
    value = rows.properties.get(name)
    return _scalar(value) if value is not None and value.kind is SchemaKind.SCALAR else Scalar.VARIABLE


def _access(name: str, owner: EntitySchema, lineage: tuple[str, ...]) -> Access:
    if name in owner.computed or overrides.lookup(overrides.SERVER_FILLED, lineage, name):
        return Access.NEVER
    return Access.AT_CREATION if name in owner.immutable else Access.ALWAYS


def _nullable(
    attribute: Attribute,
    source: Property,
    owner: EntitySchema,
    lineage: tuple[str, ...],
    inherited: Attribute | None,
) -> bool:
    """Tell whether the attribute may be null, which the schema doesn't say.

    What a base type promises or leaves open holds for its subtypes. Otherwise the override table decides, and
    where that is silent, an attribute can't be null if it identifies the entity, is required (for a
    relation: has a required foreign key), has a default, or is a flag.
    """
    if attribute.kind not in (Kind.SCALAR, Kind.REFERENCE) or attribute.scalar is Scalar.VARIABLE:
        return False
    if inherited is not None and inherited.kind is attribute.kind:
        return inherited.nullable
    decided = overrides.lookup(overrides.NULLABLE, lineage, source.name)
    if decided is not None:
        return decided
    certain = {*owner.primary_key, *owner.required}
    if source.name in certain or attribute.scalar is Scalar.BOOLEAN:
        return False
    if attribute.kind is Kind.REFERENCE:
        return f"{source.name}_id" not in certain
    return source.default is MISSING or source.default is None


def _doc(source: Property, lineage: tuple[str, ...], key_of: str | None) -> str:
    known = overrides.lookup(overrides.UNITS, lineage, source.name)
    if known is not None:
        return known
    if source.deprecated is not None:
        says_so = source.deprecated.lower().startswith("deprecated")
        return source.deprecated if says_so else f"Deprecated: {source.deprecated}"
    if source.description is None and key_of is not None:
        return f"Key of the related `{key_of}`."
    return source.description or ""


# Clashes -----------------------------------------------------


def _require_distinct_classes(entities: Mapping[str, EntityType]) -> None:
    by_name: dict[str, str] = {}
    for wire_id, entity in entities.items():
        other = by_name.setdefault(entity.class_name, wire_id)
        if other != wire_id:
            raise SchemaError(
                f"The entity types {other!r} and {wire_id!r} have the same name in Python: "
                f"{entity.class_name}.",
                entity_type=wire_id,
            )


def _require_distinct_names(entity: EntityType) -> None:
    """An attribute spelled like a class would hide that class from the annotations beside it."""
    classes = {
        class_name(target)
        for attribute in entity.attributes.values()
        for target in (attribute.target, attribute.key_of)
        if target
    }
    for attribute in entity.attributes.values():
        if attribute.name in classes:
            raise SchemaError(
                f"The attribute {attribute.wire_name!r} of {entity.wire_id!r} has the name of an entity type "
                "that the same type refers to.",
                entity_type=entity.wire_id,
                property=attribute.wire_name,
            )
