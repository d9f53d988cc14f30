"""The unit of work of one session: creates, assigns, deletes, commits and takes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.base import _set_arrival
from ftrack_typed.entity.checking import checked_entity
from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.entity.departed import DEPARTED
from ftrack_typed.entity.mapped import CustomAttributeCollection
from ftrack_typed.entity.owner import Arrival, EntityOwner
from ftrack_typed.entity.validation import validate_assignment
from ftrack_typed.errors import (
    ImmutableAttributeError,
    InvalidStateError,
    NotUniqueError,
)
from ftrack_typed.identity.hydration import Hydrator
from ftrack_typed.identity.map import IdentityMap, Known
from ftrack_typed.symbol import CREATED, DELETED, MODIFIED, NOT_SET, Symbol
from ftrack_typed.unit_of_work.changes import ChangeTracker
from ftrack_typed.unit_of_work.creation import Creator
from ftrack_typed.unit_of_work.forking import watch
from ftrack_typed.unit_of_work.key_values import KeyValues
from ftrack_typed.unit_of_work.operations import (
    CreateEntityOperation,
    DeleteEntityOperation,
    Operation,
    Operations,
    UpdateEntityOperation,
)
from ftrack_typed.unit_of_work.pairing import drop_pair, write_pair
from ftrack_typed.unit_of_work.pending import Pending, PendingWork
from ftrack_typed.unit_of_work.plans import Written, written

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes import Configurations
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.presentation import Progress
    from ftrack_typed.unit_of_work.batch import Entry
    from ftrack_typed.unit_of_work.chunks import CommitReport
    from ftrack_typed.unit_of_work.committing import Send
    from ftrack_typed.unit_of_work.key_values import Prepared

E = TypeVar("E", bound=Entity)


class UnitOfWork:
    """Everything done in a session since the last commit.

    Each thread records, commits and takes back for itself (see docs/threads.md).
    """

    def __init__(
        self,
        session: EntityOwner,
        registry: EntityRegistry,
        identities: IdentityMap,
        changes: ChangeTracker,
        configurations: Configurations,
    ) -> None:
        self.pending: PendingWork = PendingWork()
        self._session = session
        self._arrival = Arrival(session)
        self.registry: EntityRegistry = registry
        self._identities = identities
        self._changes = changes
        self.creations: dict[int, Entity] = {}  # what commits of any thread will create, by id
        self.deletions: dict[int, Entity] = {}  # what commits of any thread will delete, by id
        self._lock = changes.lock
        self.creator: Creator = Creator(session, registry, identities)
        self.key_values: KeyValues = KeyValues(self, registry, identities, configurations)
        self._written: dict[tuple[type[Entity], str], Written] = {}
        watch(self)
        self.committed: Callable[[list[Entry]], None] = lambda batch: None
        """Told each batch the server took."""

    # -- recording ---------------------------------------------------------------------------------

    @property
    def operations(self) -> Operations:
        """What this thread has recorded."""
        return self.pending.mine.operations

    @property
    def recording(self) -> bool:
        """Whether changes made by this thread are recorded for the next commit."""
        return self.pending.mine.recording

    @recording.setter
    def recording(self, value: bool) -> None:
        self.pending.mine.recording = bool(value)

    @property
    def changes(self) -> ChangeTracker:
        """The committed values beneath what was changed."""
        return self._changes

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while changes are made; never during a request."""
        return self._lock

    def _record(self, operation: Operation) -> None:
        if self.recording:
            self.operations.push(operation)

    def state(self, entity: Entity) -> Symbol:
        """CREATED, MODIFIED, DELETED, or NOT_SET when the entity is as the server has it."""
        deleted, created = id(entity) in self.deletions, id(entity) in self.creations
        if not (deleted or created or self._changes.is_modified(entity)):
            return NOT_SET  # type: ignore[no-any-return]
        if not any(each.concerns(entity) for each in self.pending.all()):
            return NOT_SET  # type: ignore[no-any-return]
        return DELETED if deleted else CREATED if created else MODIFIED

    def is_created(self, entity: Entity) -> bool:
        """Whether the entity exists only here so far."""
        return id(entity) in self.creations

    @property
    def created(self) -> list[Entity]:
        """Entities the next commit of this thread creates."""
        mine = self.pending.mine.touches()
        return [
            entity
            for entity in self.creations.values()
            if id(entity) not in self.deletions and id(entity) in mine
        ]

    @property
    def modified(self) -> list[Entity]:
        """Entities the next commit of this thread updates."""
        mine = self.pending.mine.touches()
        return [
            entity
            for entity in self._changes
            if id(entity) in mine and id(entity) not in self.creations and id(entity) not in self.deletions
        ]

    @property
    def deleted(self) -> list[Entity]:
        """Entities the next commit of this thread deletes."""
        mine = self.pending.mine.touches()
        return [entity for entity in self.deletions.values() if id(entity) in mine]

    # -- creating ----------------------------------------------------------------------------------

    def create(self, cls: type[E], values: Mapping[str, Any], by_wire: bool = False) -> E:
        """Make an entity that the next commit creates.

        Args:
            cls: The entity class.
            values: First values.
            by_wire: Whether their names are those of the wire, not Python's.

        Raises:
            UnknownAttributeError, ComputedAttributeError, ValueTypeError: for a wrong value; nothing is
                recorded then.
            NotUniqueError: when the session already holds an entity with this key.
            OperationError: when the key is incomplete.
        """
        entity: Any
        (entity, key, data), plan = self.creator.make(cls, values, by_wire)
        prepared = self._prepared(entity, plan.later) if plan.later else {}
        pending = self.pending.mine
        with self._lock:
            self._attach(entity, key, plan.known, pending)
            if pending.recording:
                self.creations[id(entity)] = entity
                pending.operations.push(CreateEntityOperation(cls.__entity__.name, key, data, entity=entity))
            if plan.later:
                self._give_later(entity, key, plan.later, prepared)
        return entity  # type: ignore[no-any-return]

    def _attach(self, entity: Entity, key: Mapping[str, Any], known: Known, pending: Pending) -> None:
        info = type(entity).__entity__
        if len(key) == len(info.primary_key):
            (part,) = key.values() if len(key) == 1 else (tuple(key.values()),)
            held = known.get(part)
            other = None if held is None else held()
            if other is not None:
                if id(other) not in self.deletions:
                    raise NotUniqueError(
                        f"{other!r} already exists in this session; a {info.name} needs a key of its own."
                    )
                pending.replaced.append((self.registry.root(info.name), part, other))
            known[part] = ref(entity)
        _set_arrival(entity, self._arrival)

    def _prepared(self, entity: Entity, later: Iterable[Attribute]) -> dict[str, Prepared]:
        """Custom attributes of a new entity, checked, by Python name of the mapping."""
        loaded = vars(entity)
        return {
            found.name: self.key_values.prepare(entity, found, value.offered)
            for found in later
            if isinstance(value := loaded[found.name], CustomAttributeCollection)
        }

    def _give_later(
        self,
        entity: Entity,
        key: Mapping[str, Any],
        later: Iterable[Attribute],
        prepared: Mapping[str, Prepared],
    ) -> None:
        """Record what a new entity is given by operations of its own."""
        for found in later:
            value = vars(entity)[found.name]
            if found.kind == "collection":
                self._record(
                    UpdateEntityOperation(entity.entity_type, key, found.wire, NOT_SET, value, entity=entity)
                )
            elif found.name in prepared:
                value.offered = {}
                self.key_values.give(value, prepared[found.name])
            else:
                offered, value.offered = value.offered, {}
                for row_key, row_value in offered.items():
                    self.set_key_value(value, row_key, row_value)

    def own(self, value: Any) -> Any:
        """This session's object for an entity of another one, anything else as it is."""
        return self.creator.own(value)

    # -- changing ----------------------------------------------------------------------------------

    def assign(self, entity: Entity, attribute: Attribute, value: Any) -> None:
        """Give an attribute a new value, recorded for the next commit.

        Raises:
            ComputedAttributeError, ImmutableAttributeError: when it can't be changed.
            ValueTypeError: when the value does not fit.
        """
        pending = self.pending.mine
        recorded = pending.recording
        if attribute.computed or attribute.immutable:
            from ftrack_typed.unit_of_work.requirements import check_assignable

            check_assignable(entity, attribute, value, created=self.is_created(entity), recorded=recorded)
        cls, name, kind = type(entity), attribute.name, attribute.kind
        concerned = self._written.get((cls, attribute.wire)) or self.written(cls, attribute.wire)
        stored: Any = value
        if type(value) is not concerned.fitting:
            stored = validate_assignment(cls, attribute, self.creator.own(value), entity)
        if kind == "mapped":
            self.key_values.assign(entity, attribute, stored.offered)
            return
        with self._lock:
            loaded = vars(entity)
            old = loaded.get(name, NOT_SET)
            if kind == "reference":
                write_pair(self._changes, entity, attribute, stored, recorded=recorded)
            elif kind == "scalar" and len(concerned.names) > 1:
                drop_pair(self._changes, entity, attribute, recorded=recorded)
            self._changes.remember(entity, name, recorded=recorded)
            if type(old) is Collection and isinstance(stored, Collection):
                old._take(stored)  # people hold on to the collection they read
                stored = old
            loaded[name] = stored
            if recorded:
                info, key = cls.__entity__, entity.primary_key
                operation = UpdateEntityOperation(info.name, key, attribute.wire, old, stored, entity=entity)
                pending.operations.push(operation)

    def revert(self, entity: Entity, attribute: Attribute) -> None:
        """Take back the change of one attribute, and of what says the same; a created entity keeps its values."""
        with self._lock:
            if not self._changes.is_changed(entity, attribute.name):
                return
            names = frozenset(self.written(type(entity), attribute.wire).names)
            for name in names:
                self._changes.restore(entity, name)
            self.pending.mine.collected.discard((id(entity), attribute.name))
            identity = (entity.entity_type, tuple(str(part) for part in entity.primary_key.values()))
            self.operations.remove(
                [
                    operation
                    for operation in self.operations
                    if isinstance(operation, UpdateEntityOperation)
                    and operation.identity() == identity
                    and not names.isdisjoint(self.written(type(entity), operation.attribute_name).names)
                ]
            )

    def collection_changes(self, collection: Collection[Any]) -> None:
        """A collection is about to change: record it once, however often it changes until the commit."""
        entity, attribute = collection.entity, collection._attribute
        if attribute.immutable and id(entity) not in self.creations:
            raise ImmutableAttributeError(entity.entity_type, attribute.wire)
        with self._lock:
            collected = self.pending.mine.collected
            if (id(entity), attribute.name) in collected or not self.recording:
                return
            collected.add((id(entity), attribute.name))
            old = list(collection)
            self._changes.remember(entity, attribute.name)
            self._record(
                UpdateEntityOperation(
                    entity.entity_type, entity.primary_key, attribute.wire, old, collection, entity=entity
                )
            )

    # -- key/value rows ----------------------------------------------------------------------------

    def set_key_value(self, rows: KeyValueCollection[Any], key: str, value: Any) -> None:
        """Set a key of metadata or custom attributes (see :meth:`KeyValues.set`)."""
        self.key_values.set(rows, key, value)

    def delete_key_value(self, rows: KeyValueCollection[Any], key: str) -> None:
        """Remove a key of metadata (see :meth:`KeyValues.delete`)."""
        self.key_values.delete(rows, key)

    def remember_rows(self, rows: KeyValueCollection[Any]) -> None:
        """Keep the rows of a mapping as they are, for a rollback."""
        owner, name = rows.entity, rows._attribute.name
        if self.recording and not self.is_created(owner):
            self._changes.remember(owner, name)
            self.pending.mine.mapped[id(owner), name] = owner

    # -- deleting ----------------------------------------------------------------------------------

    def delete(self, entity: Entity) -> None:
        """Have the next commit delete an entity.

        Raises:
            InvalidStateError: when it is not of this session.
        """
        if checked_entity(entity, "delete").session is not self._session:
            raise InvalidStateError(f"{entity!r} does not belong to this session, or not any more.")
        if not self.recording:
            return
        with self._lock:
            if id(entity) in self.deletions:
                return
            self._record(DeleteEntityOperation(entity.entity_type, entity.primary_key, entity=entity))
            self.deletions[id(entity)] = entity

    # -- commit and rollback -----------------------------------------------------------------------

    def commit(
        self, send: Send, hydrator: Hydrator, chunk: int | None = None, progress: Progress | None = None
    ) -> CommitReport:
        """Send what this thread recorded, as one batch that the server takes as a whole or not at all.

        When it fails, everything stays recorded: commit again, or roll back. With `chunk`, there are several
        batches of about that many operations; what the server did not take stays recorded.

        Raises:
            MissingAttributesError: when a new entity lacks what the server insists on; nothing is sent then.
            CommitStoppedError: when one of several batches failed.
        """
        from ftrack_typed.unit_of_work.committing import Commit  # sessions that only read do without

        return Commit(self, send, hydrator).run(chunk, progress)

    def forget(self, entity: Entity) -> None:
        """Let go of an entity the server no longer has, unless another one took its key."""
        self.deletions.pop(id(entity), None)
        self.creations.pop(id(entity), None)
        self._changes.settle_entity(entity)
        parts = tuple(entity.primary_key.values())
        key = parts[0] if len(parts) == 1 else parts
        root = self.registry.root(entity.entity_type)
        if self._identities.find(root, key) is entity:
            self._identities.discard(root, key)
        entity._arrival = DEPARTED

    def rollback(self) -> None:
        """Take back everything this thread did since its last commit; entities made since then are let go."""
        with self._lock:
            self._changes.restore_mine()
            self._clear(self.pending.mine)

    def in_forked_process(self) -> None:
        """Start without the pending work of the parent, and with locks that nobody holds."""
        for pending in self.pending.all():
            pending.committing = threading.RLock()
        self.discard()

    def discard(self) -> None:
        """Take back what all threads did since their last commits.

        Waits for the commits of other threads that are on their way.
        """
        with ExitStack() as commits:
            for pending in self.pending.all():
                commits.enter_context(pending.committing)
            with self._lock:
                self._changes.restore_all()
                for pending in self.pending.all():
                    self._clear(pending)

    def _clear(self, pending: Pending) -> None:
        mine = pending.touches()
        pending.cleared += 1
        pending.operations.clear()
        pending.collected.clear()
        pending.mapped.clear()
        self.let_go(pending, mine, mine, pending.replaced)
        pending.replaced.clear()

    def let_go(
        self, pending: Pending, made: set[int], deleted: set[int], replaced: list[tuple[str, Any, Entity]]
    ) -> None:
        """Let go of new entities and of deletions, by id, and give keys back to whom they were taken from."""
        self.key_values.rollback(pending)
        for identifier in deleted.intersection(self.deletions):
            del self.deletions[identifier]
        for identifier in made.intersection(self.creations):
            self.forget(self.creations[identifier])  # it keeps its values, but belongs to no session
        for root, key, entity in replaced:
            if self._identities.find(root, key) is None:
                self._identities.keep(root, key, entity)

    # -- attributes --------------------------------------------------------------------------------

    def written(self, cls: type[Entity], wire: str) -> Written:
        """What an update of the attribute `wire` concerns."""
        found = self._written.get((cls, wire))
        if found is None:
            found = self._written[cls, wire] = written(cls, self.creator.attribute(cls, wire))
        return found
