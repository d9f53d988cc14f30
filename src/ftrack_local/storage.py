"""The database behind the server: its transactions, its tables and its snapshots.

SQLite in memory or in a file, or PostgreSQL. Nothing here knows what the rows mean;
:mod:`ftrack_local.tables` lays them out and :mod:`ftrack_local.codecs` converts values.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect, literal, select, text, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateColumn

from ftrack_local.bulk import insert_rows
from ftrack_local.codecs import StorageValueError, from_storage, parse_datetime, to_storage
from ftrack_local.engines import WRITE, is_in_memory, open_engine
from ftrack_local.errors import LocalServerError
from ftrack_local.model import ORDER_COLUMN
from ftrack_local.tables import Tables, build_tables

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
        self.engine = open_engine(url or MEMORY)
        self._shared = is_in_memory(self.engine.url)
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
            connection = connection.execution_options(**{WRITE: True})
            with connection.begin():
                yield connection

    def create_all(self, tables: Tables) -> None:
        """Create the tables that are missing and add columns an older schema did not have.

        Raises:
            LocalServerError: The database cannot be reached or refuses.
        """
        try:
            with self.writing() as connection:
                _create_all(connection, tables)
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
            raise LocalServerError(f"The database {self.engine.url!r} cannot be used: {reason}") from None

    def is_empty(self, tables: Tables) -> bool:
        """Whether no table has a row yet."""
        rows = [
            select(literal(1)).select_from(table).limit(1).subquery() for table in tables.by_name.values()
        ]
        found = union_all(*(select(row) for row in rows)).limit(1)
        with self.reading() as connection:
            return connection.execute(found).first() is None

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


def _create_all(connection: Connection, tables: Tables) -> None:
    inspector = inspect(connection)
    existing = set(inspector.get_table_names())
    fresh = [table for name, table in tables.by_name.items() if name not in existing]
    tables.metadata.create_all(connection, tables=fresh, checkfirst=False)
    known = [name for name in tables.by_name if name in existing]
    if not known:
        return
    preparer = connection.dialect.identifier_preparer
    for (_, name), columns in inspector.get_multi_columns(filter_names=known).items():
        present = {column["name"] for column in columns}
        table = tables[name]
        for column in table.columns:
            if column.name not in present:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(
                    text(f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {definition}")
                )
