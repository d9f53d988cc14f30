"""What entities are to their session: keys, identities, states. Never talks to the server."""

from __future__ import annotations

from collections.abc import Iterable

from ftrack_typed.entity import Entity
from ftrack_typed.entity.checking import checked_entity
from ftrack_typed.errors import MissingKeyError
from ftrack_typed.symbol import NOT_SET, Symbol


def primary_key(entity: Entity) -> dict[str, str]:
    """Key attributes and their values as strings, in the order of the schema.

    Raises:
        MissingKeyError: when the entity lacks some of them; also a `KeyError`.
    """
    key = checked_entity(entity, "primary_key").primary_key
    for name in type(entity).__entity__.primary_key:
        if key.get(name, NOT_SET) is NOT_SET or key[name] is None:
            raise MissingKeyError(entity.entity_type, name)
    return {name: str(value) for name, value in key.items()}


def identity(entity: Entity) -> tuple[str, list[str]]:
    """Entity type and key values, as ``session.get(*identity(entity))`` takes them.

    Raises:
        MissingKeyError: when the entity lacks part of its key; also a `KeyError`.
    """
    return checked_entity(entity, "identity").entity_type, list(primary_key(entity).values())


def state(entity: Entity) -> Symbol:
    """``CREATED``, ``MODIFIED`` or ``DELETED`` for what the next commit does, else ``NOT_SET``.

    What was created stays so when it is changed, and what was deleted stays deleted. An entity that belongs to no
    session has no state: ``NOT_SET``.
    """
    session = checked_entity(entity, "state").session
    return NOT_SET if session is None else session._state(entity)


def states(entities: Iterable[Entity]) -> list[Symbol]:
    """The state of each entity, in their order; as many as there are entities, also of repeated ones."""
    return [state(entity) for entity in entities]
