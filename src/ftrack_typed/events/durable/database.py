"""The file of a journal: opened, checked, and locked for one process."""

from __future__ import annotations

import logging
import os
import sqlite3
import uuid
from pathlib import Path

from ftrack_typed.errors import JournalBusyError

_logger = logging.getLogger("ftrack_typed.events")

_VERSION = 2
_TABLES = """
CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL,
    key TEXT, body TEXT, received REAL NOT NULL, state INTEGER NOT NULL DEFAULT 0,
    begun INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, due REAL,
    errors TEXT NOT NULL DEFAULT '[]');
CREATE INDEX by_state ON events (state, number);
CREATE TABLE handled (number INTEGER NOT NULL, handler TEXT NOT NULL, PRIMARY KEY (number, handler))
    WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def own(path: Path) -> sqlite3.Connection:
    """Become the one process that works on a journal, for as long as the connection is open.

    A transaction on a file beside it is the lock: SQLite gives it up on every system when a process dies, and
    others may still look into the journal itself.

    Raises:
        JournalBusyError: when another one is.
        sqlite3.Error: when the file can't be used.
    """
    beside = path.with_name(path.name + ".owner")
    connection = _connect(beside)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" not in str(error):
            raise
        raise JournalBusyError(
            f"Another listener works on the journal {path}. Give each its own, or stop the other one."
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_journal(path: Path, patience: float) -> tuple[sqlite3.Connection, bool]:
    """Open a journal, made when needed; one that is damaged is set aside, which is logged, and a new one begun.

    Args:
        path: The file.
        patience: Seconds that a statement waits for a lock.

    Returns:
        The connection, and whether a damaged file was set aside.

    Raises:
        sqlite3.Error: when the file can't be used.
        OSError: as before.
    """
    try:
        return _open(path, patience), False
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:  # busy, full or forbidden rather than damaged
            raise
        aside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.corrupt")
        path.replace(aside)
        for extension in ("-wal", "-shm"):
            path.with_name(path.name + extension).unlink(missing_ok=True)
        _logger.error(
            "The journal %s is damaged (%s); it was set aside as %s. Events that waited in it are not handled.",
            path,
            error,
            aside.name,
        )
        return _open(path, patience), True


def close_own(process: int, *connections: sqlite3.Connection) -> None:
    """Close connections in the process that opened them; one forked from it must leave them alone."""
    if os.getpid() == process:
        for connection in connections:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return sqlite3.connect(os.fspath(path), timeout=0.5, isolation_level=None, check_same_thread=False)


def _open(path: Path, patience: float) -> sqlite3.Connection:
    connection = _connect(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise sqlite3.OperationalError(f"it was written by another version of this library ({version})")
        connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 8388608")
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")
        elif connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its check fails")
    except BaseException:
        connection.close()
        raise
    return connection


__all__ = ["close_own", "open_journal", "own"]
