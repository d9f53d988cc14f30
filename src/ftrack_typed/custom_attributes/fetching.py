"""Custom attribute configurations, from the server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from ftrack_typed.custom_attributes.configuration import AttributeConfiguration, is_decimal

ENTITY_TYPE = "CustomAttributeConfiguration"

_COLUMNS = (
    "id",
    "key",
    "type.name",
    "entity_type",
    "object_type_id",
    "project_id",
    "is_hierarchical",
    "default",
    "config",
)


def fetch_configurations(
    ask: Callable[[str, Sequence[str]], Iterable[tuple[Any, ...]]], attributes: Collection[str]
) -> list[AttributeConfiguration]:
    """All configurations.

    Args:
        ask: Asks the server for columns of all entities of a type.
        attributes: Attributes the server's configurations have; none when it has no custom attributes.
    """
    columns = [column for column in _COLUMNS if column.partition(".")[0] in attributes]
    if not {"id", "key", "entity_type"} <= set(columns):
        return []
    found: list[AttributeConfiguration] = []
    for values in ask(ENTITY_TYPE, columns):
        row = dict(zip(columns, values, strict=True))
        found.append(
            AttributeConfiguration(
                id=row["id"],
                key=row["key"],
                type=row.get("type.name") or "",
                entity_type=row["entity_type"] or "",
                object_type_id=row.get("object_type_id"),
                project_id=row.get("project_id"),
                is_hierarchical=bool(row.get("is_hierarchical")),
                default=row.get("default"),
                is_decimal=is_decimal(row.get("config")),
            )
        )
    return found
