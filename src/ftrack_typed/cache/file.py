"""A cache in a file, shared by processes."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ftrack_typed.cache.interface import Change, TextCache
from ftrack_typed.locks import ForkSafeLock

_logger = logging.getLogger("ftrack_typed.cache")
T = TypeVar("T")

_TABLES = """
CREATE TABLE IF NOT EXISTS entries (position INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,
    value BLOB NOT NULL, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS totals (entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO totals SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM totals);
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON entries BEGIN
    UPDATE totals SET entries = entries + 1, bytes = bytes + length(new.key) + length(new.value); END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON entries BEGIN
    UPDATE totals SET entries = entries - 1, bytes = bytes - length(old.key) - length(old.value); END;
"""
# Bounds are checked on every write; counting the rows each time would make writing slower the more there are.
_KEYS_AT_ONCE = 512
_VERSION = 1


class FileCache(TextCache):
    """Keeps texts in an SQLite database that many threads and processes may use at once.

    A cache only ever saves time. A file that is damaged is set aside with the extension ``.corrupt`` and begun
    anew; one that can't be read or written is logged and treated as empty. What was written survives when a
    process is killed. The database is in WAL mode, which needs a local disk rather than a network share: give
    each machine its own file, or use `RedisCache` for a farm.

    Args:
        path: The file; made with its directories when needed, readable by its owner only.
        max_entries: How many keys to keep at most; what was written longest ago goes first.
        max_bytes: How many bytes keys and values may have together; the file itself is somewhat larger.
        max_age: Seconds after which an entry counts as missing.
        timeout: Seconds to wait for other processes that are writing.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_entries: int | None = None,
        max_bytes: int | None = None,
        max_age: float | None = None,
        timeout: float = 10.0,
    ) -> None:
        for name, bound in (("max_entries", max_entries), ("max_bytes", max_bytes), ("max_age", max_age)):
            if bound is not None and bound <= 0:
                raise ValueError(f"{name} must be more than 0, or None for no bound, not {bound}.")
        self.path: Path = Path(path).expanduser().absolute()
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.max_age = max_age
        self._timeout = timeout
        self._lock = ForkSafeLock()
        self._connection: sqlite3.Connection | None = None
        self._closing: weakref.finalize[Any, Any] | None = None
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"FileCache({str(self.path)!r})"

    # -- the interface -----------------------------------------------------------------------------

    def get_many(self, keys: Iterable[str]) -> dict[str, str]:
        wanted = {_blob("key", key): key for key in keys}
        found: dict[str, str] = {}

        def read(connection: sqlite3.Connection) -> None:
            blobs = list(wanted)
            for start in range(0, len(blobs), _KEYS_AT_ONCE):
                chunk = _padded(blobs[start : start + _KEYS_AT_ONCE])
                marks = ",".join("?" * len(chunk))
                rows = connection.execute(
                    f"SELECT key, value FROM entries WHERE key IN ({marks}) AND since >= ?",
                    (*chunk, self._oldest()),
                )
                found.update((wanted[key], _text(value)) for key, value in rows)

        self._run(read, None)
        return found

    def set(self, key: str, value: str) -> None:
        row = (_blob("key", key), _blob("value", value))
        self._run(
            lambda connection: self._in_transaction(connection, lambda: self._put(connection, *row)), None
        )

    def remove(self, key: str) -> str:
        blob = _blob("key", key)

        def take(connection: sqlite3.Connection) -> bytes | None:
            row = connection.execute(
                "SELECT value FROM entries WHERE key = ? AND since >= ?", (blob, self._oldest())
            ).fetchone()
            connection.execute("DELETE FROM entries WHERE key = ?", (blob,))
            return None if row is None else row[0]

        value = self._run(lambda connection: self._in_transaction(connection, lambda: take(connection)), None)
        if value is None:
            raise KeyError(key)
        return _text(value)

    def keys(self) -> list[str]:
        def read(connection: sqlite3.Connection) -> list[str]:
            rows = connection.execute(
                "SELECT key FROM entries WHERE since >= ? ORDER BY position", (self._oldest(),)
            )
            return [_text(key) for (key,) in rows]

        return self._run(read, [])

    def clear(self, pattern: str | None = None) -> None:
        expression = None if pattern is None else re.compile(pattern)

        def delete(connection: sqlite3.Connection) -> None:
            if expression is None:
                connection.execute("DELETE FROM entries")
                return
            rows = connection.execute("SELECT key FROM entries").fetchall()
            gone = [row for row in rows if expression.search(_text(row[0]))]
            connection.executemany("DELETE FROM entries WHERE key = ?", gone)

        self._run(lambda connection: self._in_transaction(connection, lambda: delete(connection)), None)

    def update_many(self, changes: Mapping[str, Change]) -> None:
        """Replace values by what is made of them, in one transaction.

        What a change is made to keeps its age: part of the new value is as old as before.
        """
        present = self.get_many(changes) if changes else {}
        # Most of what a query brings is known already, and writers wait for each other.
        changes = {
            key: change
            for key, change in changes.items()
            if key not in present or change(present[key]) != present[key]
        }
        if not changes:
            return
        blobs = {_blob("key", key): change for key, change in changes.items()}

        def update(connection: sqlite3.Connection) -> None:
            for blob, change in blobs.items():
                row = connection.execute(
                    "SELECT value, since FROM entries WHERE key = ? AND since >= ?", (blob, self._oldest())
                ).fetchone()
                old = None if row is None else _text(row[0])
                new = change(old)
                if new is None:
                    connection.execute("DELETE FROM entries WHERE key = ?", (blob,))
                elif new != old:
                    self._put(connection, blob, _blob("value", new), None if row is None else row[1])

        self._run(lambda connection: self._in_transaction(connection, lambda: update(connection)), None)

    def close(self) -> None:
        with self._lock:
            if self._closing is not None and self._process == os.getpid():
                self._closing()
            self._connection = self._closing = None

    # -- rows --------------------------------------------------------------------------------------

    def _oldest(self) -> float:
        return float("-inf") if self.max_age is None else time.time() - self.max_age

    def _put(
        self, connection: sqlite3.Connection, key: bytes, value: bytes, since: float | None = None
    ) -> None:
        connection.execute("DELETE FROM entries WHERE key = ?", (key,))
        if self.max_bytes is not None and len(key) + len(value) > self.max_bytes:
            return
        now = time.time()
        # A clock that was set back must not make entries that never grow old.
        moment = now if since is None else min(since, now)
        connection.execute("INSERT INTO entries (key, value, since) VALUES (?, ?, ?)", (key, value, moment))
        self._shrink(connection)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        if self.max_entries is None and self.max_bytes is None:
            return
        entries, size = connection.execute("SELECT entries, bytes FROM totals").fetchone()
        while (self.max_entries is not None and entries > self.max_entries) or (
            self.max_bytes is not None and size > self.max_bytes
        ):
            connection.execute("DELETE FROM entries WHERE position = (SELECT min(position) FROM entries)")
            entries, size = connection.execute("SELECT entries, bytes FROM totals").fetchone()

    @staticmethod
    def _in_transaction(connection: sqlite3.Connection, work: Callable[[], T]) -> T:
        # Begun as a writer: a reader that turns writer can't wait for others, it fails.
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return result

    # -- the file ----------------------------------------------------------------------------------

    def _run(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something with the database; once more with a fresh one when the file turns out damaged."""
        with self._lock:
            try:
                try:
                    return work(self._open())
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error):
                        raise
                    self._recover(error)
                    return work(self._open())
            except (sqlite3.Error, OSError) as error:
                _logger.warning("The cache %s can't be used: %s", self.path, error)
                return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        if self._connection is not None:
            # A child process must neither use nor close what its parent opened; it is left alone.
            _inherited.append(self._connection)
            if self._closing is not None:
                self._closing.detach()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            os.fspath(self.path), timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise sqlite3.OperationalError(
                    f"it was written by another version of this library ({version})"
                )
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA journal_size_limit = 8388608")
            if version == 0:
                connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")
        except BaseException:
            connection.close()
            raise
        self._process = os.getpid()
        self._connection = connection
        self._closing = weakref.finalize(self, connection.close)
        return connection

    def _recover(self, error: sqlite3.DatabaseError) -> None:
        """Set the file aside, unless another process has done so already."""
        self.close()
        try:
            connection = self._open()
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return
        except sqlite3.DatabaseError as still:
            if not _is_damage(still):
                raise
        self.close()
        aside = self.path.with_name(f"{self.path.name}.{uuid.uuid4().hex[:8]}.corrupt")
        self.path.replace(aside)
        for extension in ("-wal", "-shm"):
            self.path.with_name(self.path.name + extension).unlink(missing_ok=True)
        _logger.warning("The cache %s is damaged (%s); it was set aside as %s.", self.path, error, aside.name)


_inherited: list[sqlite3.Connection] = []


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL mode, which SQLite does not always wait for when several processes begin at once."""
    for last in (False, False, False, True):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if last or "locked" not in str(error):
                raise
            connection.execute("BEGIN IMMEDIATE")  # this one waits
            connection.execute("ROLLBACK")


def _padded(keys: list[bytes]) -> list[bytes]:
    """The same keys, with the last one repeated until there are as many as a power of two.

    The connection keeps its latest statements prepared. One for each number of keys would be 9 MB of them.
    """
    return keys + keys[-1:] * ((1 << (len(keys) - 1).bit_length()) - len(keys))


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether this says that the file is no sound database, rather than busy, full or forbidden."""
    text = str(error)
    if isinstance(error, sqlite3.OperationalError):
        return text.startswith(("no such table", "no such column", "disk I/O error: corrupt"))
    return type(error) is sqlite3.DatabaseError


def _blob(what: str, text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError(
            f"A FileCache takes texts; this {what} is of type {type(text).__name__}. Put a SerialisedCache in "
            "front of it, or give it to a session, which encodes its entities."
        )
    return text.encode("utf-8", "surrogatepass")


def _text(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")
