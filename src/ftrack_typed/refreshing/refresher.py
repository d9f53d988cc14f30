"""Applying ``ftrack.update`` events to the entities and caches of one session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.events import Event
from ftrack_typed.events.topics import EntityAction, EntityChange, EntityUpdate, ValueChange
from ftrack_typed.identity.pairs import key_of, pair_of
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity_cache import EntityCache, SessionCache
    from ftrack_typed.events.topics import EventContext
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.identity.map import IdentityMap
    from ftrack_typed.unit_of_work.changes import ChangeTracker

Identity = tuple[str, Any]
"""Root of the type tree, and key."""


class _Told(NamedTuple):
    """What one event tells."""

    event: Event
    changes: Mapping[Identity, Sequence[EntityChange]]
    touched: Set[Identity]
    """Entities whose collections may have changed: what happened leads to them, before or after."""
    renamed: Set[str]
    """Keys of entities with another name."""
    moved: Set[str]
    """Keys of entities with another parent."""


_SHOWN_BY_NAME = frozenset({"link", "_link"})
"""Attributes that change when an entity, or one above it, is renamed; wire names."""
_SHOWN_BY_PLACE = _SHOWN_BY_NAME | {"ancestors", "project", "project_id"}
"""The same when it is moved."""
_NAMES = frozenset({"name", "full_name", "version"})
"""What entities are called in links."""
_PLACES = frozenset({"parent_id", "context_id", "asset_id"})
"""What says where entities are."""


class Refresher:
    """Takes over what events tell, and lets go of what they make doubtful.

    An event tells old and new values. What the session holds is the old value: then the new one replaces it. Or the
    new one, as after a commit of its own: then nothing is to be done. Anything else was read after the event was sent,
    or an event is missing: then the value is let go of, and read anew when it is next looked at.
    """

    def __init__(
        self,
        context: EventContext,
        identities: IdentityMap,
        hydrator: Hydrator,
        changes: ChangeTracker,
        kept: EntityCache,
        layers: SessionCache,
    ) -> None:
        self._context = context
        self._registry = context.registry
        self._identities = identities
        self._hydrator = hydrator
        self._changes = changes
        self._kept = kept
        self._layers = layers
        self._last: _Told | None = None

    def refresh(self, entity: Entity, event: Event) -> bool:
        """Take over what an event tells of one entity; False when it tells nothing."""
        self._context.columns.prepare()  # nothing may be asked of the server while the lock is held
        identity = self._identity_of(entity)
        with self._changes.lock:
            told = self._read(event)
            changes = told.changes.get(identity, ())
            for change in changes:
                self._apply(entity, change)
            if identity in told.touched:
                self._loosen(entity)
            placed = self._place_anew(entity, told)
            return bool(changes) or identity in told.touched or placed

    def absorb(self, event: Event) -> None:
        """Take over what an event tells of any entity that is held, and drop it from caches."""
        self._context.columns.prepare()
        with self._changes.lock:
            told = self._read(event)
        # What is kept beneath the memory goes first, so that nobody reads it back.
        self._kept.doubt(
            {"action": "update", "entity_type": root, "entity_key": [key]}
            for root, key in {*told.changes, *told.touched}
        )
        with self._changes.lock:
            for identity, changes in told.changes.items():
                held = self._identities.find(*identity)
                if held is not None:
                    for change in changes:
                        self._apply(held, change)
            for identity in told.touched:
                held = self._identities.find(*identity)
                if held is not None:
                    self._loosen(held)
            for held in self._identities if told.renamed or told.moved else ():
                self._place_anew(held, told)

    def _read(self, event: Event) -> _Told:
        """What an event tells; remembered, as handlers go on to refresh one entity after the other."""
        if self._last is None or self._last.event is not event:
            changes: dict[Identity, list[EntityChange]] = {}
            touched: set[Identity] = set()
            renamed: set[str] = set()
            moved: set[str] = set()
            for change in EntityUpdate.from_event(event, self._context).entities:
                identity = self._identity(change)
                if identity is not None:
                    changes.setdefault(identity, []).append(change)
                touched.update(self._touched(change, identity))
                if _is_moved(change):
                    moved.add(change.id)
                elif change.action != EntityAction.ADD and _NAMES & {*change.changes}:
                    renamed.add(change.id)
            self._last = _Told(event, changes, touched, renamed, moved)
        return self._last

    def doubt_all(self) -> None:
        """Let go of all that may be untrue when events are missing: everything but keys and local changes."""
        try:
            if self._layers.active:
                self._layers.below.clear()
        finally:
            self._layers.forget(None)

    # -- one change --------------------------------------------------------------------------------

    def _apply(self, entity: Entity, change: EntityChange) -> None:
        if change.action == EntityAction.REMOVE:
            # Whoever holds it keeps what was last known of it; who asks for it is told that it is gone.
            root, key = self._identity_of(entity)
            self._identities.discard(root, key)
            return
        cls, info = type(entity), type(entity).__entity__
        fresh: dict[str, Any] = {}
        for name, values in change.changes.items():
            attribute = self._attribute(cls, name)
            if attribute is None or attribute.wire in info.primary_key:
                continue
            if self._is_loaded(entity, attribute):
                self._take(entity, attribute, values, fresh)
        if fresh:
            self._hydrator.walk({"__entity_type__": entity.entity_type, **entity.primary_key, **fresh}, cls)
        doubtful = {*info.computed, *_SHOWN_BY_NAME}
        if change.custom_attributes:
            doubtful.add("custom_attributes")
        if _is_moved(change):
            doubtful |= _SHOWN_BY_PLACE
        self._let_all_go(entity, doubtful - {*fresh})

    def _take(
        self, entity: Entity, attribute: Attribute, values: ValueChange[Any], fresh: dict[str, Any]
    ) -> None:
        """Note the new value of an attribute, or let go of it."""
        committed = self._committed(entity, attribute)
        if values.certain and committed == values.new:
            return
        if values.certain and committed == values.old and attribute.kind == "scalar":
            fresh[attribute.wire] = values.new
            return
        for name in pair_of(type(entity), attribute) or (attribute.name,):
            self._let_go(entity, name)

    def _loosen(self, entity: Entity) -> None:
        """Let go of what depends on other entities, as one that refers to this one came, went or changed."""
        self._let_all_go(entity, type(entity).__entity__.computed)
        for name in list(vars(entity)):
            attribute = self._attribute(type(entity), name)
            if attribute is not None and attribute.kind in ("collection", "mapped"):
                self._let_go(entity, name)

    def _place_anew(self, entity: Entity, told: _Told) -> bool:
        """Let go of what shows the way down to an entity, when something on that way was renamed or moved."""
        above = _above(entity)
        if above & told.moved:
            self._let_all_go(entity, _SHOWN_BY_PLACE)
            return True
        if above & told.renamed:
            self._let_all_go(entity, _SHOWN_BY_NAME)
            return True
        return False

    def _let_all_go(self, entity: Entity, wires: Iterable[str]) -> None:
        info = type(entity).__entity__
        for wire in wires:
            if wire not in info.primary_key:
                self._let_go(entity, info.python_names.get(wire, wire))

    def _let_go(self, entity: Entity, name: str) -> None:
        changes = self._changes.entities.get(id(entity))
        if changes is None or name not in changes.originals:
            vars(entity).pop(name, None)
        elif not isinstance(vars(entity).get(name), (Collection, KeyValueCollection)):
            changes.originals[name] = NOT_SET  # what a collection was is needed to send what became of it

    # -- what is held ------------------------------------------------------------------------------

    def _is_loaded(self, entity: Entity, attribute: Attribute) -> bool:
        pair = pair_of(type(entity), attribute)
        return any(name in vars(entity) for name in pair or (attribute.name,))

    def _committed(self, entity: Entity, attribute: Attribute) -> Any:
        """What the server is known to have; of a relation the key."""
        value = self._beneath(entity, attribute.name)
        pair = pair_of(type(entity), attribute)
        if value is NOT_SET and pair is not None:
            value = self._beneath(entity, pair.relation)
            return NOT_SET if value is NOT_SET else key_of(value)
        return key_of(value) if attribute.kind == "reference" else value

    def _beneath(self, entity: Entity, name: str) -> Any:
        if self._changes.is_changed(entity, name):
            return self._changes.original(entity, name)
        return vars(entity).get(name, NOT_SET)

    def _attribute(self, cls: type[Entity], name: str) -> Attribute | None:
        found = cls.__attributes__.get(name)
        return self._hydrator.own_attribute(cls, name) if found is None else found

    # -- who is concerned --------------------------------------------------------------------------

    def _identity(self, change: EntityChange) -> Identity | None:
        cls = change.entity_class
        if cls is None or len(cls.__entity__.primary_key) != 1:
            return None
        return self._registry.root(cls.__entity__.name), change.id

    def _identity_of(self, entity: Entity) -> Identity:
        parts = tuple(entity.primary_key.values())
        return self._registry.root(entity.entity_type), parts[0] if len(parts) == 1 else parts

    def _touched(self, change: EntityChange, own: Identity | None) -> Iterator[Identity]:
        cls = change.entity_class
        if own is None or change.action != EntityAction.UPDATE or _is_moved(change):
            # What goes by several keys, such as metadata, is seen in what it belongs to only.
            for parent in change.parents:
                yield from self._named(parent.entity_type, parent.table, [parent.id], own)
            held = None if own is None else self._identities.find(*own)
            if held is not None:
                for name, value in list(vars(held).items()):
                    yield from self._led_to(type(held), name, [value], own)
        if cls is not None:
            for name, values in change.changes.items():
                yield from self._led_to(cls, name, [values.old, values.new], own)

    def _led_to(
        self, cls: type[Entity], name: str, values: Iterable[Any], own: Identity | None
    ) -> Iterator[Identity]:
        """What values of an attribute lead to, when it is a relation or holds the key of one."""
        attribute = self._attribute(cls, name)
        relation = None if attribute is None else _relation(cls, attribute)
        if relation is not None:
            target = self._registry.by_class_name(relation.target).__entity__.name
            keys = (key_of(value) if isinstance(value, Entity) else value for value in values)
            yield from self._named(target, "", keys, own)

    def _named(
        self, entity_type: str, table: str, keys: Iterable[Any], own: Identity | None
    ) -> Iterator[Identity]:
        cls = self._context.class_of(entity_type, table)
        if cls is not None:
            root = self._registry.root(cls.__entity__.name)
            yield from ((root, key) for key in keys if isinstance(key, str) and (root, key) != own)


def _is_moved(change: EntityChange) -> bool:
    if change.action == EntityAction.UPDATE:
        return bool(_PLACES & {*change.changes})
    return change.action == EntityAction.MOVE


def _above(entity: Entity) -> set[str]:
    """Keys of what is above an entity, as far as it is loaded."""
    loaded = vars(entity)
    keys: set[str] = set()
    for name in ("link", "link_"):
        steps = loaded.get(name)
        if isinstance(steps, list):
            keys.update(
                step["id"] for step in steps if isinstance(step, dict) and isinstance(step.get("id"), str)
            )
    ancestors = loaded.get("ancestors")
    if isinstance(ancestors, Collection):
        keys.update(str(key_of(ancestor)) for ancestor in ancestors)
    keys.discard(key_of(entity))
    return keys


def _relation(cls: type[Entity], attribute: Attribute) -> Attribute | None:
    """The relation an attribute is, or holds the key of."""
    if attribute.kind == "reference":
        return attribute
    pair = pair_of(cls, attribute)
    return None if pair is None else cls.__attributes__.get(pair.relation)
