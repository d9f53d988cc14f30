"""Builds the `query_schemas` document from the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ftrack_local.catalogue.definitions import MISSING, AttributeDefinition, Catalogue, Kind, TypeDefinition

Document = dict[str, Any]

_PLAIN: dict[Kind, Document] = {
    Kind.UID: {"type": "string"},
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.VARIABLE: {"type": "variable"},
    Kind.OBJECT: {"type": "object"},
    Kind.JSON: {"type": "string", "format": "json"},
    Kind.ENTITY_TYPE: {
        "type": "string",
        "transform": {"client": "{schema_id}", "server": "{table_name}"},
    },
}


def build_documents(catalogue: Catalogue) -> list[Document]:
    """The wire schema of every type, in alphabetical order so that a change stays where it is made."""
    return [_document(catalogue, name) for name in sorted(catalogue.types)]


def document_text(documents: list[Document]) -> str:
    """The committed form of the wire schema: one line per property, so that a diff shows what changed."""
    return "[\n" + ",\n".join(_type_text(document) for document in documents) + "\n]\n"


def _type_text(document: Document) -> str:
    lines: list[str] = []
    for key, value in document.items():
        if key == "properties":
            entries = [f"   {json.dumps(name)}: {json.dumps(prop)}" for name, prop in value.items()]
            lines.append('  "properties": {\n' + ",\n".join(entries) + "\n  }")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return " {\n" + ",\n".join(lines) + "\n }"


def _document(catalogue: Catalogue, name: str) -> Document:
    this = catalogue.types[name]
    lineage = catalogue.lineage(name)
    attributes = catalogue.attributes(name)
    document: Document = {"id": name, "type": "object"}
    if this.doc:
        document["description"] = this.doc
    if this.base is not None:
        mixin: Document = {"$ref": this.base}
        if this.hint:
            mixin["hints"] = {"/alias_for": this.hint}
        document["$mixin"] = mixin
    if this.alias is not None:
        document["alias_for"] = this.alias
    elif this.variant_of is not None:
        column = _internal_name(attributes, str(this.variant_by))
        document["alias_for"] = {
            "id": this.variant_of,
            "classifiers": {column: this.classifier[str(this.variant_by)]},
        }
    document["properties"] = _properties(lineage, attributes)
    names = _NameLists(lineage, attributes)
    document["primary_key"] = names.key
    document["required"] = names.required
    document["immutable"] = names.immutable
    document["default_projections"] = names.projected
    if names.system:
        document["system_projections"] = names.system
    if names.computed:
        document["computed"] = names.computed
    if any(definition.group_by for definition in lineage):
        document["metadata"] = {"group_by": True}
    return document


def _properties(
    lineage: tuple[TypeDefinition, ...], attributes: dict[str, AttributeDefinition]
) -> dict[str, Document]:
    defaults = {key: value for definition in lineage for key, value in definition.defaults.items()}
    this = lineage[-1]
    if this.variant_by is not None:
        defaults[this.variant_by] = this.classifier[this.variant_by]
    properties: dict[str, Document] = {}
    for attribute in attributes.values():
        if attribute.declares_key:
            properties[str(attribute.key_name)] = _key_property(attribute)
        properties[attribute.name] = _property(attribute, attributes)
    for name, value in defaults.items():
        properties[name] = {**properties[name], "default": value}
    return properties


def _property(attribute: AttributeDefinition, attributes: dict[str, AttributeDefinition]) -> Document:
    kind = attribute.kind
    if kind is Kind.TWIN:
        twin = _twin_property(str(attribute.target), attributes)
        if twin.get("format") != "foreign_key":
            twin.pop("description", None)
            if attribute.doc:
                twin["description"] = attribute.doc
        return twin
    if kind is Kind.ONE:
        document: Document = {"$ref": attribute.target}
    elif kind in (Kind.MANY, Kind.MAP):
        document = {
            "type": "array" if kind is Kind.MANY else "mapped_array",
            "items": {"$ref": attribute.target},
        }
        if "restricted" in attribute.flags:
            document["restricted_projection"] = True
        elif kind is Kind.MAP:
            document["key_value_attributes"] = {"key": "key", "value": "value"}
    elif kind is Kind.KEY:
        return _key_property(attribute)
    else:
        document = dict(_PLAIN[kind])
        if attribute.format is not None:
            document["format"] = attribute.format
        if attribute.enum:
            document["enum"] = list(attribute.enum)
        if kind is Kind.UID:
            document["default"] = "{uid}"
            if attribute.owners:
                document.update(_foreign_key(attribute.owners[0], "id"))
        elif attribute.default is not MISSING:
            document["default"] = attribute.default
    alias = attribute.alias if kind in (Kind.ONE, Kind.MANY, Kind.MAP) else attribute.column
    if alias is not None:
        document["alias_for"] = alias
    if attribute.doc:
        document["description"] = attribute.doc
    return document


def _twin_property(target: str, attributes: dict[str, AttributeDefinition]) -> Document:
    if target in attributes:
        return _property(attributes[target], attributes)
    for attribute in attributes.values():
        if attribute.declares_key and attribute.key_name == target:
            return _key_property(attribute)
    raise KeyError(target)


def _key_property(attribute: AttributeDefinition) -> Document:
    document: Document = {"type": "integer" if "integer" in attribute.flags else "string"}
    document.update(_foreign_key(str(attribute.target), attribute.target_attribute or "id"))
    if attribute.column is not None:
        document["alias_for"] = attribute.column
    if attribute.default is not MISSING:
        document["default"] = attribute.default
    return document


def _foreign_key(target: str, column: str) -> Document:
    return {"format": "foreign_key", "description": f"Foreign key(s): {target}.{column}"}


def _internal_name(attributes: dict[str, AttributeDefinition], name: str) -> str:
    """The column name behind a public attribute, as `system_projections` and classifiers spell it."""
    for attribute in attributes.values():
        if attribute.name == name or (attribute.declares_key and attribute.key_name == name):
            return attribute.column or name
    return name


class _NameLists:
    """The lists of attribute names a wire schema carries beside its properties."""

    def __init__(
        self, lineage: tuple[TypeDefinition, ...], attributes: dict[str, AttributeDefinition]
    ) -> None:
        self.key = list(next((d.key for d in reversed(lineage) if d.key), ("id",)))
        key = set(self.key)
        required: list[str] = []
        immutable: list[str] = []
        projected: list[str] = []
        system: list[str] = []
        self.computed: list[str] = []
        for attribute in attributes.values():
            flags = attribute.flags
            stored = str(attribute.key_name) if attribute.declares_key else attribute.name
            is_key = stored in key
            if "required" in flags or (is_key and "optional" not in flags):
                required.append(stored)
            if is_key:
                immutable.append(stored)
            elif "immutable" in flags:
                immutable.extend(_both(attribute))
            if "projected" in flags or (is_key and "unprojected" not in flags):
                projected.append(stored)
            if "system" in flags:
                system.append(attribute.column or stored)
            if attribute.computed:
                self.computed.append(attribute.name)
        for definition in lineage:
            required.extend(definition.required)
            immutable.extend(name for entry in definition.immutable for name in _expand(entry, attributes))
            projected.extend(definition.projected)
            system.extend(definition.system)
        immutable.extend(
            twin.name for twin in attributes.values() if twin.kind is Kind.TWIN and twin.target in immutable
        )
        self.required = _unique(required)
        self.immutable = _unique(immutable)
        self.projected = _unique(projected)
        self.system = _unique(system)


def _both(attribute: AttributeDefinition) -> tuple[str, ...]:
    if attribute.declares_key:
        return (str(attribute.key_name), attribute.name)
    return (attribute.name,)


def _expand(name: str, attributes: dict[str, AttributeDefinition]) -> tuple[str, ...]:
    attribute = attributes.get(name)
    return (name,) if attribute is None else _both(attribute)


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
