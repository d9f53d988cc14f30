"""What the server holds once a batch has been carried out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from ftrack_typed.schema.model import EntitySchema, Schema
from ftrack_typed.wire.payloads import WRITES

Key: TypeAlias = tuple[str, ...]


class UncheckableError(Exception):
    """The server can't be asked what became of a batch; the text tells why."""


@dataclass(slots=True)
class Expectation:
    """What is left of all operations of a batch on one entity."""

    action: str
    entity_type: str
    key: Key
    data: dict[str, Any] = field(default_factory=dict)
    replaces: bool = False
    """Whether the batch deletes an entity with this key before it creates this one."""

    @property
    def proves(self) -> bool:
        """Whether the entity can't have come from anywhere but this batch: its key was made up for it."""
        if self.action != "create" or self.replaces or len(self.key) != 1:
            return False
        try:
            UUID(self.key[0])
        except ValueError:
            return False
        return True


def expectations(
    operations: Sequence[Mapping[str, Any]], schema: Schema
) -> dict[tuple[str, Key], Expectation]:
    """Return what is to be found of each entity that *operations* write, by its type and key.

    Raises:
        UncheckableError: If an operation does not tell which entity it is about.
    """
    expected: dict[tuple[str, Key], Expectation] = {}
    for operation in operations:
        if operation.get("action") not in WRITES:
            continue
        entity_type, key = identity_of(operation, schema)
        found = _expectation(operation, entity_type, key)
        earlier = expected.get((entity_type, key))
        if earlier is None:
            expected[entity_type, key] = found
        elif found.action == "update" and earlier.action != "delete":
            earlier.data.update(found.data)
        else:
            found.replaces = found.action == "create"
            expected[entity_type, key] = found
    return expected


def identity_of(operation: Mapping[str, Any], schema: Schema) -> tuple[str, Key]:
    """Return type and key of the entity an operation writes.

    Raises:
        UncheckableError: If it does not tell them, or the schema does not know the type.
    """
    name = operation.get("entity_type")
    known = schema.types.get(name) if isinstance(name, str) else None
    if known is None:
        raise UncheckableError(f"the schema has no entity type {name!r}.")
    key = operation.get("entity_key")
    parts: Sequence[Any] = [key] if isinstance(key, str) else key if isinstance(key, (list, tuple)) else ()
    if not parts:
        data = operation.get("entity_data")
        held: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        parts = [held[part] for part in known.primary_key if held.get(part) is not None]
    if not parts or len(parts) != len(known.primary_key):
        raise UncheckableError(f"the key of a {known.name} was left to the server.")
    return known.name, tuple(str(part) for part in parts)


def _expectation(operation: Mapping[str, Any], entity_type: str, key: Key) -> Expectation:
    data = operation.get("entity_data")
    values = {
        name: value
        for name, value in (data.items() if isinstance(data, Mapping) else ())
        if name != "__entity_type__"
    }
    return Expectation(str(operation["action"]), entity_type, key, values)


def loadable(entity: EntitySchema, names: Sequence[str]) -> list[str]:
    """Return those of *names* that a query can load."""
    return [
        name for name in names if (found := entity.properties.get(name)) is not None and not found.restricted
    ]
