"""What a batch did to rows: seen from the statements it runs, so that nothing can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Insert, Table, Update, event

from ftrack_local.model import EntityType
from ftrack_local.writes.rows import Row, Rows

_Key = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """A row before and after a batch; None where it did not or does not exist."""

    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """The row as it is now, or as it was when it is gone."""
        row = self.after or self.before
        assert row is not None
        return row


class Journal:
    """Follows the statements of one connection from its creation to :meth:`close`.

    Rows that no entity type stands for (plain joins) are left out.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._entities = _entities_by_table(rows)
        self._before: dict[_Key, Row | None] = {}
        event.listen(rows.connection, "before_execute", self._see)

    def close(self) -> None:
        """Stop following."""
        event.remove(self._rows.connection, "before_execute", self._see)

    def changes(self) -> list[Change]:
        """Return what has changed so far, in the order rows were first touched."""
        after: dict[_Key, Row] = {}
        for table, keys in self._keys().items():
            entity = self._entities[table]
            for chunk in _chunks(keys):
                condition = self._rows.any_identified(entity, chunk)
                for row in self._rows.where(entity, condition):
                    after[table, row.key] = row
        found = [Change(before, after.get(key)) for key, before in self._before.items()]
        return [
            change
            for change in found
            if (change.before or change.after)
            and not (change.before and change.after and change.before.values == change.after.values)
        ]

    def _keys(self) -> dict[str, list[tuple[Any, ...]]]:
        keys: dict[str, list[tuple[Any, ...]]] = {}
        for table, key in self._before:
            keys.setdefault(table, []).append(key)
        return keys

    def _see(
        self, connection: Any, statement: Any, multiparams: Any, params: Any, execution_options: Any
    ) -> None:
        if not isinstance(statement, (Insert, Update, Delete)) or not isinstance(statement.table, Table):
            return
        entity = self._entities.get(statement.table.name)
        if entity is None:
            return
        if isinstance(statement, Insert):
            for values in multiparams or [params or statement.compile().params]:
                self._note_new(entity, values)
            return
        condition = statement.whereclause
        for row in self._rows.where(entity, condition) if condition is not None else ():
            self._before.setdefault((entity.table, row.key), row)

    def _note_new(self, entity: EntityType, values: Mapping[str, Any]) -> None:
        key = tuple(values.get(column) for column in self._rows.key_columns(entity))
        self._before.setdefault((entity.table, key), None)


def _entities_by_table(rows: Rows) -> dict[str, EntityType]:
    """The topmost type of each table; it reads rows of every type in it."""
    found: dict[str, EntityType] = {}
    for entity in rows.model.types.values():
        if entity.view is None and entity.base is None:
            found.setdefault(entity.table, entity)
    return found


def _chunks(keys: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    size = 200
    return (keys[start : start + size] for start in range(0, len(keys), size))
