"""Turns one wire property into a stored attribute, with the catalogue's knowledge where there is some."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_local.catalogue.definitions import MISSING, AttributeDefinition, Kind
from ftrack_local.catalogue.documents import WireType
from ftrack_local.model import OnDelete, Reference, Scalar, ScalarAttribute

_FOREIGN_KEY = re.compile(r"Foreign key\(s\): (\w+)\.\w+")
_SCALARS = {
    "string": Scalar.TEXT,
    "integer": Scalar.INTEGER,
    "number": Scalar.NUMBER,
    "boolean": Scalar.BOOLEAN,
    "variable": Scalar.VARIABLE,
    "object": Scalar.VARIABLE,
}
_MADE_BY_SERVER = frozenset({"url", "thumbnail_url"})


def is_relation(prop: Mapping[str, Any]) -> bool:
    """Whether a property holds an entity. Some old servers give a key both `$ref` and its type."""
    return "$ref" in prop and "type" not in prop


def is_collection(prop: Mapping[str, Any]) -> bool:
    """Whether a property holds many entities."""
    return prop.get("type") in ("array", "mapped_array")


def foreign_key_target(prop: Mapping[str, Any]) -> str | None:
    """The type a key property names, as its description or `$ref` tells (wire: `Foreign key(s): …`)."""
    if "$ref" in prop:
        return str(prop["$ref"])
    match = _FOREIGN_KEY.match(str(prop.get("description", "")))
    return match.group(1) if match and "foreign_key" in str(prop.get("format", "")) else None


def find_twins(document: WireType) -> dict[str, tuple[str, ...]]:
    """Attributes that are other names of the same internal column (wire: equal `alias_for`)."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, prop in document["properties"].items():
        alias = prop.get("alias_for")
        if isinstance(alias, str):
            shape = f"{prop.get('type')} {prop.get('$ref')} {prop.get('items')}"
            groups.setdefault((alias, shape), []).append(name)
    return {
        name: tuple(other for other in group if other != name)
        for group in groups.values()
        if len(group) > 1
        for name in group
    }


class Lines:
    """The catalogue's attribute lines for a type, found by attribute or by foreign key name."""

    def __init__(self, attributes: Mapping[str, AttributeDefinition]) -> None:
        self._attributes = attributes
        self._keys = {str(line.key_name): line for line in attributes.values() if line.declares_key}

    def resolve(self, name: str) -> AttributeDefinition | None:
        """The line behind an attribute, following `same-as`."""
        line = self._keys.get(name) or self._attributes.get(name)
        while line is not None and line.kind is Kind.TWIN:
            name = str(line.target)
            line = self._keys.get(name) or self._attributes.get(name)
        return line

    def column(self, name: str) -> str:
        """The stored column of a scalar attribute: its own name, or that of the attribute it is a twin of."""
        line = self._attributes.get(name)
        while line is not None and line.kind is Kind.TWIN:
            name = str(line.target)
            line = self._attributes.get(name)
        return name


def build_scalar(
    name: str,
    column: str,
    document: WireType,
    line: AttributeDefinition | None,
    types: Mapping[str, WireType],
    constants: Mapping[str, Any],
) -> ScalarAttribute:
    """Build the attribute for a scalar property.

    `constants` are values this type always stores when a create leaves them out (classifiers and the like).
    """
    prop = document["properties"][name]
    scalar = _SCALARS.get(str(prop.get("type", "string")), Scalar.TEXT)
    if scalar is Scalar.TEXT and prop.get("format") == "date-time":
        scalar = Scalar.DATETIME
    is_key = name in document.get("primary_key", ["id"])
    computed = _computation(name, prop, document, line)
    if computed is not None:
        if prop.get("type") == "object":
            scalar = Scalar.OBJECT
        return ScalarAttribute(name, scalar, None, computed=computed, enum=_enum(prop))
    nullable = not is_key and (
        name not in document.get("required", []) or (line is not None and "nullable" in line.flags)
    )
    target = (
        line.target if line is not None and line.kind in (Kind.KEY, Kind.ONE) else foreign_key_target(prop)
    )
    references = target if target in types else None
    return ScalarAttribute(
        name,
        scalar,
        column,
        nullable=nullable,
        default=_default(name, prop, line, constants),
        fill=_fill(prop, line, is_key),
        enum=_enum(prop),
        references=references,
        owners=tuple(owner for owner in line.owners if owner in types) if line and not references else (),
        on_delete=_on_delete(line, nullable, is_key),
        is_entity_type="transform" in prop,
    )


def build_reference(
    name: str,
    document: WireType,
    line: AttributeDefinition | None,
    scalars: Mapping[str, ScalarAttribute],
    types: Mapping[str, WireType],
) -> Reference:
    """Build the attribute for a relation to one entity."""
    prop = document["properties"][name]
    target = str(prop["$ref"])
    if line is not None and line.kind is not Kind.ONE:
        line = None
    computed = (line.computation if line else None) or (
        name if name in document.get("computed", []) else None
    )
    if computed is not None:
        return Reference(name, target, None, computed=computed)
    if line is not None:
        if line.holds is not None and line.target == target:
            target = line.holds
        key = line.key_name
    else:
        key = _find_key(name, target, document)
    if key is None:
        parts = _parts(types.get(target, {}).get("primary_key", ()), scalars)
        return Reference(name, target, None, parts=parts)
    scalar = scalars.get(key)
    if scalar is None:
        return Reference(name, target, key)
    return Reference(name, target, scalar.column, nullable=scalar.nullable)


def _parts(key: Sequence[str], scalars: Mapping[str, ScalarAttribute]) -> tuple[str, ...]:
    """The columns holding a composite key, in attributes called like the parts; nothing where one is missing."""
    columns = [scalars[name].column for name in key if name in scalars]
    found = tuple(column for column in columns if column is not None)
    return found if len(found) == len(key) > 1 else ()


def hidden_key(name: str, target: str | None, line: AttributeDefinition | None) -> ScalarAttribute:
    """A stored foreign key that no public attribute shows."""
    return ScalarAttribute(
        name,
        Scalar.TEXT,
        name,
        references=target,
        on_delete=_on_delete(line, nullable=True, is_key=False),
    )


def _find_key(name: str, target: str, document: WireType) -> str:
    """The key of a relation the catalogue does not know: `<name>_id`, else the only free key there."""
    properties = document["properties"]
    usual = f"{name}_id"
    if usual in properties:
        return usual
    free = [
        key
        for key, prop in properties.items()
        if not is_relation(prop)
        and foreign_key_target(prop) == target
        and not (key.endswith("_id") and key[:-3] in properties)
    ]
    return free[0] if len(free) == 1 else usual


def _computation(
    name: str, prop: Mapping[str, Any], document: WireType, line: AttributeDefinition | None
) -> str | None:
    if line is not None:
        return line.computation
    if name in document.get("computed", []) or (name in _MADE_BY_SERVER and prop.get("type") == "object"):
        return name
    return None


def _enum(prop: Mapping[str, Any]) -> tuple[str, ...]:
    values = prop.get("enum", ())
    return tuple(str(value) for value in values) if isinstance(values, list) else ()


def _default(
    name: str, prop: Mapping[str, Any], line: AttributeDefinition | None, constants: Mapping[str, Any]
) -> Any:
    if name in constants:
        return constants[name]
    announced = prop.get("default")
    if announced is not None and announced != "{uid}":
        return announced
    return None if line is None or line.stores is MISSING else line.stores


def _fill(prop: Mapping[str, Any], line: AttributeDefinition | None, is_key: bool) -> str | None:
    if line is not None and line.fill is not None:
        return line.fill
    if prop.get("default") == "{uid}":
        return "uid"
    if is_key and foreign_key_target(prop) is None and "default" not in prop and line is None:
        return "serial" if prop.get("type") == "integer" else "uid"
    return None


def _on_delete(line: AttributeDefinition | None, nullable: bool, is_key: bool) -> OnDelete:
    flags = line.flags if line is not None else frozenset[str]()
    if "cascade" in flags or (is_key and "restrict" not in flags):
        return OnDelete.CASCADE
    if "restrict" in flags or not nullable:
        return OnDelete.RESTRICT
    return OnDelete.SET_NULL
