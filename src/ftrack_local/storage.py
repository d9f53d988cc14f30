"""The database behind the server: engine, transactions and bulk inserts.

SQLite in memory or in a file, or any other database SQLAlchemy reaches. Nothing here knows what
the rows mean; :mod:`ftrack_local.tables` lays them out and :mod:`ftrack_local.codecs` converts values.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateColumn

from ftrack_local.codecs import StorageValueError, from_storage, parse_datetime, to_storage
from ftrack_local.errors import LocalServerError
from ftrack_local.model import EntityType, Model, Scalar, ScalarAttribute
from ftrack_local.tables import ORDER_COLUMN, Tables, build_tables

__all__ = [
    "ORDER_COLUMN",
    "Storage",
    "StorageValueError",
    "Tables",
    "build_tables",
    "from_storage",
    "insert_rows",
    "parse_datetime",
    "to_storage",
]

MEMORY = "sqlite://"
"""URL of a database that lives as long as its :class:`Storage`."""

_CHUNK = 5000
_BUSY_SECONDS = 30


class Storage:
    """A database and the rule for using it from several threads.

    Writers take turns. A file database lets readers work beside a writer; a database in memory has one
    connection, so there readers take turns, too.
    """

    def __init__(self, url: str | None = None) -> None:
        """Open the database at a SQLAlchemy URL; None for one in memory.

        Raises:
            LocalServerError: The URL cannot be understood or its driver is not installed.
        """
        self._lock = threading.RLock()
        self.engine, self._shared = _create_engine(url or MEMORY)
        self._kept: sqlite3.Connection | None = None
        self._changes = 0

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries, seeing one state of the data throughout."""
        if self._shared:
            with self._lock, self.engine.begin() as connection:
                yield connection
        else:
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection for changes: all of them are kept on leaving, none after an exception."""
        with self._lock, self.engine.connect() as connection:
            connection = connection.execution_options(ftrack_write=True)
            with connection.begin():
                yield connection

    def create_all(self, tables: Tables) -> None:
        """Create the tables that are missing and add columns an older schema did not have."""
        with self.writing() as connection:
            inspector = inspect(connection)
            existing = set(inspector.get_table_names())
            fresh = [table for name, table in tables.by_name.items() if name not in existing]
            tables.metadata.create_all(connection, tables=fresh, checkfirst=False)
            for name, table in tables.by_name.items():
                if name not in existing:
                    continue
                present = {column["name"] for column in inspector.get_columns(name)}
                preparer = connection.dialect.identifier_preparer
                for column in table.columns:
                    if column.name not in present:
                        definition = CreateColumn(column).compile(dialect=connection.dialect)
                        connection.execute(
                            text(f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {definition}")
                        )

    def is_empty(self, tables: Tables) -> bool:
        """Whether no table has a row yet."""
        with self.reading() as connection:
            return all(
                connection.execute(table.select().limit(1)).first() is None
                for table in tables.by_name.values()
            )

    def snapshot(self) -> None:
        """Remember the present rows, for :meth:`restore` to come back to.

        Raises:
            LocalServerError: The database is not SQLite.
        """
        with self._lock, self._sqlite() as live:
            if self._kept is not None:
                self._kept.close()
            self._kept = sqlite3.connect(":memory:", check_same_thread=False)
            live.backup(self._kept)
            self._changes = live.total_changes

    def restore(self) -> None:
        """Bring the rows back to the last snapshot."""
        with self._lock, self._sqlite() as live:
            if self._kept is None:
                raise LocalServerError("There is no snapshot of the database to restore.")
            # Other connections of a file count their own changes.
            if not self._shared or live.total_changes != self._changes:
                self._kept.backup(live)
                self._changes = live.total_changes

    @contextmanager
    def _sqlite(self) -> Iterator[sqlite3.Connection]:
        pooled = self.engine.raw_connection()
        try:
            live = pooled.driver_connection
            if not isinstance(live, sqlite3.Connection):
                raise LocalServerError(
                    f"Snapshots need SQLite; this database is {self.engine.dialect.name}. Use a database of its own "
                    "for each test instead."
                )
            yield live
        finally:
            pooled.close()

    def close(self) -> None:
        """Give up all connections; a database in memory is gone afterwards."""
        self.engine.dispose()
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def insert_rows(
    connection: Connection, tables: Tables, model: Model, rows: Iterable[Mapping[str, Any]]
) -> int:
    """Insert rows in bulk and return how many there were.

    Each row is `{"__entity_type__": name, attribute: value, …}` with public scalar attributes, hidden
    columns, or `"__join__"` naming a plain join table with its two columns. Constant defaults and
    classifiers are added; nothing else is filled in and no key is checked.

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


def _create_engine(url: str) -> tuple[Engine, bool]:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LocalServerError(
            f"{url!r} is no database URL; write sqlite:///studio.db for a file beside you"
        ) from None
    sqlite = parsed.get_backend_name() == "sqlite"
    memory = sqlite and parsed.database in (None, "", ":memory:")
    try:
        if memory:
            engine = create_engine(parsed, poolclass=StaticPool, connect_args={"check_same_thread": False})
        elif sqlite:
            engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
        else:
            engine = create_engine(parsed)
    except NoSuchModuleError:
        raise LocalServerError(
            f"no database is called {parsed.drivername!r}; try sqlite or postgresql"
        ) from None
    except ModuleNotFoundError as error:
        raise LocalServerError(
            f"{parsed.drivername} needs the Python package {error.name!r}; install it"
        ) from None
    if sqlite:
        _prepare_sqlite(engine, memory)
    return engine, memory


def _prepare_sqlite(engine: Engine, memory: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(dbapi_connection: Any, _record: Any) -> None:
        # The driver's own transaction handling neither covers reads nor DDL.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        if not memory:
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("ftrack_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
