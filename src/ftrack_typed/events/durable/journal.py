"""Events on disk, from their arrival until every handler has had them."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftrack_typed.errors import JournalError, JournalFullError
from ftrack_typed.events.durable.database import close_own, open_journal, own

_logger = logging.getLogger("ftrack_typed.events")

_WAITING, _DONE, _SET_ASIDE = 0, 1, 2
_COLUMNS = "number, id, topic, key, body, received, attempts, due, errors"
_TRIM_EVERY = 256
_ERRORS_KEPT = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the journal."""

    number: int
    """Its place: later ones have higher numbers."""
    event_id: str
    topic: str
    key: str | None
    """Events with the same key are handled one after the other; those without one in any order."""
    content: Mapping[str, Any]
    """The event as it came over the wire."""
    received: float
    """When it was stored, in seconds since 1970."""
    attempts: int
    """How often handling it has failed."""
    due: float | None
    """When it may be tried again, in seconds since 1970; None for at once."""
    errors: tuple[str, ...]
    """What went wrong, the latest ten, the latest last."""


@dataclass(frozen=True, slots=True)
class JournalCounts:
    """How many events a journal holds."""

    waiting: int
    """Stored and not yet handled by everybody."""
    set_aside: int
    """Given up after too many failures, until someone decides."""
    oldest_waiting: float | None
    """When the oldest waiting event was stored, in seconds since 1970."""


class Journal:
    """Keeps events in an SQLite file until they are handled; one process at a time works through it.

    What was stored survives the process being killed. Should the machine lose power, the last events before may
    be missing; a listener that starts again reports a gap in either case. A damaged file is set aside with the
    extension ``.corrupt``, and a new one begun. The file needs a local disk rather than a network share.

    Args:
        path: The file; made with its directories when needed, readable by its owner only.
        max_waiting: How many events may wait at most; further ones are refused.
        remembered: Of how many events that are done the ids are kept, so that none is handled twice when it is
            delivered twice.
        max_set_aside: How many events that failed too often are kept; the oldest goes first, which is logged.
        patience: How long to wait, in seconds, while another program has the file locked.

    Raises:
        JournalBusyError: when another process, or another journal of this one, works on the file.
        JournalError: when the file can't be used.
    """

    path: Path
    """The file."""
    was_damaged: bool
    """Whether a damaged file was found and set aside: nobody knows what waited in it."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_waiting: int = 100_000,
        remembered: int = 100_000,
        max_set_aside: int = 10_000,
        patience: float = 2.0,
    ) -> None:
        for name, bound in (
            ("max_waiting", max_waiting),
            ("remembered", remembered),
            ("max_set_aside", max_set_aside),
        ):
            if bound < 1:
                raise ValueError(f"{name} counts from 1, not {bound}.")
        self.path = Path(path).expanduser().absolute()
        self.max_waiting = max_waiting
        self.remembered = remembered
        self.max_set_aside = max_set_aside
        self._lock = threading.RLock()
        self._done_since_trim = 0
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = None
        with self._reported("opened"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            owner = own(self.path)
            try:
                self._connection, self.was_damaged = open_journal(self.path, patience)
                self._place = _place(self.path)
                self._waiting = self._count(_WAITING)
            except BaseException:
                owner.close()
                raise
        self._closing = weakref.finalize(self, close_own, self._process, self._connection, owner)

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r})"

    @property
    def in_place(self) -> bool:
        """Whether the file is where it was; one that was deleted or replaced goes with the process."""
        return _place(self.path) == self._place

    # -- storing -----------------------------------------------------------------------------------

    def store(self, content: Mapping[str, Any], key: str | None = None) -> Entry | None:
        """Store an event; None when one with its id has been stored before.

        Args:
            content: The event in wire form: an ``id`` and a ``topic`` as text, and JSON throughout.
            key: What orders it, if anything.

        Raises:
            JournalFullError: when too many wait already.
            JournalError: when it can't be stored.
        """
        event_id, topic = str(content["id"]), str(content.get("topic") or "")
        received = time.time()
        with self._reported("written"):
            try:
                body = json.dumps(content)
            except (TypeError, ValueError, RecursionError) as error:
                raise JournalError(
                    f"The event {event_id} of topic {topic!r} can't be stored: {error}."
                ) from error
            with self._writing() as connection:
                if connection.execute("SELECT 1 FROM events WHERE id = ?", (event_id,)).fetchone():
                    return None
                if self._waiting >= self.max_waiting:
                    raise JournalFullError(
                        f"{self._waiting} events wait in {self.path}, the most it takes. "
                        "See why handling them takes so long, or raise max_waiting.",
                    )
                number = connection.execute(
                    "INSERT INTO events (id, topic, key, body, received) VALUES (?, ?, ?, ?, ?)",
                    (event_id, topic, key, body, received),
                ).lastrowid
            self._waiting += 1
        assert number is not None
        return Entry(number, event_id, topic, key, dict(content), received, 0, None, ())

    # -- handling ----------------------------------------------------------------------------------

    def waiting(self) -> Iterator[tuple[int, str | None, float | None]]:
        """Number, key and due time of every waiting event, the oldest first."""
        with self._reported("read"):
            rows: list[tuple[int, str | None, float | None]] = (
                self._use()
                .execute("SELECT number, key, due FROM events WHERE state = ? ORDER BY number", (_WAITING,))
                .fetchall()
            )
        return iter(rows)

    def begin(self, number: int) -> Entry | None:
        """Note that an attempt to handle an event begins, and return it; None when it is not waiting any more."""
        with self._reported("written"), self._writing() as connection:
            connection.execute("UPDATE events SET begun = 1 WHERE number = ?", (number,))
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM events WHERE number = ? AND state = ?", (number, _WAITING)
            ).fetchone()
        return None if row is None else _entry(row)

    def cut_off(self) -> list[Entry]:
        """Waiting events with an attempt that began and never ended: the process has died in it."""
        with self._reported("read"):
            rows = self._use().execute(
                f"SELECT {_COLUMNS} FROM events WHERE state = ? AND begun ORDER BY number", (_WAITING,)
            )
            return [_entry(row) for row in rows]

    def entry(self, number: int) -> Entry:
        """The event with a number.

        Raises:
            JournalError: when there is none, or its content is not kept any more.
        """
        with self._reported("read"):
            row = (
                self._use()
                .execute(f"SELECT {_COLUMNS} FROM events WHERE number = ? AND body IS NOT NULL", (number,))
                .fetchone()
            )
        if row is None:
            raise JournalError(f"There is no event {number} in {self.path}.")
        return _entry(row)

    def handled_by(self, number: int) -> frozenset[str]:
        """The handlers that have had an event."""
        with self._reported("read"):
            rows = self._use().execute("SELECT handler FROM handled WHERE number = ?", (number,))
            return frozenset(handler for (handler,) in rows)

    def acknowledge(self, number: int, handler: str) -> None:
        """Note that a handler has had an event, unless all have; it will not get it again."""
        with self._reported("written"), self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO handled SELECT number, ? FROM events WHERE number = ? AND state != ?",
                (handler, number, _DONE),
            )

    def finish(self, number: int) -> None:
        """Note that every handler has had an event. Its id is remembered, its content is not."""
        with self._reported("written"), self._writing() as connection:
            self._leave_waiting(connection, number, _DONE, "body = NULL")
            connection.execute("DELETE FROM handled WHERE number = ?", (number,))
            self._done_since_trim += 1
            if self._done_since_trim >= min(_TRIM_EVERY, self.remembered):
                self._trim(connection)

    def fail(self, number: int, errors: Sequence[str], due: float) -> int:
        """Note that an attempt failed and when the next may begin; return how many have failed."""
        with self._reported("written"), self._writing() as connection:
            self._note_errors(connection, number, errors)
            connection.execute(
                "UPDATE events SET attempts = attempts + 1, begun = 0, due = ? WHERE number = ?",
                (due, number),
            )
            row = connection.execute("SELECT attempts FROM events WHERE number = ?", (number,)).fetchone()
            return int(row[0])

    def set_aside(self, number: int, errors: Sequence[str] = ()) -> None:
        """Give an event up for now: it is kept with its errors until `retry` or `discard`."""
        with self._reported("written"), self._writing() as connection:
            self._note_errors(connection, number, errors)
            self._leave_waiting(
                connection, number, _SET_ASIDE, "attempts = attempts + 1, begun = 0, due = NULL"
            )
            for (gone,) in connection.execute(
                "SELECT id FROM events WHERE state = ? ORDER BY number DESC LIMIT -1 OFFSET ?",
                (_SET_ASIDE, self.max_set_aside),
            ).fetchall():
                _logger.error("Event %s was set aside too long ago and is given up for good.", gone)
                self._drop(connection, gone)

    # -- what was set aside ------------------------------------------------------------------------

    def poisoned(self, limit: int | None = None) -> list[Entry]:
        """The events that failed too often, so many at most, the oldest first."""
        with self._reported("read"):
            rows = self._use().execute(
                f"SELECT {_COLUMNS} FROM events WHERE state = ? ORDER BY number LIMIT ?",
                (_SET_ASIDE, -1 if limit is None else limit),
            )
            return [_entry(row) for row in rows]

    def retry(self, event_id: str) -> Entry:
        """Have an event that was set aside handled again, by the handlers that have not had it.

        A listener that is running takes it up when it is started next.

        Raises:
            JournalError: when no event with this id was set aside.
        """
        with self._reported("written"), self._writing() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM events WHERE id = ? AND state = ?", (event_id, _SET_ASIDE)
            ).fetchone()
            if row is None:
                raise JournalError(f"No event {event_id!r} was set aside in {self.path}.")
            connection.execute(
                "UPDATE events SET state = ?, attempts = 0, due = NULL WHERE id = ?", (_WAITING, event_id)
            )
            self._waiting += 1
        return _entry(row)

    def discard(self, event_id: str) -> None:
        """Forget an event that was set aside; should it be delivered again, it is not handled.

        Raises:
            JournalError: when no event with this id was set aside.
        """
        with self._reported("written"), self._writing() as connection:
            if not self._drop(connection, event_id):
                raise JournalError(f"No event {event_id!r} was set aside in {self.path}.")

    # -- facts -------------------------------------------------------------------------------------

    @property
    def last_listening(self) -> float | None:
        """Until when nothing is missing here of which no gap marker tells, in seconds since 1970; None at first."""
        value = self._fact("last_listening")
        return None if value is None else float(value)

    def note_listening(self, moment: float) -> None:
        """Note that up to this moment, in seconds since 1970, all that came is here, or a gap marker for it."""
        with self._reported("written"), self._writing() as connection:
            connection.execute(_REMEMBER, ("last_listening", repr(moment)))

    def counts(self) -> JournalCounts:
        """How many events are here, as of now."""
        with self._reported("read"):
            oldest = (
                self._use()
                .execute("SELECT received FROM events WHERE state = ? ORDER BY number LIMIT 1", (_WAITING,))
                .fetchone()
            )
            return JournalCounts(self._waiting, self._count(_SET_ASIDE), oldest[0] if oldest else None)

    def close(self) -> None:
        """Close the file; may be called again. What waits is taken up by the next journal on it."""
        with self._lock:
            self._connection = None
            self._closing()

    # -- rows --------------------------------------------------------------------------------------

    def _fact(self, name: str) -> str | None:
        with self._reported("read"):
            row = self._use().execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _count(self, state: int) -> int:
        row = self._use().execute("SELECT count(*) FROM events WHERE state = ?", (state,)).fetchone()
        return int(row[0])

    def _leave_waiting(self, connection: sqlite3.Connection, number: int, state: int, also: str) -> None:
        left = connection.execute(
            f"UPDATE events SET state = ?, {also} WHERE number = ? AND state = ?", (state, number, _WAITING)
        )
        self._waiting -= left.rowcount

    @staticmethod
    def _drop(connection: sqlite3.Connection, event_id: str) -> bool:
        row = connection.execute(
            "SELECT number FROM events WHERE id = ? AND state = ?", (event_id, _SET_ASIDE)
        ).fetchone()
        if row is None:
            return False
        connection.execute("UPDATE events SET state = ?, body = NULL WHERE number = ?", (_DONE, *row))
        connection.execute("DELETE FROM handled WHERE number = ?", row)
        return True

    @staticmethod
    def _note_errors(connection: sqlite3.Connection, number: int, errors: Sequence[str]) -> None:
        row = connection.execute("SELECT errors FROM events WHERE number = ?", (number,)).fetchone()
        kept = [*(json.loads(row[0]) if row else ()), *errors][-_ERRORS_KEPT:]
        connection.execute("UPDATE events SET errors = ? WHERE number = ?", (json.dumps(kept), number))

    def _trim(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "DELETE FROM events WHERE number <= (SELECT number FROM events WHERE state = ? "
            "ORDER BY number DESC LIMIT 1 OFFSET ?) AND state = ?",
            (_DONE, self.remembered, _DONE),
        )
        self._done_since_trim = 0

    # -- the file ----------------------------------------------------------------------------------

    @contextmanager
    def _reported(self, what: str) -> Iterator[None]:
        """Hold the lock, and turn what goes wrong with the file into an error that names it."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError, UnicodeEncodeError) as error:  # the last one of half a character
                raise JournalError(f"The journal {self.path} can't be {what}: {error}.") from error

    def _use(self) -> sqlite3.Connection:
        if self._process != os.getpid():
            raise JournalError(f"The journal {self.path} is that of the process this one was forked from.")
        if self._connection is None:
            raise JournalError(f"The journal {self.path} is closed.")
        return self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._use()
        waiting = self._waiting
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            self._waiting = waiting
            if connection.in_transaction:  # a full disk ends it by itself
                connection.execute("ROLLBACK")
            raise


_REMEMBER = "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def _place(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _entry(row: Sequence[Any]) -> Entry:
    number, event_id, topic, key, body, received, attempts, due, errors = row
    return Entry(
        number, event_id, topic, key, json.loads(body), received, attempts, due, tuple(json.loads(errors))
    )


__all__ = ["Entry", "Journal", "JournalCounts"]
