"""From the wire's schema documents to the model.

wire: a ``query_schemas`` result is a list of documents, one for each entity type. See `read_types` for what
is tolerated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NoReturn

from ftrack_typed.errors import SchemaError
from ftrack_typed.schema.inheritance import check_acyclic, parent_of
from ftrack_typed.schema.model import MISSING, EntitySchema, ForeignKey, Kind, Property

_FOREIGN_KEY = re.compile(r"Foreign key\(s\):\s*(\w+)\.(\w+)\.?")
_DEPRECATED = re.compile(r"\bdeprecated\b", re.IGNORECASE)


def read_types(documents: object) -> Mapping[str, EntitySchema]:
    """Return the entity types *documents* describe, in their order.

    Tolerated, because real servers deliver it: a missing ``type`` on documents and properties; ``type``
    together with ``$ref`` (a foreign key, then); names in ``required``, ``immutable``, ``computed`` and
    projections that are no property; references to unknown types; ``ref`` for ``$ref``; items without a
    type; keys nobody knows.

    Raises:
        SchemaError: For anything that cannot be given a meaning; it names the entity type and property.
    """
    if not isinstance(documents, Sequence) or isinstance(documents, (str, bytes)):
        raise SchemaError(f"A schema is a list of documents, not {type(documents).__name__}.")
    raw: dict[str, Mapping[str, Any]] = {}
    for index, document in enumerate(documents):
        if not isinstance(document, Mapping):
            raise SchemaError(f"Document {index} of the schema is {type(document).__name__}, not an object.")
        name = document.get("id")
        if not isinstance(name, str) or not name:
            raise SchemaError(f"Document {index} of the schema has no name: its “id” is {name!r}.")
        if name in raw:
            raise SchemaError(f"The schema describes {name!r} twice.", entity_type=name)
        raw[name] = document

    parents = _parents(raw)
    check_acyclic(parents)
    return MappingProxyType({name: _entity(name, raw[name], parents[name]) for name in raw})


def _parents(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
    tables: dict[str, str] = {}
    for name, document in raw.items():
        alias = document.get("alias_for")
        if isinstance(alias, str):
            tables.setdefault(alias, name)
    parents: dict[str, str | None] = {}
    for name, document in raw.items():
        mixin = _mapping(document, "$mixin", name)
        reference = _reference(mixin, name, None) if mixin else None
        alias = document.get("alias_for")
        shared = alias.get("id") if isinstance(alias, Mapping) else None
        if shared is not None and not isinstance(shared, str):
            _fail(name, None, f"“alias_for” names the table {shared!r}, which is no text")
        parents[name] = parent_of(name, reference, shared, tables, raw.keys())
    return parents


def _entity(name: str, document: Mapping[str, Any], base: str | None) -> EntitySchema:
    properties = {
        key: _property(name, key, value) for key, value in _mapping(document, "properties", name).items()
    }
    key = _names(document, "primary_key", name) or (("id",) if "id" in properties else ())
    if not key:
        _fail(name, None, "there is no primary key")
    for part in key:
        if part not in properties:
            _fail(name, part, "it is part of the primary key, but there is no such property")

    def existing(field: str) -> tuple[str, ...]:
        return tuple(entry for entry in _names(document, field, name) if entry in properties)

    alias = document.get("alias_for")
    if alias is not None and not isinstance(alias, (str, Mapping)):
        _fail(name, None, f"“alias_for” is {type(alias).__name__}, not a text or an object")
    table = alias.get("id") if isinstance(alias, Mapping) else alias
    schema = EntitySchema(
        name=name,
        properties=MappingProxyType(properties),
        primary_key=key,
        required=existing("required"),
        immutable=existing("immutable"),
        computed=existing("computed"),
        default_projections=tuple(
            entry for entry in existing("default_projections") if not properties[entry].restricted
        ),
        base=base,
        table=table,
        group_by=_mapping(document, "metadata", name).get("group_by") is True,
        deprecated=_deprecation(document, None),
    )
    return _with_public_names(schema, document, alias)


def _with_public_names(schema: EntitySchema, document: Mapping[str, Any], alias: object) -> EntitySchema:
    """Return *schema* with the document's internal column names translated."""
    system: dict[str, None] = {}
    for internal in _names(document, "system_projections", schema.name):
        public = schema.public_name(internal)
        if public is not None:
            system[public] = None
    classifiers = _mapping(alias, "classifiers", schema.name) if isinstance(alias, Mapping) else {}
    for column, value in classifiers.items():
        if not isinstance(value, str):
            _fail(schema.name, column, f"the classifier {value!r} is no text")
    return replace(
        schema,
        system_projections=tuple(system),
        classifiers=MappingProxyType(
            {schema.public_name(column) or column: value for column, value in classifiers.items()}
        ),
    )


def _property(entity: str, name: object, document: object) -> Property:
    if not isinstance(name, str) or not name:
        _fail(entity, repr(name), "a property needs a name")
    if not isinstance(document, Mapping):
        _fail(entity, name, f"it is described by {type(document).__name__}, not an object")
    kind_of_value = _optional_text(document, "type", entity, name)
    target = _reference(document, entity, name)
    description = _optional_text(document, "description", entity, name)
    foreign_key, description_left = _foreign_key(description)
    items: str | None = None
    if kind_of_value in ("array", "mapped_array"):
        kind = Kind.COLLECTION if kind_of_value == "array" else Kind.MAPPED
        items = _reference(_mapping(document, "items", entity, name), entity, name) or target
        target = None
    elif target is not None and kind_of_value in (None, "object"):
        kind = Kind.REFERENCE
    else:
        kind = Kind.SCALAR
        if target is not None:
            foreign_key, target = foreign_key or ForeignKey(target, None), None
    pair = _mapping(document, "key_value_attributes", entity, name)
    return Property(
        name=name,
        kind=kind,
        type=None if kind is Kind.REFERENCE else kind_of_value,
        format=_optional_text(document, "format", entity, name),
        target=target,
        items=items,
        default=document.get("default", MISSING),
        enum=_names(document, "enum", entity, name),
        restricted=document.get("restricted_projection") is True,
        description=description_left,
        foreign_key=foreign_key,
        alias=_optional_text(document, "alias_for", entity, name),
        key_attribute=_optional_text(pair, "key", entity, name) or "key",
        value_attribute=_optional_text(pair, "value", entity, name) or "value",
        is_entity_type="transform" in document,
        deprecated=_deprecation(document, description),
    )


def _foreign_key(description: str | None) -> tuple[ForeignKey | None, str | None]:
    """Return what *description* says a column points to, and what else it says."""
    match = _FOREIGN_KEY.search(description or "")
    if description is None or match is None:
        return None, description
    rest = f"{description[: match.start()].strip()} {description[match.end() :].strip()}".strip()
    return ForeignKey(match[1], match[2]), rest or None


def _deprecation(document: Mapping[str, Any], description: str | None) -> str | None:
    stated = document.get("deprecated")
    if isinstance(stated, Mapping):
        stated = stated.get("message") or True
    if isinstance(stated, str) and stated:
        return stated
    if stated is True:
        return description or "Deprecated by the server."
    return description if description and _DEPRECATED.search(description) else None


def _reference(document: Mapping[str, Any], entity: str, name: str | None) -> str | None:
    """Return the entity type *document* refers to; some say ``"ref": "$Type"`` for ``"$ref": "Type"``."""
    reference = document.get("$ref", document.get("ref"))
    if reference is None:
        return None
    if not isinstance(reference, str) or not reference.lstrip("$"):
        _fail(entity, name, f"it refers to {reference!r}, which is no entity type")
    return reference.lstrip("$")


def _mapping(
    document: Mapping[str, Any], key: str, entity: str, name: str | None = None
) -> Mapping[str, Any]:
    value = document.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        _fail(entity, name, f"“{key}” is {type(value).__name__}, not an object")
    return value


def _names(document: Mapping[str, Any], key: str, entity: str, name: str | None = None) -> tuple[str, ...]:
    value = document.get(key)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        _fail(entity, name, f"“{key}” is {type(value).__name__}, not a list")
    for entry in value:
        if not isinstance(entry, str):
            _fail(entity, name, f"“{key}” lists {entry!r}, which is no text")
    return tuple(dict.fromkeys(value))


def _optional_text(document: Mapping[str, Any], key: str, entity: str, name: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        _fail(entity, name, f"“{key}” is {type(value).__name__}, not a text")
    return value


def _fail(entity: str, name: str | None, problem: str) -> NoReturn:
    place = f"entity type {entity!r}" + (f", property {name!r}" if name is not None else "")
    raise SchemaError(f"The schema makes no sense at {place}: {problem}.", entity_type=entity, property=name)
