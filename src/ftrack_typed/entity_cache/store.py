"""What is kept of entities, and when it is used.

Only what a reply or a commit brought is kept, merged into what was kept before: a session that read an attribute
long ago does not put its old value over a newer one. Nothing kept ever replaces what a session has loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity import Collection, Entity
from ftrack_typed.entity.base import _restore
from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.entity.mapped import CUSTOM_ATTRIBUTE_VALUE, mapped_collection
from ftrack_typed.entity.portable import is_entity
from ftrack_typed.entity.portable import reference as plain_reference
from ftrack_typed.identity.pairs import key_of, pair_of
from ftrack_typed.identity.projection import Projection, projection_tree
from ftrack_typed.symbol import NOT_SET
from ftrack_typed.wire.payloads import WRITES

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity_cache.layers import MemoryLayer, SessionCache
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.interchange import Interchange
    from ftrack_typed.unit_of_work.batch import Entry
    from ftrack_typed.unit_of_work.changes import ChangeTracker

_logger = logging.getLogger("ftrack_typed.cache")

_SECRET = frozenset(("api_key", "password", "secret", "token"))
"""Attributes that are never kept."""


class EntityCache:
    """Keeps and finds entities in the layers beneath a session's memory."""

    def __init__(
        self,
        layers: SessionCache,
        memory: MemoryLayer,
        hydrator: Hydrator,
        changes: ChangeTracker,
        interchange: Interchange,
    ) -> None:
        self._layers = layers
        self._memory = memory
        self._hydrator = hydrator
        self._registry = hydrator.registry
        self._changes = changes
        self._interchange = interchange
        memory.adopt = self.adopt
        layers.forget = self._forget

    # -- finding -----------------------------------------------------------------------------------

    def find(self, cls: type[Entity], parts: Sequence[Any]) -> Entity | None:
        """The entity with this key, taken into the session; None when nothing of it is kept."""
        if not self._layers.active:
            return None
        for found in self._read(self._keys(cls, parts)).values():
            if isinstance(found, cls):
                return self.adopt(found)
        return None

    def fill(self, entity: Entity, attribute: Attribute) -> bool:
        """Load an attribute that is kept, with all else that is kept of the entity; False when it is not."""
        if not self._layers.active:
            return False
        parts = list(entity.primary_key.values())
        for found in self._read(self._keys(type(entity), parts)).values():
            if attribute.name in vars(found) and self.adopt(found) is entity:
                return attribute.name in vars(entity)
        return False

    def adopt(self, kept: Entity) -> Entity | None:
        """Take an entity that belongs to no session into this one; what is loaded already stays as it is."""
        parts = list(kept.primary_key.values())
        if len(parts) != len(type(kept).__entity__.primary_key):
            return None
        document: dict[str, Any] = plain_reference(kept)
        with self._changes.lock:
            held = self._held(kept)
            loaded: dict[str, Any] = {} if held is None else vars(held)
            for name, value in list(vars(kept).items()):
                found = self._attribute(type(kept), name)
                if found is None or found.wire in document or not _is_news(type(kept), found, value, loaded):
                    continue
                if isinstance(value, KeyValueCollection):
                    rows = self._rows(value)
                    if rows is not None:
                        document[found.wire] = rows
                else:
                    document[found.wire] = plain_reference(value)
            adopted = self._hydrator.walk(document, type(kept))
        return adopted if isinstance(adopted, Entity) else None

    def _rows(self, kept: KeyValueCollection[Any]) -> list[dict[str, Any]] | None:
        """Rows with key and value; None when one of them is not kept."""
        by_key = {self._memory.key(row): row for row in kept.rows}
        found = self._read(list(by_key))
        documents = []
        for key, row in by_key.items():
            values = vars(found[key]) if key in found else {}
            held = self._held(row)
            known = {} if held is None else vars(held)
            # Rows of values that were really set go by the id of their configuration, and have no key.
            named = "key" in type(row).__attributes__
            wanted = ("key", "value") if named else ("value",)
            if not {*wanted} <= {*values, *known}:
                return None
            news = {name: values[name] for name in wanted if name not in known}
            key_again = {"key": known.get("key", values.get("key"))} if named else {}
            documents.append({**plain_reference(row), **key_again, **news})
        return documents

    # -- keeping -----------------------------------------------------------------------------------

    def keep(self, rows: Iterable[Any], projections: Sequence[str] | None) -> None:
        """Keep what a query's reply brought."""
        tree = projection_tree(projections) if self._layers.active and projections is not None else None
        if tree is None:
            return
        arrived: dict[int, tuple[Entity, set[str]]] = {}
        with self._changes.lock:
            seen: set[tuple[int, int]] = set()
            for row in rows:
                self._collect(row, tree, arrived, seen)
            changes = {
                self._memory.key(entity): _merging(self._kept(entity, names))
                for entity, names in arrived.values()
                if len(names) > len(type(entity).__entity__.primary_key)
            }
        self._write(changes)

    def _collect(
        self,
        row: Any,
        node: Projection,
        arrived: dict[int, tuple[Entity, set[str]]],
        seen: set[tuple[int, int]],
    ) -> None:
        if not is_entity(row) or (id(row), id(node)) in seen or self._interchange.is_created(row):
            return
        seen.add((id(row), id(node)))
        info = type(row).__entity__
        _, names = arrived.setdefault(id(row), (row, set()))
        for wire in (*info.primary_key, *info.system_projections, *node.attributes):
            found = self._hydrator.own_attribute(type(row), wire)
            value = NOT_SET if found is None else self._interchange.persisted(row, found.name)
            if found is None or value is NOT_SET:
                continue
            names.add(found.name)
            if found.is_relation:
                below = node.attributes.get(wire, _BARE)
                if found.kind == "mapped":
                    below = _ROW if not below.attributes else below
                for related in _entities(value):
                    self._collect(related, below, arrived, seen)

    def _kept(self, entity: Entity, names: Iterable[str]) -> Entity:
        """An entity of no session that holds some of the committed values of another one."""
        kept = _restore(type(entity), {})
        for name in names:
            found = self._attribute(type(entity), name)
            value = self._interchange.persisted(entity, name)
            if found is None or value is NOT_SET or found.wire in _SECRET:
                continue
            if found.kind == "mapped":
                value = mapped_collection(kept, found, [_key_only(row, "key") for row in _entities(value)])
            elif found.kind == "collection":
                value = Collection(kept, found, [_key_only(item) for item in _entities(value)])
            elif is_entity(value):
                value = _key_only(value)
            vars(kept)[name] = value
        return kept

    # -- commits -----------------------------------------------------------------------------------

    def committed(self, batch: Iterable[Entry]) -> None:
        """Keep what a commit wrote, and let go of what it made untrue."""
        if not self._layers.active:
            return
        gone: list[Any] = []
        steps: dict[Any, list[Callable[[Any], Any]]] = {}
        with self._changes.lock:
            for entry in batch:
                entity = entry.entity
                if entity is None:
                    continue
                for key in self._around(entity, entry):
                    steps.setdefault(key, []).append(_without_relations)
                if entity.entity_type == CUSTOM_ATTRIBUTE_VALUE:
                    gone += self._showing(list(entry.key.values()))
                if entry.action == "delete":
                    gone += self._keys(self._root(type(entity)), list(entry.key.values()))
                else:
                    steps.setdefault(self._memory.key(entity), []).append(self._written(entity, entry))
        self._write({key: _in_turn(changes) for key, changes in steps.items()})
        for key in gone:
            self._guarded(partial(self._layers.below.discard, key), None)

    def _showing(self, parts: Sequence[Any]) -> list[Any]:
        """Keys of the rows that show a value of a custom attribute beside its own."""
        kinds = [each for each in self._registry if each.endswith(CUSTOM_ATTRIBUTE_VALUE)]
        return [self._memory.key_maker.key((each, parts)) for each in kinds if each != CUSTOM_ATTRIBUTE_VALUE]

    def _written(self, entity: Entity, entry: Entry) -> Callable[[Any], Any]:
        names = {type(entity).__entity__.python_names.get(wire, wire) for wire in (*entry.key, *entry.data)}
        for name in list(names):
            found = self._attribute(type(entity), name)
            names.update((found is not None and pair_of(type(entity), found)) or ())
        if entry.action == "create":
            attributes = type(entity).__attributes__
            names.update(
                name
                for name in vars(entity)
                if name in attributes and attributes[name].kind in ("scalar", "reference")
            )
        fresh = _merging(self._kept(entity, names))
        info = type(entity).__entity__
        stale = {info.python_names.get(wire, wire) for wire in (*info.computed, "link", "_link")}

        def change(old: Any) -> Any:
            return fresh(old if old is None else _without(old, lambda found: found.name in stale))

        return change

    def _around(self, entity: Entity, entry: Entry) -> list[Any]:
        """Keys of entities whose collections an operation may have changed."""
        related = [*entry.data.values()]
        if entry.action != "update" or any(is_entity(value) for value in related):
            related += vars(entity).values()
        keys = [
            self._memory.key(value)
            for value in related
            if is_entity(value) and len(value.primary_key) == len(type(value).__entity__.primary_key)
        ]
        owner = vars(entity).get("entity_id", vars(entity).get("parent_id"))
        kind = entity.entity_type
        if kind == CUSTOM_ATTRIBUTE_VALUE:
            kinds: tuple[str, ...] = _WITH_VALUES
        elif kind.endswith(CUSTOM_ATTRIBUTE_VALUE):
            kinds = (kind.removesuffix(CUSTOM_ATTRIBUTE_VALUE),)
        else:
            kinds = (str(vars(entity).get("parent_type")),)
        if isinstance(owner, str):
            for kind in kinds:
                keys += self._keys(self._registry[kind], [owner]) if kind in self._registry else []
        return keys

    def doubt(self, operations: Iterable[Mapping[str, Any]]) -> None:
        """Let go of what operations as they are sent may have changed: their entities, and those around them."""
        if not self._layers.active:
            return
        keys: set[Any] = set()
        with self._changes.lock:
            for operation in operations:
                name, parts = str(operation.get("entity_type")), operation.get("entity_key")
                if operation.get("action") in WRITES and name in self._registry and isinstance(parts, list):
                    keys.update(self._around_written(self._registry[name], parts, operation))
        self._write(dict.fromkeys(keys, lambda old: None))

    def _around_written(
        self, cls: type[Entity], parts: list[Any], operation: Mapping[str, Any]
    ) -> Iterable[Any]:
        root = self._registry.root(cls.__entity__.name)
        held = self._hydrator.identities.find(root, parts[0] if len(parts) == 1 else tuple(parts))
        data = operation.get("entity_data")
        related = [*data.values()] if isinstance(data, dict) else []
        related += [] if held is None else vars(held).values()
        yield from self._keys(self._registry[root], parts)
        for value in related:
            if is_entity(value):
                yield from self._keys(self._root(type(value)), list(value.primary_key.values()))
            elif isinstance(value, dict) and value.get("__entity_type__") in self._registry:
                target = self._registry[value["__entity_type__"]]
                key = [value[wire] for wire in target.__entity__.primary_key if wire in value]
                yield from self._keys(self._root(target), key)

    # -- inside ------------------------------------------------------------------------------------

    def _keys(self, cls: type[Entity], parts: Sequence[Any]) -> list[Any]:
        """The keys an entity may be kept under: it is asked for by its base types, too."""
        name = cls.__entity__.name
        names = dict.fromkeys((name, *self._registry.subtypes(name)))
        return [self._memory.key_maker.key((each, list(parts))) for each in names]

    def _root(self, cls: type[Entity]) -> type[Entity]:
        return self._registry[self._registry.root(cls.__entity__.name)]

    def _held(self, entity: Entity) -> Entity | None:
        parts = tuple(entity.primary_key.values())
        root = self._registry.root(entity.entity_type)
        return self._hydrator.identities.find(root, parts[0] if len(parts) == 1 else parts)

    def _attribute(self, cls: type[Entity], name: str) -> Attribute | None:
        found = cls.__attributes__.get(name)
        return self._hydrator.own_attribute(cls, name) if found is None else found

    def _forget(self, keys: list[Any] | None) -> int:
        concerned = 0
        wanted = None if keys is None else set(keys)
        with self._changes.lock:
            for entity in list(self._hydrator.identities):
                if self._interchange.is_created(entity) or not (
                    wanted is None or self._memory.key(entity) in wanted
                ):
                    continue
                concerned += 1
                info = type(entity).__entity__
                stay = {info.python_names.get(wire, wire) for wire in info.primary_key}
                for name in list(vars(entity)):
                    if name not in stay and not self._changes.is_changed(entity, name):
                        del vars(entity)[name]
        return concerned

    def _read(self, keys: list[Any]) -> dict[Any, Entity]:
        found = self._guarded(lambda: self._layers.below.get_many(keys), {})
        return {key: value for key, value in found.items() if isinstance(value, Entity)}

    def _write(self, changes: dict[Any, Callable[[Any], Any]]) -> None:
        if changes:
            self._guarded(lambda: self._layers.below.update_many(changes), None)

    def _guarded(self, work: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return work()
        except Exception:
            # A cache only ever saves time: a commit the server took must not seem to have failed.
            _logger.exception("The session's cache failed; it is left out.")
            return otherwise


_WITH_VALUES = ("Context", "Asset", "AssetVersion", "List", "ListObject", "User")
"""Whose custom attributes a row may be that does not say so."""
_BARE = Projection()
_ROW = Projection({"key": Projection(), "value": Projection()})


def _entities(value: Any) -> list[Any]:
    if isinstance(value, KeyValueCollection):
        return value.rows
    if isinstance(value, dict):  # committed rows beneath changed ones
        return list(value.values())
    return list(value) if isinstance(value, (Collection, list)) else [value]


def _key_only(entity: Any, *further: str) -> Entity:
    info = type(entity).__entity__
    names = [info.python_names.get(wire, wire) for wire in info.primary_key]
    return _restore(
        type(entity), {name: vars(entity)[name] for name in (*names, *further) if name in vars(entity)}
    )


def _is_news(cls: type[Entity], found: Attribute, value: Any, loaded: dict[str, Any]) -> bool:
    """Whether a session has neither this attribute nor, in the other half of its pair, something else."""
    if found.name in loaded:
        return False
    pair = pair_of(cls, found)
    if pair is None:
        return True
    if found.name == pair.relation:
        return pair.foreign_key not in loaded or loaded[pair.foreign_key] == key_of(value)
    return pair.relation not in loaded or key_of(loaded[pair.relation]) == value


def _merging(fresh: Entity) -> Callable[[Any], Any]:
    """The change that puts fresh values over what is kept."""

    def change(old: Any) -> Entity:
        if not isinstance(old, Entity) or old.primary_key != fresh.primary_key:
            return fresh
        cls = type(old) if issubclass(type(old), type(fresh)) else type(fresh)
        merged = {**vars(old), **vars(fresh)}
        for name in vars(fresh):
            found = cls.__attributes__.get(name)
            pair = None if found is None else pair_of(cls, found)
            for half in pair or ():
                if half not in vars(fresh):
                    merged.pop(half, None)  # it may contradict the half that came
        return _restore(cls, merged)

    return change


def _in_turn(changes: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def change(old: Any) -> Any:
        for each in changes:
            old = each(old)
        return old

    return change


def _without(kept: Any, drop: Callable[[Attribute], bool]) -> Any:
    if not isinstance(kept, Entity):
        return None
    attributes = type(kept).__attributes__
    left = {
        name: value
        for name, value in vars(kept).items()
        if name not in attributes or not drop(attributes[name])
    }
    return _restore(type(kept), left)


def _without_relations(kept: Any) -> Any:
    return None if kept is None else _without(kept, lambda found: found.kind in ("collection", "mapped"))
