"""Local changes: the values beneath what was changed and not yet committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

_LEAVES = frozenset({str, int, float, bool, type(None)})
"""Types of values that don't change in place."""
_NONE: frozenset[str] = frozenset()
_NOBODY: Mapping[str, object] = MappingProxyType({})


class Changes:
    """The committed values beneath the changes of one entity; ``NOT_SET`` where none was loaded."""

    __slots__ = ("_others", "_owner", "entity", "originals", "unrecorded")

    def __init__(self, entity: Entity, owner: object) -> None:
        self.entity: Entity = entity  # keeps the entity, and so its id, alive as long as it has changes
        self.originals: dict[str, Any] = {}
        self._owner = owner
        self._others: Mapping[str, object] = _NOBODY
        self.unrecorded: frozenset[str] = _NONE
        """Names of changes made while recording was off: no commit sends them."""

    def owner(self, name: str) -> object:
        """Mark of the thread that changed an attribute."""
        return self._others.get(name, self._owner)

    def own(self, name: str, owner: object) -> None:
        """Note which thread changed an attribute; it is nearly always the same one for all of them."""
        if owner is not self._owner or self._others:
            self._others = {**self._others, name: owner}

    def forget(self, name: str) -> None:
        """Forget the change of an attribute."""
        del self.originals[name]
        if self.unrecorded:
            self.unrecorded -= {name}
        if self._others:
            self._others = {other: owner for other, owner in self._others.items() if other != name}


def kept(value: Any) -> Any:
    """What stays of a value while it is changed: collections change in place."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, Collection):
        return list(value)
    return value.row_by_key() if isinstance(value, KeyValueCollection) else value


class ChangeTracker:
    """Knows which attributes of which entities differ from the server.

    Entities themselves carry no bookkeeping: only those with changes cost anything.
    """

    __slots__ = ("_local", "entities", "lock")

    def __init__(self, lock: AbstractContextManager[Any] | None = None) -> None:
        self.lock: AbstractContextManager[Any] = threading.RLock() if lock is None else lock
        """Held while replies are merged or changes are made; never during a request."""
        self.entities: dict[int, Changes] = {}
        """Changes by ``id(entity)``; compiled shapes look here, so the dictionary is never replaced."""
        self._local = threading.local()

    def _mark(self) -> object:
        """What stands for this thread; numbers of threads are used again when they are over."""
        found: object = getattr(self._local, "mark", None)
        if found is None:
            found = self._local.mark = object()
        return found

    def remember(self, entity: Entity, name: str, *, recorded: bool = True) -> None:
        """Keep the value an attribute has now, unless it is changed already."""
        mark = getattr(self._local, "mark", None) or self._mark()
        changes = self.entities.get(id(entity))
        if changes is None:
            changes = self.entities[id(entity)] = Changes(entity, mark)
        if name not in changes.originals:
            value = vars(entity).get(name, NOT_SET)
            changes.originals[name] = value if type(value) is str else kept(value)
            changes.own(name, mark)
            if not recorded:
                changes.unrecorded |= {name}
        elif recorded:
            changes.own(name, mark)
            changes.unrecorded -= {name}

    def expect(self, entity: Entity, name: str) -> None:
        """Take the value of an attribute for a change of something that is not loaded, unless it is one already."""
        if not self.is_changed(entity, name):
            self.remember(entity, name)
            self.entities[id(entity)].originals[name] = NOT_SET

    def follow(self, made: set[int], gone: set[int]) -> None:
        """Keep what a part of a commit brought and took away, should the rest of it be taken back.

        Args:
            made: Ids of the entities the server has now.
            gone: Ids of those it has no more.
        """
        for changes in self.entities.values():
            for name, original in changes.originals.items():
                present = vars(changes.entity).get(name)
                if isinstance(original, list):
                    changes.originals[name] = [item for item in original if id(item) not in gone]
                elif isinstance(original, dict) and isinstance(present, KeyValueCollection):
                    left = {key: row for key, row in original.items() if id(row) not in gone}
                    new = {key: row for key, row in present.row_by_key().items() if id(row) in made}
                    changes.originals[name] = {**left, **new}

    def original(self, entity: Entity, name: str) -> Any:
        """The committed value beneath a change, ``NOT_SET`` when there is none."""
        changes = self.entities.get(id(entity))
        return NOT_SET if changes is None else changes.originals.get(name, NOT_SET)

    def local(self, entity: Entity, name: str) -> Any:
        """The value an attribute was changed to and that is not committed yet, else ``NOT_SET``."""
        return vars(entity).get(name, NOT_SET) if self.is_changed(entity, name) else NOT_SET

    def is_changed(self, entity: Entity, name: str) -> bool:
        """Whether this attribute has an uncommitted change."""
        changes = self.entities.get(id(entity))
        return changes is not None and name in changes.originals

    def shield(self, entity: Entity, loaded: dict[str, Any]) -> dict[str, Any]:
        """Split what arrived: values beneath changes are renewed here, the rest is given back."""
        changes = self.entities.get(id(entity))
        if changes is None:
            return loaded
        passed: dict[str, Any] = {}
        for name, value in loaded.items():
            if name in changes.originals:
                changes.originals[name] = kept(value)
            else:
                passed[name] = value
        return passed

    def restore(self, entity: Entity, name: str) -> None:
        """Put back the committed value of one attribute."""
        changes = self.entities.get(id(entity))
        if changes is None or name not in changes.originals:
            return
        original = changes.originals[name]
        changes.forget(name)
        present = vars(entity).get(name)
        if original is NOT_SET:
            vars(entity).pop(name, None)
        elif isinstance(original, list) and isinstance(present, Collection):
            present._take(Collection(entity, present._attribute, original))
        elif isinstance(original, dict) and isinstance(present, KeyValueCollection):
            present._restore(original)
        else:
            vars(entity)[name] = original
        if not changes.originals:
            del self.entities[id(entity)]

    def mine(self) -> Iterator[tuple[Entity, str, bool]]:
        """What this thread changed: entity, Python name, and whether a commit sends it."""
        mark = self._mark()
        for changes in list(self.entities.values()):
            for name in list(changes.originals):
                if changes.owner(name) is mark:
                    yield changes.entity, name, name not in changes.unrecorded

    def restore_mine(self) -> None:
        """Put back the committed values beneath what this thread changed."""
        mark = self._mark()
        for changes in list(self.entities.values()):
            for name in [name for name in changes.originals if changes.owner(name) is mark]:
                self.restore(changes.entity, name)

    def restore_all(self) -> None:
        """Put back all committed values."""
        for changes in list(self.entities.values()):
            for name in list(changes.originals):
                self.restore(changes.entity, name)
        self.entities.clear()

    def settle(self, entity: Entity, *names: str) -> None:
        """The changes were committed: what is there now is the truth."""
        changes = self.entities.get(id(entity))
        if changes is None:
            return
        for name in names:
            if name in changes.originals:
                changes.forget(name)
        if not changes.originals:
            del self.entities[id(entity)]

    def settle_entity(self, entity: Entity) -> None:
        """All changes of an entity were committed, or don't matter any more."""
        self.entities.pop(id(entity), None)

    def is_modified(self, entity: Entity) -> bool:
        """Whether the next commit has something to send for this entity."""
        changes = self.entities.get(id(entity))
        return changes is not None and len(changes.unrecorded) < len(changes.originals)

    def __iter__(self) -> Iterator[Entity]:
        """The modified entities."""
        for changes in list(self.entities.values()):
            if self.is_modified(changes.entity):
                yield changes.entity
