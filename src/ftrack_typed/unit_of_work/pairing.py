"""Relation and foreign key of an entity that is changed: the one follows the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_typed.errors import ImmutableAttributeError
from ftrack_typed.identity.pairs import key_of, pair_of

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.unit_of_work.changes import ChangeTracker


def write_pair(
    changes: ChangeTracker, entity: Entity, attribute: Attribute, value: Any, *, recorded: bool
) -> None:
    """Keep ``status_id`` in step with ``status``; only ``status`` is sent.

    Raises:
        ImmutableAttributeError: when the foreign key is part of the entity's own key, and another one; nothing is
            changed then.
    """
    pair = pair_of(type(entity), attribute)
    if pair is None or (value is not None and len(value.primary_key) != 1):
        return
    for _, part in type(entity).__entity__.key_names:
        if part == pair.foreign_key and vars(entity).get(part) != key_of(value):
            raise ImmutableAttributeError(entity.entity_type, attribute.wire)
    changes.remember(entity, pair.foreign_key, recorded=recorded)
    vars(entity)[pair.foreign_key] = key_of(value)


def drop_pair(changes: ChangeTracker, entity: Entity, attribute: Attribute, *, recorded: bool) -> None:
    """Forget ``status`` when ``status_id`` changes: the next read finds the right one."""
    pair = pair_of(type(entity), attribute)
    if pair is not None and pair.relation in vars(entity):
        changes.remember(entity, pair.relation, recorded=recorded)
        del vars(entity)[pair.relation]
