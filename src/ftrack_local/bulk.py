"""Rows in bulk: what seeds are put into a database with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, insert

from ftrack_local.codecs import StorageValueError, to_storage
from ftrack_local.model import ORDER_COLUMN, EntityType, Model, Scalar, ScalarAttribute
from ftrack_local.tables import Tables

_CHUNK = 5000


def insert_rows(
    connection: Connection,
    tables: Tables,
    model: Model,
    rows: Iterable[Mapping[str, Any]],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Insert rows in bulk and return how many there were.

    Each row is `{"__entity_type__": name, attribute: value, …}` with public scalar attributes, hidden
    columns, or `"__join__"` naming a plain join table with its two columns. Constant defaults and
    classifiers are added; nothing else is filled in and no key is checked. `progress` is told now and
    then how many rows there have been.

    Raises:
        StorageValueError: A value does not fit its attribute.
    """
    writers: dict[str, _RowWriter] = {}
    pending: dict[str, list[dict[str, Any]]] = {}
    count = 0
    for row in rows:
        join = row.get("__join__")
        if join is not None:
            values = {key: value for key, value in row.items() if key != "__join__"}
            pending.setdefault(join, []).append(values)
        else:
            name = row["__entity_type__"]
            writer = writers.get(name)
            if writer is None:
                writer = writers[name] = _RowWriter(model.types[name], tables, model)
            pending.setdefault(writer.table, []).append(writer.encode(row))
        count += 1
        if count % _CHUNK == 0:
            _flush(connection, tables, pending)
            if progress is not None:
                progress(count)
    _flush(connection, tables, pending)
    return count


def _flush(connection: Connection, tables: Tables, pending: dict[str, list[dict[str, Any]]]) -> None:
    for name, rows in pending.items():
        table = tables[name]
        if connection.dialect.name != "sqlite":
            connection.execute(insert(table), rows)
            continue
        # Encoded values are what SQLite stores; converting each of them once more costs a third of the time.
        compiled = insert(table).compile(dialect=connection.dialect, column_keys=list(rows[0]))
        ordered = itemgetter(*(compiled.positiontup or ()))
        connection.exec_driver_sql(str(compiled), [ordered(row) for row in rows])
    pending.clear()


class _RowWriter:
    """Turns rows of one entity type into rows of its table."""

    def __init__(self, entity_type: EntityType, tables: Tables, model: Model) -> None:
        self.table = entity_type.table
        self._name = entity_type.name
        self._model = model
        table = tables[entity_type.table]
        self._template: dict[str, Any] = {
            column.key: None for column in table.c if column.key != ORDER_COLUMN
        }
        self._entity_type = entity_type
        self._told = any(entry.told_by for entry in model.types.values() if entry.table == entity_type.table)
        if entity_type.type_column is not None:
            self._template[entity_type.type_column] = entity_type.name
        self._scalars: dict[str, ScalarAttribute] = {}
        for name, attribute in entity_type.attributes.items():
            if isinstance(attribute, ScalarAttribute) and attribute.column is not None:
                self._scalars[name] = attribute
                if attribute.default is not None:
                    self._template[attribute.column] = to_storage(attribute, attribute.default)
        self._scalars.update(entity_type.hidden)
        # Most values are text that needs no conversion; seeds insert hundreds of thousands of them.
        self._plain = {
            name: str(attribute.column)
            for name, attribute in self._scalars.items()
            if attribute.scalar is Scalar.TEXT and not attribute.enum and not attribute.is_entity_type
        }

    def encode(self, row: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(self._template)
        scalars = self._scalars
        for name, value in row.items():
            column = self._plain.get(name)
            if column is not None and type(value) is str and "\x00" not in value:
                values[column] = value
                continue
            attribute = scalars.get(name)
            if attribute is None:
                if name != "__entity_type__":
                    raise StorageValueError(f"{self._name}.{name} is not stored")
                continue
            if attribute.is_entity_type and value in self._model.types:
                value = self._model.types[value].table_name
            values[str(attribute.column)] = to_storage(attribute, value)
        if self._told:
            values.update(self._model.concrete_types(self._entity_type, values))
        return values
