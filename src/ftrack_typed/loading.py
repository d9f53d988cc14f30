"""Loading: pages of queries, entities by key, and attributes that are not there yet."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.entity.mapped import mapped_collection
from ftrack_typed.errors import (
    AuthenticationError,
    QueryError,
    ServerError,
    TransportError,
    UnrecognisedEntityTypeError,
)
from ftrack_typed.identity.pairs import pair_of
from ftrack_typed.identity.projection import Projection, projection_tree
from ftrack_typed.identity.siblings import shared_class, siblings
from ftrack_typed.missing import MissingPolicy
from ftrack_typed.query.cohort import Cohort
from ftrack_typed.query.criteria import Criterion
from ftrack_typed.query.literals import literal, literals
from ftrack_typed.query.result import PAGE_SIZE
from ftrack_typed.query.text import QueryText
from ftrack_typed.symbol import NOT_SET
from ftrack_typed.wire import payloads

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.entity_cache import EntityCache
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.identity.map import IdentityMap
    from ftrack_typed.identity.values import ValueReader
    from ftrack_typed.transport import HttpTransport
    from ftrack_typed.unit_of_work.changes import ChangeTracker
    from ftrack_typed.unit_of_work.unit import UnitOfWork

KEYS_PER_REQUEST = 500
"""Keys in one ``in (…)`` list; servers refuse expressions that grow too long (wire: protocol 3.10)."""

_RECENT = 256
"""Entities asked for by key that are kept a while though nobody holds them: loops ask for the same ones."""


class Loader:
    """Fetches what a session does not hold."""

    def __init__(
        self,
        transport: HttpTransport,
        registry: EntityRegistry,
        identities: IdentityMap,
        hydrator: Hydrator,
        changes: ChangeTracker,
        unit: UnitOfWork,
        values: ValueReader,
        missing: MissingPolicy,
        kept: EntityCache,
    ) -> None:
        self._kept = kept
        self._missing = missing
        self._values = values
        self._transport = transport
        self._registry = registry
        self._identities = identities
        self._hydrator = hydrator
        self._changes = changes
        self._unit = unit
        self._recent: deque[Entity] = deque(maxlen=_RECENT)
        self._local = threading.local()

    def forget(self) -> None:
        """Let go of all entities: what is asked for again is fetched again."""
        with self._unit.lock:
            self._recent.clear()
            self._identities.clear()

    # -- queries -----------------------------------------------------------------------------------

    def page(
        self, query: QueryText, offset: int | None, limit: int, cohort: Cohort
    ) -> tuple[list[Any], int | None]:
        """One page of a query, and the offset of the next page."""
        if query.projections is not None:
            wanted = self._with_values(self._class_of(query), query.projections)
            query = query.with_projections(wanted)
        rows, metadata = self._run(query, query.page(offset, limit), cohort)
        return rows, _next_offset(metadata)

    def values(
        self,
        query: QueryText,
        offset: int | None,
        limit: int,
        columns: tuple[str, ...],
        cohort: Cohort | None,
    ) -> tuple[list[tuple[tuple[Any, ...], Any]], int | None]:
        """One page of a query as the values at `columns`, each row with its entity if there is a cohort for it."""
        body = self._transport.send([payloads.query(query.page(offset, limit))])
        cls = self._class_of(query)
        values, metadata = self._values.read(cls, query.projections, body, columns)
        rows: list[Any] = [None] * len(values)
        if cohort is not None:
            rows, _ = self._hydrator.page(cls, query.projections, body, cohort)
            self._kept.keep(rows, query.projections)
        return list(zip(values, rows, strict=True)), _next_offset(metadata)

    def ask(
        self, entity_type: str, columns: Sequence[str], criterion: Criterion | None = None
    ) -> list[tuple[Any, ...]]:
        """Values at `columns` of all entities of a type that fulfil a criterion."""
        conditions = "" if criterion is None else f"where {criterion}"
        query = QueryText(entity_type, tuple(columns), conditions)
        found: list[tuple[Any, ...]] = []
        offset: int | None = 0
        while offset is not None:
            rows, following = self.values(query, offset, PAGE_SIZE, tuple(columns), None)
            found.extend(values for values, _ in rows)
            offset = following if following is not None and following > offset else None
        return found

    @property
    def writes(self) -> int:
        """Grows with everything this session may have changed on the server."""
        return self._transport.writes

    def companions(self, entity: Entity) -> Sequence[Entity]:
        """The entities that came with this one, itself the first; alone where nothing is loaded in batches."""
        if not self._missing.in_batches or entity.session is None:
            return [entity]
        info = type(entity).__entity__
        key = self._hydrator.own_attribute(type(entity), info.primary_key[0])
        root = self._registry.root(info.name)
        return siblings(
            self._identities,
            root,
            entity,
            [] if key is None else [key],
            lambda other, _: not self._unit.is_created(other),
            KEYS_PER_REQUEST,
        )

    def _run(self, query: QueryText, expression: str, cohort: Cohort | None = None) -> tuple[list[Any], Any]:
        body = self._transport.send([payloads.query(expression)])
        rows, metadata = self._hydrator.page(self._class_of(query), query.projections, body, cohort)
        self._kept.keep(rows, query.projections)
        return rows, metadata

    def _class_of(self, query: QueryText) -> type[Entity] | None:
        try:
            return self._registry[query.entity_type]
        except UnrecognisedEntityTypeError:
            return None

    # -- entities by key ---------------------------------------------------------------------------

    def get(self, cls: type[Entity], key: object) -> Entity | None:
        """The entity with this key: the one the session holds, else the server's; None when there is none.

        Raises:
            QueryError: when the key has the wrong number of parts.
        """
        parts = self._key_parts(cls, key)
        info = cls.__entity__
        known = self._identities.find(
            self._registry.root(info.name), parts[0] if len(parts) == 1 else tuple(parts)
        )
        if isinstance(known, cls):
            return known
        kept = self._kept.find(cls, parts)
        if kept is not None:
            self._recent.append(kept)
            return kept
        conditions = " and ".join(
            f"{name} is {literal(part)}" for name, part in zip(info.primary_key, parts, strict=True)
        )
        query = QueryText(info.name, info.default_projections or info.primary_key, f"where {conditions}")
        rows, _ = self._run(query, query.page(None, 1))
        self._recent.extend(rows[:1])
        return rows[0] if rows else None

    def _key_parts(self, cls: type[Entity], key: object) -> list[Any]:
        names = cls.__entity__.primary_key
        if isinstance(key, Mapping):
            parts: list[Any] = [key[name] for name in names] if set(key) == set(names) else []
        elif isinstance(key, Iterable) and not isinstance(key, (str, bytes)):
            parts = list(key)
        else:
            parts = [key]
        unfit = (type(None), Mapping, list, tuple, set, Entity)
        if len(parts) != len(names) or any(isinstance(part, unfit) for part in parts):
            raise QueryError(
                f"The key of a {cls.__entity__.name} is ({', '.join(names)}), which {key!r} does not give."
            )
        return parts

    # -- attributes --------------------------------------------------------------------------------

    def populate(self, entities: Sequence[Entity], projections: tuple[str, ...]) -> None:
        """Load projections of entities, in as few requests as their number allows.

        Entities that exist only here are skipped; local changes stay. Of several types each is asked for what it has.
        """
        if not projections:
            return
        groups: dict[type[Entity], list[Entity]] = {}
        for entity in entities:
            if not self._unit.is_created(entity) and entity.session is not None:
                groups.setdefault(type(entity), []).append(entity)
        cohort = _cohort(entities)
        for cls, members in groups.items():
            wanted = projections
            if len(groups) > 1:  # not each type has everything
                own = self._hydrator.own_attribute
                wanted = tuple(path for path in projections if own(cls, path.partition(".")[0]) is not None)
            for chunk in _chunks(members, KEYS_PER_REQUEST) if wanted else ():
                self._ask_for(cls, chunk, wanted, cohort)

    def _ask_for(
        self, cls: type[Entity], entities: Sequence[Entity], projections: tuple[str, ...], cohort: Cohort
    ) -> None:
        wanted = self._with_values(cls, projections)
        query = QueryText(cls.__entity__.name, wanted, f"where {_keys_condition(cls, entities)}")
        self._run(query, str(query), cohort)

    def _with_values(self, cls: type[Entity] | None, projections: tuple[str, ...]) -> tuple[str, ...]:
        """Have the values of custom attributes sent where a server sends only the keys of their rows unasked."""
        if cls is None or not any(path.endswith("custom_attributes") for path in projections):
            return projections
        from ftrack_typed.custom_attributes.projecting import with_values  # few queries name them

        return with_values(cls, projections, self._registry, self._hydrator.own_attribute)

    def prefetch(self, entities: Sequence[Entity], projections: tuple[str, ...]) -> None:
        """Load projections of those entities that lack any of them."""
        tree = projection_tree(projections)
        if not projections:
            return
        distinct = {id(entity): entity for entity in entities}.values()
        lacking = [entity for entity in distinct if tree is None or not self._has(entity, tree)]
        self.populate(lacking, projections)

    def _has(self, value: Any, wanted: Projection) -> bool:
        """Whether everything a projection asks of a value is loaded."""
        if isinstance(value, KeyValueCollection):
            return True  # its rows come with keys and values
        if isinstance(value, Collection):
            return all(self._has(item, wanted) for item in value)
        if not isinstance(value, Entity):
            return True  # an empty relation
        for wire, below in wanted.attributes.items():
            found = self._hydrator.own_attribute(type(value), wire)
            if found is None:
                continue  # an attribute of another type
            if found.name not in vars(value) or not self._has(vars(value)[found.name], below):
                return False
        return True

    def load(self, entity: Entity, attribute: Attribute, auto_populate: bool) -> Any:
        """The value of an attribute that is not loaded; fetched when `auto_populate` is on.

        Unless they are to be fetched one by one, it is loaded for others too that came with the entity and lack
        it: who reads it in a loop pays for one request, not for one per turn.

        Returns:
            NOT_SET for what can't be told: without auto-populate, on an entity that exists only here, or
            when the server no longer has the entity.

        Raises:
            NotLoadedError: in a session that loads nothing unasked.
        """
        if attribute.kind == "restricted":
            raise QueryError(
                f"{entity.entity_type}.{attribute.wire} can be used in criteria only; the server does not load it."
            )
        created = self._unit.is_created(entity)
        if attribute.kind == "reference":
            related = self._through_foreign_key(entity, attribute, created or not auto_populate)
            if related is not NOT_SET:
                return related
        if created:
            return self._nothing_yet(entity, attribute)
        if not auto_populate:
            return NOT_SET
        if attribute.kind == "scalar" and self._is_expected(entity):
            self.load_scalars(entity, auto_populate)
        elif not self._kept.fill(entity, attribute):
            self._fetch(entity, [attribute])
        return vars(entity).get(attribute.name)

    def expect_all(self, entity: Entity) -> None:
        """Have the next plain value this thread reads of an entity bring all others along."""
        self._local.expected = weakref.ref(entity)

    def _is_expected(self, entity: Entity) -> bool:
        expected: weakref.ref[Entity] | None = self._local.__dict__.pop("expected", None)
        return expected is not None and expected() is entity

    def load_scalars(self, entity: Entity, auto_populate: bool) -> None:
        """Load all plain values of an entity that are missing, in one request."""
        missing = [
            attribute
            for attribute in type(entity).__attributes__.values()
            if attribute.kind == "scalar" and attribute.name not in vars(entity)
        ]
        if missing and auto_populate and not self._unit.is_created(entity):
            missing = [attribute for attribute in missing if not self._kept.fill(entity, attribute)]
            if missing:
                self._fetch(entity, missing)

    def _fetch(self, entity: Entity, attributes: Sequence[Attribute]) -> None:
        """Load attributes of an entity and, as the policy allows, of its siblings."""
        self._missing.met(entity, attributes)
        projections = tuple(path for attribute in attributes for path in self._projections(attribute))
        members = [entity]
        if self._missing.in_batches and entity.session is not None:
            root = self._registry.root(entity.entity_type)
            members = siblings(self._identities, root, entity, attributes, self._lacks, KEYS_PER_REQUEST)
        try:
            self._ask_for(shared_class(members), members, projections, _cohort(members))
        except ServerError as error:
            if len(members) == 1 or isinstance(error, (AuthenticationError, TransportError)):
                raise
            # One of the others may be the reason, and nobody asked for those.
            members = [entity]
            self._ask_for(type(entity), members, projections, _cohort(members))
        with self._changes.lock:
            for member in members:
                for attribute in attributes:
                    if attribute.name not in vars(member) and self._nothing_yet(member, attribute) is NOT_SET:
                        # Asked and not answered: a type without it, or a row that is gone. Don't ask again.
                        vars(member)[attribute.name] = None

    def _lacks(self, entity: Entity, attribute: Attribute) -> bool:
        """Whether the server has to be asked for an attribute."""
        if attribute.name in vars(entity) or self._unit.is_created(entity):
            return False
        pair = pair_of(type(entity), attribute)
        names = (attribute.name, *(pair or ()))
        if any(self._changes.is_changed(entity, name) for name in names):
            return False
        if pair is None or attribute.kind != "reference" or pair.foreign_key not in vars(entity):
            return True
        key = vars(entity)[pair.foreign_key]
        root = self._registry.root(self._registry.by_class_name(attribute.target).__entity__.name)
        return key is not None and self._identities.find(root, key) is None

    def _projections(self, attribute: Attribute) -> tuple[str, ...]:
        if not attribute.is_relation:
            return (attribute.wire,)
        if attribute.kind == "mapped":
            row = self._registry.by_class_name(attribute.target)
            names = (
                ("key", "value") if "key" in row.__attributes__ else (*row.__entity__.primary_key, "value")
            )
            return tuple(f"{attribute.wire}.{name}" for name in names)
        info = self._registry.by_class_name(attribute.target).__entity__
        below = info.default_projections or info.primary_key
        return tuple(f"{attribute.wire}.{name}" for name in below)

    def _through_foreign_key(self, entity: Entity, attribute: Attribute, only_here: bool) -> Any:
        """The related entity, when its key is known: without a request if the session holds it."""
        pair = pair_of(type(entity), attribute)
        if pair is None or pair.foreign_key not in vars(entity):
            return NOT_SET
        key = vars(entity)[pair.foreign_key]
        if key is None:
            vars(entity)[attribute.name] = None
            return None
        target = self._registry.by_class_name(attribute.target)
        if len(target.__entity__.primary_key) != 1:
            return NOT_SET
        related = self._identities.find(self._registry.root(target.__entity__.name), key)
        if related is None:
            related = self._kept.find(target, [key])
        if related is None and self._changes.is_changed(entity, pair.foreign_key) and not only_here:
            # The server does not know the new key yet, so the relation can't be asked for.
            related = self.get(target, key)
        if related is None:
            return NOT_SET
        if not self._changes.is_changed(entity, attribute.name):
            if self._changes.is_changed(entity, pair.foreign_key):
                self._changes.remember(entity, attribute.name)
            vars(entity)[attribute.name] = related
        return related

    def _nothing_yet(self, entity: Entity, attribute: Attribute) -> Any:
        """What a relation without entities reads as; NOT_SET for anything else."""
        if attribute.kind == "collection":
            empty: Any = Collection(entity, attribute, [])
        elif attribute.kind == "mapped":
            empty = mapped_collection(entity, attribute, [])
        else:
            return NOT_SET
        vars(entity)[attribute.name] = empty
        return empty


def _keys_condition(cls: type[Entity], entities: Sequence[Entity]) -> str:
    names = cls.__entity__.primary_key
    if len(names) == 1:
        keys = [next(iter(entity.primary_key.values())) for entity in entities]
        if len(keys) == 1:
            return f"{names[0]} is {literal(keys[0])}"
        return f"{names[0]} in ({', '.join(literals(keys))})"
    return " or ".join(
        "(" + " and ".join(f"{name} is {literal(part)}" for name, part in entity.primary_key.items()) + ")"
        for entity in entities
    )


def _cohort(entities: Iterable[Entity]) -> Cohort:
    """The cohort entities share: what is loaded for some of them must not part them from the others."""
    cohorts = {entity._arrival.cohort if entity._arrival is not None else None for entity in entities}
    shared = cohorts.pop() if len(cohorts) == 1 else None
    return Cohort() if shared is None else shared


def _chunks(items: Sequence[Entity], size: int) -> Iterator[Sequence[Entity]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _next_offset(metadata: Any) -> int | None:
    following = metadata.get("next") if isinstance(metadata, dict) else None
    offset = following.get("offset") if isinstance(following, dict) else None
    return offset if isinstance(offset, int) else None
