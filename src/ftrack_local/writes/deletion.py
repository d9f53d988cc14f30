"""Deleting entities together with what cannot exist without them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ftrack_local.errors import IntegrityError
from ftrack_local.model import OnDelete

from .dependencies import Dependencies, Dependent
from .rows import CHUNK, Row, Rows


class Deleter:
    """Deletes rows, following foreign keys that name them."""

    def __init__(self, rows: Rows, dependencies: Dependencies) -> None:
        self._rows = rows
        self._dependencies = dependencies
        self._restricting: list[tuple[Dependent, list[Any]]] = []

    def delete(self, row: Row) -> list[Row]:
        """Delete a row and everything that depends on it; return all rows deleted."""
        deleted = [row]
        level = [row]
        seen = {(row.entity.table, row.key)}
        while level:
            following: list[Row] = []
            for table, members in _by_table(level).items():
                for dependent in self._rows_depending(table, members):
                    identity = (dependent.entity.table, dependent.key)
                    if identity not in seen:
                        seen.add(identity)
                        following.append(dependent)
            deleted.extend(following)
            level = following
        self._remove(deleted)
        return deleted

    def check(self) -> None:
        """Raise :class:`IntegrityError` if a row still names a deleted one that it must not lose."""
        for dependent, keys in self._restricting:
            for row in self._rows.in_chunks(dependent.entity, dependent.column, keys):
                raise IntegrityError(
                    f"Cannot delete {row.values[dependent.column]}: it is still the "
                    f"`{dependent.attribute.name}` of {row.entity.name} {', '.join(map(str, row.key))}."
                )

    def _rows_depending(self, table: str, members: list[Row]) -> Iterator[Row]:
        keys = [row.key[0] for row in members if len(row.key) == 1]
        if not keys:
            return
        for dependent in self._dependencies.keys_naming(table):
            if dependent.attribute.on_delete is OnDelete.CASCADE:
                yield from self._rows.in_chunks(dependent.entity, dependent.column, keys)
            elif dependent.attribute.on_delete is OnDelete.SET_NULL:
                self._clear(dependent, keys)
            else:
                self._restricting.append((dependent, keys))

    def _clear(self, dependent: Dependent, keys: list[Any]) -> None:
        table = self._rows.table(dependent.entity)
        for start in range(0, len(keys), CHUNK):
            column = table.c[dependent.column]
            self._rows.connection.execute(
                table.update().where(column.in_(keys[start : start + CHUNK])).values({dependent.column: None})
            )

    def _remove(self, deleted: Iterable[Row]) -> None:
        connection = self._rows.connection
        for table_name, members in _by_table(deleted).items():
            entity = members[0].entity
            table = self._rows.table(entity)
            width = CHUNK if len(entity.primary_key) == 1 else CHUNK // 4
            for start in range(0, len(members), width):
                keys = [row.key for row in members[start : start + width]]
                connection.execute(table.delete().where(self._rows.any_identified(entity, keys)))
                self._unlink(table_name, [key[0] for key in keys])

    def _unlink(self, table_name: str, keys: list[Any]) -> None:
        """Remove the pairs of plain join tables that name deleted rows."""
        for name, column in self._dependencies.pairs_naming(table_name):
            table = self._rows.compiler.tables[name]
            self._rows.connection.execute(table.delete().where(table.c[column].in_(keys)))


def _by_table(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.entity.table, []).append(row)
    return groups
