"""From recorded operations to the batch a commit sends. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity.collections import Collection
from ftrack_typed.errors import OperationError, UnencodableValueError
from ftrack_typed.identity.pairs import pair_of
from ftrack_typed.symbol import NOT_SET, Symbol
from ftrack_typed.unit_of_work.operations import Identity, Operation, identity_of
from ftrack_typed.wire import payloads
from ftrack_typed.wire.encoding import PLAIN, PlainOperations, PlainValues, dumps

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

_CHANGING = frozenset({Collection, Symbol, list})
"""Types of values that are not sent as they were recorded: collections as they are now, what is not set not at all; and
of those that may hold new entities."""

_OWNER_KEYS = ("entity_id", "parent_id")
"""Key attributes by which rows of custom attributes and metadata name their owner."""


@dataclass(slots=True)
class Entry:
    """One operation of the batch, with the recorded operations it stands for."""

    action: str
    entity_type: str
    key: dict[str, Any]
    entity: Entity | None
    data: dict[str, Any]
    _identity: Identity | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def identity(self) -> Identity:
        """Type and key, to tell whether two operations concern the same entity."""
        if self._identity is None:  # many batches do without
            self._identity = identity_of(self.entity_type, self.key, self.entity)
        return self._identity

    def payload(self, values: PlainValues) -> payloads.Operation:
        """The operation on the wire, of plain data.

        Raises:
            UnencodableValueError: for a value that can't be sent.
        """
        key = list(map(str, self.key.values()))
        if self.action == "delete":
            return payloads.delete(self.entity_type, key)
        data = self.data.copy()
        for name, value in self.key.items():
            data.setdefault(name, value)
        known = values.known
        for name, value in data.items():
            if type(value) not in PLAIN:
                data[name] = known.get(id(value)) or values.of(value)
        data["__entity_type__"] = self.entity_type
        operation: payloads.Operation = {
            "action": self.action,
            "entity_type": self.entity_type,
            "entity_key": key,
            "entity_data": data,
        }
        if not key and self.action == "create":
            del operation["entity_key"]  # the server chooses it
        return operation


def wire_operations(entries: Sequence[Entry], reference: Callable[[Any], Any]) -> PlainOperations:
    """Return what a batch is sent as.

    Args:
        entries: The batch.
        reference: Turns entities among the values into data.

    Raises:
        UnencodableValueError: for a value that can't be sent; it names the operation.
    """
    values = PlainValues(reference)
    try:
        return PlainOperations([entry.payload(values) for entry in entries])
    except UnencodableValueError:
        # Raises it with its place.
        dumps([{"entity_data": {**entry.key, **entry.data}} for entry in entries], reference)
        raise


def build_batch(operations: Sequence[Operation]) -> list[Entry]:
    """Reduce recorded operations to the smallest batch with the same outcome.

    An entity that was created and then deleted leaves no trace, nor does an update of what is deleted before; of
    several updates of one attribute, or of a relation and its foreign key, the last is sent; an update right behind
    the create or update of the same entity becomes part of it, and so does any update of an entity whose key the
    server chooses. Collections are taken as they are now, and go behind the new entities they hold. The order is
    otherwise kept.

    Raises:
        OperationError: for an operation of an unknown kind.
    """
    entries = [
        Entry(each.action, each.entity_type, each.entity_key, each.entity, each.values())
        for each in operations
    ]
    unknown = next((each for each in operations if not each.action), None)
    if unknown is not None:
        raise OperationError(f"{unknown!r} can't be committed: the server has no action for it.")
    concerned = {id(entry.entity) for entry in entries}
    alone = len(concerned) == len(entries) and id(None) not in concerned
    if not alone:
        if any(entry.action == "delete" for entry in entries):
            entries = _without_short_lived(entries)
        _keep_last_updates(entries)
    changing = [entry for entry in entries if not _CHANGING.isdisjoint(map(type, entry.data.values()))]
    for entry in changing:
        entry.data = {
            name: list(value) if type(value) is Collection else value  # as it is now
            for name, value in entry.data.items()
            if value is not NOT_SET
        }
    if alone and not changing:
        return entries
    entries = _holding_what_is([entry for entry in entries if entry.action != "update" or entry.data])
    return entries if alone else _merged(entries)


def _without_short_lived(entries: list[Entry]) -> list[Entry]:
    """Drop everything from a create up to the delete of the same entity, and updates behind a delete.

    A delete followed by a create is something else: a row with a key chosen by people is replaced.
    """
    alive: dict[Identity, list[int]] = {}
    dropped: set[int] = set()
    gone: set[Identity] = set()
    never: set[str] = set()
    """Keys of entities that will never be; neither will the rows they own."""
    for index, entry in enumerate(entries):
        if entry.action == "create":
            alive[entry.identity] = [index]
            gone.discard(entry.identity)
        elif entry.identity in gone:
            dropped.add(index)
        elif entry.identity in alive:
            alive[entry.identity].append(index)
            if entry.action == "delete":
                dropped.update(alive.pop(entry.identity))
                never.update(str(part) for part in entry.key.values() if len(entry.key) == 1)
        elif entry.action == "delete":
            gone.add(entry.identity)
    return [
        entry
        for index, entry in enumerate(entries)
        if index not in dropped and not any(str(entry.key.get(owner)) in never for owner in _OWNER_KEYS)
    ]


def _keep_last_updates(entries: list[Entry]) -> None:
    later: dict[Identity, set[str]] = {}
    for entry in reversed(entries):
        if entry.action == "update":
            seen = later.get(entry.identity)
            if seen is None:
                later[entry.identity] = set(entry.data)
                continue
            for name in list(entry.data):
                if name in seen or (seen and _other_half(entry, name) in seen):
                    del entry.data[name]
            seen.update(entry.data)
        else:
            later.pop(entry.identity, None)


def _holding_what_is(entries: list[Entry]) -> list[Entry]:
    """Put collections behind the new entities they hold.

    A collection is recorded when it first changes, and may be given entities that are made later.
    """
    made = {id(entry.entity): index for index, entry in enumerate(entries) if entry.action == "create"}
    late: dict[int, list[Entry]] = {}
    """Updates by the place of the create they have to wait for."""
    for index, entry in enumerate(entries if made else ()):
        if entry.action != "update":
            continue
        held = [value for value in entry.data.values() if isinstance(value, list)]
        if held:
            last = max((made.get(id(item), -1) for value in held for item in value), default=-1)
            if last > index:
                late.setdefault(last, []).append(entry)
    if not late:
        return entries
    waiting = {id(entry) for held_back in late.values() for entry in held_back}
    return [
        each
        for index, entry in enumerate(entries)
        for each in (*(() if id(entry) in waiting else (entry,)), *late.get(index, ()))
    ]


def _other_half(entry: Entry, wire: str) -> str:
    """The wire name of what says the same as an attribute: ``status_id`` for ``status``, and the other way round."""
    return "" if entry.entity is None else _paired(type(entry.entity), wire)


@lru_cache(maxsize=4096)
def _paired(cls: type[Entity], wire: str) -> str:
    found = cls.__attributes__.get(cls.__entity__.python_names.get(wire, wire))
    pair = None if found is None else pair_of(cls, found)
    if found is None or pair is None:
        return ""
    other = pair.foreign_key if found.name == pair.relation else pair.relation
    return cls.__attributes__[other].wire


def _merged(entries: list[Entry]) -> list[Entry]:
    merged: list[Entry] = []
    keyless: dict[Identity, Entry] = {}
    joined: set[int] = set()
    """Ids of entries whose data is their own by now, and no more that of an operation."""
    last: Entry | None = None
    for entry in entries:
        before = last if entry.key else keyless.get(entry.identity, last)
        if entry.action == "update" and before is not None and _is_joined_by(before, entry):
            if id(before) not in joined:
                joined.add(id(before))
                before.data = before.data.copy()
            for name in entry.data:
                before.data.pop(_other_half(entry, name), None)
            before.data.update(entry.data)
        else:
            merged.append(entry)
            last = entry
            if not entry.key:
                keyless[entry.identity] = entry
    return merged


def _is_joined_by(before: Entry, update: Entry) -> bool:
    return before.action in ("create", "update") and before.identity == update.identity
