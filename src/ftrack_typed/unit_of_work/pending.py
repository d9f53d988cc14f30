"""Pending work: what each thread has recorded and not committed yet."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_typed.errors import InvalidStateError
from ftrack_typed.unit_of_work.operations import Operation, Operations

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.unit_of_work.changes import ChangeTracker

_logger = logging.getLogger("ftrack_typed.session")


class Pending:
    """What one thread has recorded since its last commit."""

    __slots__ = (
        "_thread",
        "cleared",
        "collected",
        "commits",
        "committing",
        "depth",
        "expected",
        "made",
        "mapped",
        "name",
        "operations",
        "outdated",
        "recording",
        "replaced",
        "reported",
        "sending",
    )

    def __init__(self) -> None:
        thread = threading.current_thread()
        self._thread = weakref.ref(thread)
        self.name: str = thread.name
        self.operations: Operations = Operations()
        self.recording: bool = True
        """Whether what the thread does is recorded for the next commit."""
        self.sending: bool = False
        """Whether the thread is in the middle of a commit."""
        self.cleared: int = 0
        """How often everything was taken back."""
        self.commits: int = 0
        """How often the server took something of it."""
        self.depth: int = 0
        """How many ``unit_of_work`` blocks the thread is in."""
        self.committing: AbstractContextManager[bool] = threading.RLock()
        """Held during a commit, requests included."""
        self.replaced: list[tuple[str, Any, Entity]] = []
        """Deleted entities whose key another one took, with their place in the identity map."""
        self.collected: set[tuple[int, str]] = set()
        """Collections with a recorded operation that no commit has taken yet."""
        self.mapped: dict[tuple[int, str], Entity] = {}
        """Entities by id, with the key/value attribute whose rows have been made or deleted."""
        self.expected: list[Entity] = []
        """Rows the server will have once their owners are committed."""
        self.outdated: list[tuple[Entity, str]] = []
        """Collections, by Python name, that the server will have more in than is known here."""
        self.made: dict[tuple[str, ...], Entity] = {}
        """New rows that stand between two entities, by their type and what they hold."""
        self.reported: bool = False
        """Whether it was told that nobody can commit this any more."""

    @property
    def abandoned(self) -> bool:
        """Whether the thread is over, with work that it did not commit."""
        thread = self._thread()
        return bool(len(self.operations)) and (thread is None or not thread.is_alive())

    @property
    def is_needed(self) -> bool:
        """Whether the thread goes on, or left something behind."""
        thread = self._thread()
        return bool(len(self.operations)) or (thread is not None and thread.is_alive())

    def took(self, operations: Iterable[Operation], changes: ChangeTracker) -> None:
        """The server took these operations; collections they outdate are read again when they are next used."""
        self.commits += 1
        self.operations.remove(operations)
        for entity, name in self.outdated:
            if not changes.is_changed(entity, name):
                vars(entity).pop(name, None)
        if not self.operations:
            self.outdated.clear()
            self.made.clear()

    @contextmanager
    def send_once(self) -> Iterator[None]:
        """Refuse a commit in the middle of another one, as its ``progress`` might try.

        Raises:
            InvalidStateError: when there is one.
        """
        if self.sending:
            raise InvalidStateError(
                "This thread is in the middle of a commit; another one has to wait for its end."
            )
        self.sending = True
        try:
            yield
        finally:
            self.sending = False

    def require_uncleared(self, cleared: int) -> None:
        """Check that what a commit is about to send was not taken back since.

        Raises:
            InvalidStateError: when it was.
        """
        if self.cleared != cleared:
            raise InvalidStateError("What was to be committed was taken back in the middle of the commit.")

    def touches(self) -> set[int]:
        """Ids of the entities that are created, changed or deleted."""
        if not len(self.operations):
            return set()
        return self.operations.touched().union(identifier for identifier, _ in self.mapped)

    def concerns(self, entity: Entity) -> bool:
        """Whether an operation creates, changes or deletes an entity, or a row of its."""
        if not len(self.operations):
            return False
        identifier = id(entity)
        return identifier in self.operations.touched() or any(owner == identifier for owner, _ in self.mapped)


class PendingWork:
    """The pending work of a session's threads, each seen by the thread itself only."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._all: list[Pending] = []

    @property
    def mine(self) -> Pending:
        """That of the calling thread."""
        found: Pending | None = getattr(self._local, "pending", None)
        if found is None:
            found = self._local.pending = Pending()
            # What threads left behind without work is let go here, and so never piles up.
            self._all = [*(each for each in self._all if each.is_needed), found]
        return found

    def all(self) -> list[Pending]:
        """That of all threads, also of those that are over."""
        return list(self._all)

    def operations(self) -> Iterator[Operation]:
        """What all threads have recorded."""
        for pending in self.all():
            yield from pending.operations

    def __len__(self) -> int:
        """The number of operations all threads have recorded."""
        return sum(len(each.operations) for each in self._all)

    def report_abandoned(self) -> None:
        """Tell once of work that no thread can commit any more, rather than send it or lose it in silence."""
        for pending in self.all():
            if pending.abandoned and not pending.reported:
                pending.reported = True
                _logger.warning(
                    "Thread %r ended with %d operations not committed; a thread commits its own work only.",
                    pending.name,
                    len(pending.operations),
                )
