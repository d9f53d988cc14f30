"""Going back to where a thread's pending work stood, not further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.symbol import NOT_SET
from ftrack_typed.unit_of_work.changes import kept
from ftrack_typed.unit_of_work.operations import DeleteEntityOperation

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.unit_of_work.unit import UnitOfWork


class Savepoint:
    """What the calling thread has changed and not committed, for taking back only what comes after.

    Costs in proportion to what is pending.
    """

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit
        pending = unit.pending.mine
        with unit.lock:
            self._commits = pending.commits
            self._operations = list(pending.operations)
            self._touched = pending.touches()
            self._replaced = list(pending.replaced)
            self._collected = set(pending.collected)
            self._mapped = dict(pending.mapped)
            self._expected = list(pending.expected)
            self._deleted = {id(entity) for entity in unit.deleted}
            self._values: dict[tuple[int, str], tuple[Entity, Any, bool]] = {
                (id(entity), name): (entity, kept(vars(entity).get(name, NOT_SET)), recorded)
                for entity, name, recorded in unit.changes.mine()
            }
            self._created = unit.created
            # Nothing is remembered of mappings of entities that don't exist yet: a rollback lets go of them.
            self._rows = {where: rows.row_by_key() for where, rows in self._mappings()}

    def _mappings(self) -> Iterator[tuple[tuple[int, str], KeyValueCollection[Any]]]:
        for entity in self._created:
            for name, value in vars(entity).items():
                if isinstance(value, KeyValueCollection):
                    yield (id(entity), name), value

    def restore(self) -> None:
        """Take back what this thread did since; after a commit in between, what it did since that."""
        unit, pending = self._unit, self._unit.pending.mine
        if pending.commits != self._commits:
            unit.rollback()
            return
        with unit.lock:
            for entity, name, _ in list(unit.changes.mine()):
                if (id(entity), name) not in self._values:
                    unit.changes.restore(entity, name)
            for (_, name), (entity, value, recorded) in self._values.items():
                unit.changes.remember(entity, name, recorded=recorded)
                _put(entity, name, value)
            replaced = [each for each in pending.replaced if each not in self._replaced]
            known = {id(row) for row in self._expected}
            pending.expected = [row for row in pending.expected if id(row) not in known]
            unit.let_go(
                pending,
                made=pending.touches() - self._touched,
                deleted={id(entity) for entity in unit.deleted} - self._deleted,
                replaced=replaced,
            )
            for where, rows in self._mappings():
                rows._restore(self._rows.get(where, {}))
            pending.operations.clear()
            for operation in self._operations:
                pending.operations.push(operation)
                if isinstance(operation, DeleteEntityOperation) and operation.entity is not None:
                    unit.deletions.setdefault(id(operation.entity), operation.entity)
            pending.replaced = self._replaced
            pending.collected = self._collected
            pending.mapped = self._mapped
            pending.expected = self._expected


def _put(entity: Entity, name: str, value: Any) -> None:
    present = vars(entity).get(name)
    if isinstance(present, Collection) and isinstance(value, list):
        present._take(Collection(entity, present._attribute, value))
    elif isinstance(present, KeyValueCollection) and isinstance(value, dict):
        present._restore(value)
    elif value is NOT_SET:
        vars(entity).pop(name, None)
    else:
        vars(entity)[name] = value
