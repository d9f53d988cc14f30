"""Asking a server for its studio's configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from ftrack_typed.schema import Schema
from ftrack_typed.wire import payloads
from ftrack_typed.wire.decoding import decode

PAGE: Final = 500
"""Rows asked for at a time."""

_QUESTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "custom_attributes": (
        "CustomAttributeConfiguration",
        "id key label entity_type object_type_id project_id is_hierarchical default config type.name",
    ),
    "states": ("State", "id name short"),
    "statuses": ("Status", "id name color sort is_active state.id"),
    "types": ("Type", "id name color sort is_billable"),
    "priorities": ("Priority", "id name color sort value"),
    "object_types": (
        "ObjectType",
        "id name sort is_leaf is_prioritizable is_schedulable is_statusable is_taskable "
        "is_time_reportable is_typeable",
    ),
    "project_schemas": (
        "ProjectSchema",
        "id name object_types.id task_type_schema.types.id task_workflow_schema.statuses.id "
        "asset_version_workflow_schema.statuses.id task_workflow_schema_overrides.type_id "
        "task_workflow_schema_overrides.workflow_schema.statuses.id",
    ),
    "object_type_schemas": (
        "Schema",
        "id project_schema_id object_type_id type_id statuses.status_id statuses.sort types.type_id types.sort",
    ),
    "projects": ("Project", "id name project_schema_id"),
}
"""Section of a snapshot → entity type and attributes. What a server doesn't have isn't asked for."""


class Transport(Protocol):
    """What asking needs of a transport."""

    def send(self, operations: list[payloads.Operation], /) -> bytes:
        """Send *operations* as one batch and return the body of the response."""
        ...


def ask(transport: Transport, schema: Schema) -> dict[str, list[Any]]:
    """Fetch all sections of a studio's configuration, as the server answers them.

    The first page of every section comes with one request; the rest is fetched page by page.

    Raises:
        Error: Whatever the transport raises.
    """
    expressions = {
        section: expression
        for section, (entity_type, paths) in _QUESTIONS.items()
        if (expression := _expression(schema, entity_type, paths.split()))
    }
    rows: dict[str, list[Any]] = {section: [] for section in expressions}
    pending = dict.fromkeys(expressions, 0)
    while pending:
        results = decode(
            transport.send(
                [
                    payloads.query(f"{expressions[section]} offset {offset} limit {PAGE}")
                    for section, offset in pending.items()
                ]
            )
        )
        following: dict[str, int] = {}
        for section, result in zip(pending, results, strict=True):
            page = result.get("data") or []
            rows[section] += page
            offset = _next_offset(result.get("metadata"))
            if offset is not None and offset > pending[section]:
                following[section] = offset
        pending = following
    return _completed(rows)


def _completed(rows: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Give every mention of an entity what any mention tells: a reply tells it only once (wire: protocol 1.3)."""
    known: dict[tuple[Any, Any], dict[str, Any]] = {}

    def collect(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                collect(one)
        elif isinstance(value, dict):
            if isinstance(value.get("id"), str):
                known.setdefault((value.get("__entity_type__"), value["id"]), {}).update(value)
            for one in value.values():
                collect(one)

    def complete(value: Any, above: frozenset[tuple[Any, Any]]) -> Any:
        if isinstance(value, list):
            return [complete(one, above) for one in value]
        if not isinstance(value, dict):
            return value
        place = (value.get("__entity_type__"), value.get("id"))
        if place in above:
            return value
        whole = {**known.get(place, {}), **value}
        return {name: complete(one, above | {place}) for name, one in whole.items()}

    collect(list(rows.values()))
    return {section: [complete(row, frozenset()) for row in found] for section, found in rows.items()}


def _next_offset(metadata: object) -> int | None:
    following = metadata.get("next") if isinstance(metadata, Mapping) else None
    offset = following.get("offset") if isinstance(following, Mapping) else None
    return offset if isinstance(offset, int) else None


def _expression(schema: Schema, entity_type: str, paths: Sequence[str]) -> str | None:
    known = [path for path in paths if _exists(schema, entity_type, path)]
    if not known:
        return None
    return f"select {', '.join(known)} from {entity_type} order by id"


def _exists(schema: Schema, entity_type: str | None, path: str) -> bool:
    first, _, rest = path.partition(".")
    if entity_type not in schema or first not in schema[str(entity_type)].properties:
        return False
    return not rest or _exists(schema, schema[str(entity_type)].properties[first].related, rest)
