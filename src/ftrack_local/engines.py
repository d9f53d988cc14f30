"""Database engines that behave alike: what SQLite and PostgreSQL have to be told for that.

Readers see one state of the data for as long as their transaction lasts, and of all processes that
use a database one writes at a time. Writers ask for it with the execution option
:data:`WRITE`, readers with nothing.
"""

from __future__ import annotations

import sqlite3
import zlib
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from ftrack_local.errors import LocalServerError

WRITE = "ftrack_write"
"""Execution option of a connection whose next transaction changes data."""

_BUSY_SECONDS = 30
_LOCK = zlib.crc32(b"ftrack-typed")


def open_engine(url: str) -> Engine:
    """Return an engine for a SQLAlchemy URL; connects to nothing yet.

    Raises:
        LocalServerError: The URL cannot be understood or its driver is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LocalServerError(
            f"{url!r} is no database URL; write sqlite:///studio.db for a file beside you"
        ) from None
    try:
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _server(parsed)
    except NoSuchModuleError:
        raise LocalServerError(
            f"no database is called {parsed.drivername!r}; try sqlite or postgresql+psycopg"
        ) from None
    except ModuleNotFoundError as error:
        raise LocalServerError(
            f"{parsed.drivername} needs the Python package {error.name!r}; install it{_extra(error.name)}"
        ) from None
    return engine


def is_in_memory(url: URL) -> bool:
    """Whether the database of a SQLite URL lives in memory, on one connection."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _extra(package: str | None) -> str:
    return ", with `pip install ftrack-typed[postgresql]`" if package == "psycopg" else ""


def _sqlite(url: URL) -> Engine:
    in_memory = is_in_memory(url)
    if in_memory:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def connect(driver_connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling neither covers reads nor DDL.
        driver_connection.isolation_level = None
        # Its own knows no letters beyond ASCII; `like` ignores the case of all (wire: like).
        driver_connection.create_function("lower", 1, _lower, deterministic=True)
        cursor = driver_connection.cursor()
        if not in_memory:
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")

    return engine


def _lower(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _server(url: URL) -> Engine:
    """An engine for a database server: connections it has closed meanwhile are replaced."""
    engine = create_engine(url, pool_pre_ping=True)
    if url.get_backend_name() != "postgresql":
        return engine

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if _writes(connection):
            # Held until the transaction ends; what others have committed by then is seen.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    return engine


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(WRITE, False))
