"""The operations a request is made of.

wire: each operation is an object with an ``action``; `entity_key` lists the primary key values in schema
order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Operation: TypeAlias = dict[str, Any]
"""One operation of a request."""

WRITES = ("create", "update", "delete")
"""Actions that change entities."""


def query(expression: str) -> Operation:
    """Return the operation that runs a query."""
    return {"action": "query", "expression": expression}


def create(entity_type: str, key: Sequence[Any], data: Mapping[str, Any]) -> Operation:
    """Return the operation that creates an entity with the primary key *key* and the values *data*."""
    return _write("create", entity_type, key, data)


def update(entity_type: str, key: Sequence[Any], data: Mapping[str, Any]) -> Operation:
    """Return the operation that sets the values *data*; a collection among them is replaced as a whole."""
    return _write("update", entity_type, key, data)


def delete(entity_type: str, key: Sequence[Any]) -> Operation:
    """Return the operation that deletes an entity."""
    return {"action": "delete", "entity_type": entity_type, "entity_key": list(key)}


def server_information(values: Sequence[str] | None = None) -> Operation:
    """Return the operation that asks what the server is; *values* restricts it to these fields."""
    operation: Operation = {"action": "query_server_information"}
    if values is not None:
        operation["values"] = list(values)
    return operation


def schemas() -> Operation:
    """Return the operation that asks for the description of all entity types."""
    return {"action": "query_schemas"}


def reference(entity_type: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data that stands for an existing entity; *key* maps primary key attributes to values."""
    return {"__entity_type__": entity_type, **key}


def _write(action: str, entity_type: str, key: Sequence[Any], data: Mapping[str, Any]) -> Operation:
    return {
        "action": action,
        "entity_type": entity_type,
        "entity_key": list(key),
        "entity_data": {**data, "__entity_type__": entity_type},
    }
