"""A studio's configuration from rows, as a server answers them or as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ftrack_codegen.errors import InputError

from .model import Configuration, Item, ProjectSchema, Studio

SECTIONS: Final = (
    "custom_attributes",
    "states",
    "statuses",
    "types",
    "priorities",
    "object_types",
    "project_schemas",
    "object_type_schemas",
    "projects",
)
"""Parts of a studio's configuration, as they are called in a snapshot."""

_ITEMS: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    "states": ("State", "short", {}),
    "statuses": ("Status", "color sort is_active", {"state": "State"}),
    "types": ("Type", "color sort is_billable", {}),
    "priorities": ("Priority", "color sort value", {}),
    "object_types": (
        "ObjectType",
        "sort is_leaf is_prioritizable is_schedulable is_statusable is_taskable is_time_reportable "
        "is_typeable",
        {},
    ),
}
"""Section → entity type, plain attributes, relations."""

_CHOICES: Final = frozenset({"enumerator"})

Row = Mapping[str, Any]


def read_studio(sections: Mapping[str, Any]) -> Studio:
    """Read rows by section; sections may be missing.

    Raises:
        InputError: naming the section and the row that makes no sense.
    """
    rows = {section: _rows(section, sections.get(section)) for section in SECTIONS}
    return Studio(
        configurations=tuple(
            sorted(map(_configuration, rows["custom_attributes"]), key=lambda one: (one.id, one.key))
        ),
        items={
            entity_type: tuple(
                sorted(
                    (_item(section, row, facts.split(), references) for row in rows[section]),
                    key=lambda item: item.id,
                )
            )
            for section, (entity_type, facts, references) in _ITEMS.items()
        },
        project_schemas=tuple(
            sorted(
                (_project_schema(row, rows["object_type_schemas"]) for row in rows["project_schemas"]),
                key=lambda schema: schema.item.id,
            )
        ),
        projects={
            _text("projects", row, "id"): (
                _text("projects", row, "name"),
                _optional("projects", row, "project_schema_id"),
            )
            for row in rows["projects"]
        },
    )


def _rows(section: str, given: object) -> list[Row]:
    if given is None:
        return []
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputError(f"{section} takes a list of rows, not {type(given).__name__}.")
    for row in given:
        if not isinstance(row, Mapping):
            raise InputError(f"{section} holds {row!r}, which is no row: a row maps attributes to values.")
    return list(given)


def _text(section: str, row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise InputError(f"A row of {section} has no text as its {name}: {_brief(row)}.")
    return value


def _optional(section: str, row: Row, name: str) -> str | None:
    return None if row.get(name) is None else _text(section, row, name)


def _brief(row: Row) -> str:
    text = json.dumps(row, default=str, sort_keys=True)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _plain(section: str, row: Row, name: str) -> Any:
    value = row[name]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise InputError(f"A row of {section} has no plain value as its {name}: {_brief(row)}.")


# Custom attributes -------------------------------------------


def _configuration(row: Row) -> Configuration:
    section = "custom_attributes"
    kind = row.get("type")
    name = kind.get("name") if isinstance(kind, Mapping) else kind
    if not isinstance(name, str):
        raise InputError(f"A row of {section} does not tell the name of its type: {_brief(row)}.")
    config = _config(row)
    object_type = row.get("object_type")
    nested = object_type.get("id") if isinstance(object_type, Mapping) else None
    decimal = config.get("isdecimal")
    return Configuration(
        id=_text(section, row, "id"),
        key=_text(section, row, "key"),
        kind=name,
        entity_type=_text(section, row, "entity_type"),
        label=str(row.get("label") or ""),
        object_type_id=_optional(section, row, "object_type_id") or nested,
        project_id=_optional(section, row, "project_id"),
        hierarchical=bool(row.get("is_hierarchical")),
        default=row.get("default"),
        is_decimal=bool(decimal) if decimal is not None else None,
        options=_options(config) if name in _CHOICES else (),
    )


def _config(row: Row) -> Mapping[str, Any]:
    """The settings of the attribute's type (wire: JSON text)."""
    return _json_object(row.get("config"))


def _json_object(value: object) -> Mapping[str, Any]:
    loaded = _json(value)
    return loaded if isinstance(loaded, Mapping) else {}


def _json(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None  # what the server keeps there is no business of ours until it makes sense


def _options(config: Mapping[str, Any]) -> tuple[str, ...]:
    """wire: `data` is JSON text within JSON text, a list of objects with `menu` and `value`."""
    entries = _json(config.get("data"))
    if not isinstance(entries, list):
        return ()
    values = (entry.get("value") if isinstance(entry, Mapping) else entry for entry in entries)
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str)))


# Constants ---------------------------------------------------


def _item(section: str, row: Row, facts: Iterable[str], references: Mapping[str, str]) -> Item:
    led = {}
    for name, entity_type in references.items():
        related = row.get(name)
        key = related.get("id") if isinstance(related, Mapping) else row.get(f"{name}_id")
        if isinstance(key, str):
            led[name] = (entity_type, key)
    label = row.get("name")
    return Item(
        id=_text(section, row, "id"),
        name=label if isinstance(label, str) else "",
        facts={fact: _plain(section, row, fact) for fact in facts if fact in row},
        references=led,
    )


def _project_schema(row: Row, schemas: Sequence[Row]) -> ProjectSchema:
    item = _item("project_schemas", row, (), {})
    own = [schema for schema in schemas if schema.get("project_schema_id") == item.id]
    own.sort(key=lambda schema: str(schema.get("id")))
    return ProjectSchema(
        item,
        object_types=tuple(sorted(_ids(row.get("object_types"), "id"))),
        task_types=_below(row, "task_type_schema", "types"),
        task_statuses=_below(row, "task_workflow_schema", "statuses"),
        version_statuses=_below(row, "asset_version_workflow_schema", "statuses"),
        overrides={
            str(override["type_id"]): _below(override, "workflow_schema", "statuses")
            for override in _mappings(row.get("task_workflow_schema_overrides"))
            if isinstance(override.get("type_id"), str)
        },
        statuses=_by_object_type(own, "statuses", "status_id"),
        types=_by_object_type(own, "types", "type_id"),
    )


def _by_object_type(schemas: Iterable[Row], name: str, key: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for schema in schemas:
        object_type = schema.get("object_type_id") or schema.get("type_id")
        ids = _ids(sorted(_mappings(schema.get(name)), key=lambda entry: _position(entry, key)), key)
        if isinstance(object_type, str) and ids:
            found[object_type] = ids
    return dict(sorted(found.items()))


def _position(entry: Row, key: str) -> tuple[float, str]:
    sort = entry.get("sort")
    return (sort if isinstance(sort, (int, float)) else 0, str(entry.get(key)))


def _below(row: Row, relation: str, name: str) -> tuple[str, ...]:
    related = row.get(relation)
    return tuple(sorted(_ids(related.get(name), "id"))) if isinstance(related, Mapping) else ()


def _ids(entries: object, name: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(entry[name] for entry in _mappings(entries) if isinstance(entry.get(name), str))
    )


def _mappings(entries: object) -> list[Row]:
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
