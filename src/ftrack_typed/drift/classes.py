"""What code written with a class can't rely on with a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ftrack_typed.drift.changes import Change
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.schema import MISSING, EntitySchema, Kind, Property, Schema

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity

_KINDS: Final[Mapping[Kind, str]] = {
    Kind.SCALAR: "scalar",
    Kind.REFERENCE: "reference",
    Kind.COLLECTION: "collection",
    Kind.MAPPED: "mapped",
}
_WORDS: Final[Mapping[str, str]] = {
    "scalar": "a plain value",
    "reference": "one entity",
    "collection": "a list of entities",
    "mapped": "a mapping",
    "restricted": "for criteria only",
}
_FAMILIES: Final[Mapping[str, str]] = {
    "str": "text",
    "datetime": "text",
    "Link": "text",
    "int": "number",
    "float": "number",
    "bool": "boolean",
}
_WIRE_FAMILIES: Final[Mapping[str | None, str]] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
}
"""Sorts of plain values that can't be taken for each other. Within one, servers differ harmlessly."""


def class_differences(entity_class: type[Entity], schema: Schema) -> list[Change]:
    """What code written with a class can't rely on with this server. What the server has beyond is no matter."""
    info = entity_class.__entity__
    if info.name not in schema:
        return [Change("removed", entity_class.__name__, True)]
    found = schema[info.name]
    changes: list[Change] = []
    for attribute in entity_class.__attributes__.values():
        changes += _attribute_differences(entity_class, attribute, found, schema)
    for name in found.required:
        if _must_now_be_given(name, entity_class, found):
            changes.append(Change("changed", f"{entity_class.__name__}.{name}", True, note="is required now"))
    if found.primary_key != info.primary_key:
        keys = ", ".join(found.primary_key)
        changes.append(Change("changed", entity_class.__name__, True, note=f"its key is {keys} now"))
    return changes


def _attribute_differences(
    entity_class: type[Entity], attribute: Attribute, found: EntitySchema, schema: Schema
) -> Iterator[Change]:
    subject = f"{entity_class.__name__}.{attribute.name}"
    prop = found.properties.get(attribute.wire)
    if prop is None:
        yield Change("removed", subject, True)
        return
    kind = "restricted" if prop.restricted else _KINDS[prop.kind]
    if kind != attribute.kind:
        yield Change("changed", subject, True, _WORDS[attribute.kind], _WORDS[kind])
        return
    before, after = _target(entity_class, attribute), _wire_target(attribute, prop, schema)
    if before is not None and after is not None and before != after:
        yield Change("changed", subject, True, before, after)
    if attribute.wire in found.computed and not attribute.computed:
        yield Change("changed", subject, True, note="is set by the server alone now")
    elif attribute.wire in found.immutable and not (attribute.immutable or attribute.computed):
        yield Change("changed", subject, True, note="can't be changed after creation any more")


def _target(entity_class: type[Entity], attribute: Attribute) -> str | None:
    """What an attribute holds, as roughly as servers agree on it; None when that is anything."""
    if attribute.kind == "scalar":
        return _FAMILIES.get(attribute.target)
    registry = entity_class.__registry__
    target = next((name for name, entry in registry.index.items() if entry[1] == attribute.target), None)
    return None if target is None else registry.root(target)


def _wire_target(attribute: Attribute, prop: Property, schema: Schema) -> str | None:
    if attribute.kind == "scalar":
        return _WIRE_FAMILIES.get(prop.type) if prop.format != "integer" else "number"
    # Relations are compared by the tree they lead into: a package may know better which subtype it is.
    return schema.lineage(prop.related)[-1] if prop.related in schema.types and prop.related else None


def _must_now_be_given(name: str, entity_class: type[Entity], found: EntitySchema) -> bool:
    return (
        name not in entity_class.__entity__.required
        and name not in found.computed
        and found.properties[name].default in (MISSING, None)
    )
