"""Hydration: replies of the server become entities of the identity map."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.base import _set_loaded
from ftrack_typed.entity.owner import Arrival, EntityOwner
from ftrack_typed.entity.validation import validate_arrival
from ftrack_typed.errors import MalformedResponseError, UnrecognisedEntityTypeError
from ftrack_typed.identity.collector import collector_paused
from ftrack_typed.identity.documents import Arriving, DocumentPlan
from ftrack_typed.identity.layouts import TAG, Moments, OddValueError
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.identity.merging import adopt, refine_class, wrap_collections
from ftrack_typed.identity.pairs import align, pairs_apart
from ftrack_typed.identity.projection import projection_tree
from ftrack_typed.identity.shapes import NoShapeError, Shape, compile_shape
from ftrack_typed.query.cohort import Cohort
from ftrack_typed.wire import dates, decoding

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.unit_of_work.changes import ChangeTracker

_logger = logging.getLogger("ftrack_typed.hydration")
_SHAPES_KEPT = 256
"""Compiled projections kept per session; each takes some 20 kB."""

_PLAIN: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
"""Types of plain values by name."""

_Look: TypeAlias = "tuple[str, type[Entity] | None, tuple[str, ...]]"
"""What tells documents apart: their type, the class they are declared to be of, and the names in them."""

_PLANS_KEPT = 1024
"""Layouts of documents that are remembered; each takes some hundred bytes."""


class Hydrator:
    """Turns replies into entities, for one session.

    A query's page goes through a compiled :class:`~ftrack_typed.identity.shapes.Shape`. Anything without a
    fixed shape (results of writes, raw calls), and a page holding a value its shape refuses, is walked in
    Python with the same outcome: an odd value is kept as it came and reported once, never fatal.
    """

    def __init__(
        self, session: EntityOwner, registry: EntityRegistry, identities: IdentityMap, changes: ChangeTracker
    ) -> None:
        self.registry = registry
        self.identities = identities
        self.changed: dict[int, Any] = changes.entities
        self._changes = changes
        self.arrival: Arrival = Arrival(session)
        self._session = session
        self._shapes: OrderedDict[tuple[type[Entity], tuple[str, ...]], Shape | None] = OrderedDict()
        self._lock = changes.lock
        self._plans: dict[_Look, DocumentPlan] = {}
        self._reported: set[tuple[str, ...]] = set()
        self._moments = Moments()
        self._alive: list[Entity] = []
        """Entities of the document being walked: one that nobody holds yet may come again further down."""

    # -- pages of a query --------------------------------------------------------------------------

    def page(
        self,
        cls: type[Entity] | None,
        paths: tuple[str, ...] | None,
        body: bytes,
        cohort: Cohort | None = None,
    ) -> tuple[list[Any], Mapping[str, Any]]:
        """Read the reply of one query.

        Args:
            cls: Class the query asked for, None when the session does not know the type.
            paths: Its projections, None when they can't be told.
            body: The response's bytes.
            cohort: Where the rows belong; a new one when omitted.

        Returns:
            The entities, and the reply's metadata.

        Raises:
            MalformedResponseError: when the body is truncated or no reply of a query.
        """
        cohort = Cohort() if cohort is None else cohort
        shape = None if cls is None or paths is None else self._shape(cls, paths)
        if shape is not None:
            with self._lock, collector_paused() as collect:
                self.identities.purge()  # before what is sure to be alive comes
                try:
                    reply = shape.read(body, self._session, cohort, collect)
                    return reply["data"], reply.get("metadata") or {}
                except OddValueError:
                    pass  # walked below, where one odd value costs only itself
        results = decoding.decode(body)
        walked: Any = results[0] if results else None
        if not isinstance(walked, dict) or not isinstance(walked.get("data"), list):
            raise MalformedResponseError(
                "The server answered a query with something other than a list of rows.",
                excerpt=decoding.excerpt(body),
            )
        rows: list[Any] = self.walk(walked["data"], cls)
        arrival = Arrival(self._session, cohort)
        for row in rows:
            if isinstance(row, Entity):
                row._arrival = arrival
        return rows, walked.get("metadata") or {}

    def _shape(self, cls: type[Entity], paths: tuple[str, ...]) -> Shape | None:
        key = (cls, paths)
        with self._lock:
            if key in self._shapes:
                self._shapes.move_to_end(key)
                return self._shapes[key]
            tree = projection_tree(paths)
            shape: Shape | None = None
            if tree is not None:
                try:
                    shape = compile_shape(self, cls, tree)
                except (NoShapeError, UnrecognisedEntityTypeError):
                    shape = None
            self._shapes[key] = shape
            if len(self._shapes) > _SHAPES_KEPT:
                self._shapes.popitem(last=False)
            return shape

    def classes_changed(self) -> None:
        """Have the entities that are here, and those to come, be of the classes their types have now."""
        with self._lock:
            self._shapes.clear()
            self._plans.clear()
            for entity in self.identities:
                object.__setattr__(entity, "__class__", self.registry[entity.entity_type])

    # -- documents without a fixed shape -----------------------------------------------------------

    def walk(self, value: Any, declared: type[Entity] | None = None) -> Any:
        """Replace the entities in decoded data by the session's own, dates by datetimes."""
        with self._lock:
            self.identities.purge()
            try:
                return self._walk(value, declared)
            finally:
                self._alive.clear()
                self._moments.clear()

    def walk_all(self, documents: Iterable[tuple[dict[str, Any], type[Entity] | None]]) -> None:
        """Take over documents as `walk` does, each with the class it is declared to be of."""
        with self._lock:
            self.identities.purge()
            try:
                for document, declared in documents:
                    if TAG in document:
                        self._entity(document, declared)
                    else:
                        self._walk(document, declared)
            finally:
                self._alive.clear()
                self._moments.clear()

    def _walk(self, value: Any, declared: type[Entity] | None) -> Any:
        if isinstance(value, list):
            return [self._walk(item, declared) for item in value]
        if isinstance(value, dict):
            if "__entity_type__" in value:
                return self._entity(value, declared)
            if value.get("__type__") in ("datetime", "date"):
                with suppress(ValueError):
                    return dates.parse(value)
            return {name: self._walk(item, None) for name, item in value.items()}
        return value

    def _entity(self, document: dict[str, Any], declared: type[Entity] | None) -> Any:
        key = str(document[TAG]), declared, tuple(document)
        plan = self._plans.get(key) or self._plan(key, document)
        if plan is None:
            return {name: self._walk(item, None) for name, item in document.items()}
        if plan.straight is not None:
            return plan.straight(document)
        plan.used(partial(self._by_plan, plan), self.changed)
        return self._by_plan(plan, document)

    def _by_plan(self, plan: DocumentPlan, document: dict[str, Any]) -> Any:
        cls = plan.cls
        key = document.get(plan.key) if plan.key is not None else None
        if type(key) is not str:
            key = _key(document, cls.__entity__.primary_key)
            if key is None:
                return {name: self._walk(item, None) for name, item in document.items()}
        loaded: dict[str, Any] = {}
        for wire, name, expected, read in plan.arriving:
            value = document[wire]
            loaded[name] = value if type(value) is expected or value is None else read(value)
        # Looked up only now: a row may hold itself further down.
        held = plan.known.get(key)
        entity = None if held is None else held()
        if entity is None:
            entity = object.__new__(cls)
            _set_loaded(entity, {})
            entity._arrival = self.arrival
            plan.known[key] = ref(entity)
            self._alive.append(entity)
        else:
            if type(entity) is not cls:
                refine_class(entity, cls)
            if plan.pairs:
                align(entity, loaded, plan.pairs, self.changed)
        if plan.collections:
            wrap_collections(entity, plan.collections, loaded)
        if id(entity) in self.changed:
            self.merge_changed(entity, loaded)
        elif plan.collections:
            adopt(entity, loaded)
        else:
            vars(entity).update(loaded)
        return entity

    def _plan(self, key: _Look, document: Mapping[str, Any]) -> DocumentPlan | None:
        """What is done with the attributes of a document; None for one of a type that nobody knows."""
        cls = self._class_or_none(*key[:2])
        if cls is None:
            return None
        found = ((wire, next(self.attributes_of(cls, wire), None)) for wire in document if wire != TAG)
        attributes = {wire: one for wire, one in found if one is not None and one.kind != "restricted"}
        info = cls.__entity__
        plan = DocumentPlan(
            cls,
            self.identities.of(self.registry.root(info.name)),
            info.primary_key[0] if len(info.primary_key) == 1 and info.primary_key[0] in document else None,
            [
                Arriving(wire, one.name, _taken(one), partial(self._reading(one), cls, one))
                for wire, one in attributes.items()
            ],
            [one for one in attributes.values() if one.kind in ("collection", "mapped")],
            pairs_apart(cls, attributes.values()),
        )
        if len(self._plans) >= _PLANS_KEPT:
            self._plans.clear()
        self._plans[key] = plan
        return plan

    def _reading(self, attribute: Attribute) -> Callable[[type[Entity], Attribute, Any], Any]:
        """What reads values of an attribute that are not taken as they come; never given None."""
        if attribute.kind != "scalar":
            return self._related
        return self._moment if attribute.target == "datetime" else self._scalar

    def _related(self, cls: type[Entity], attribute: Attribute, raw: Any) -> Any:
        value = self._walk(raw, self.registry.by_class_name(attribute.target))
        if value is None:
            return value
        if attribute.kind == "reference":
            if not isinstance(value, Entity):
                self._report_odd(cls, attribute, raw)
            return value
        entities = [item for item in value if isinstance(item, Entity)] if isinstance(value, list) else []
        if not isinstance(value, list) or len(entities) < len(value):
            # A collection of anything but entities would break where people use it.
            self._report(
                f"{cls.__entity__.name}.{attribute.wire} arrived with something other than a list of entities; "
                "what is none is left out.",
                cls.__entity__.name,
                attribute.wire,
            )
        return entities

    def _moment(self, cls: type[Entity], attribute: Attribute, raw: Any) -> Any:
        try:
            return self._moments[raw["value"] if type(raw) is dict else raw]
        except (KeyError, TypeError, ValueError):
            return self._scalar(cls, attribute, raw)

    def _scalar(self, cls: type[Entity], attribute: Attribute, raw: Any) -> Any:
        value = raw
        if type(raw).__name__ != attribute.target:
            try:
                value = validate_arrival(attribute.target, raw)
            except ValueError:
                self._report_odd(cls, attribute, raw)
                return raw
        if attribute.enum and value is not None and value not in attribute.enum:
            self.unknown_enum(cls, attribute, value)
        return value

    # -- what shapes call back ---------------------------------------------------------------------

    def merge_changed(self, entity: Entity, loaded: dict[str, Any]) -> None:
        """Merge into an entity with uncommitted changes: these stay, the values beneath them are renewed."""
        adopt(entity, self._changes.shield(entity, loaded))

    def class_of(self, name: str, declared: type[Entity]) -> type[Entity]:
        """Class of a row; a type nobody knows is read as the declared one, and reported."""
        return self._class_or_none(name, declared) or declared

    def _class_or_none(self, name: str, declared: type[Entity] | None) -> type[Entity] | None:
        try:
            return self.registry[str(name)]
        except UnrecognisedEntityTypeError:
            instead = "plain data" if declared is None else f"a {declared.__entity__.name}"
            self._report(
                f"The server sent a {name}, a type not in its schema; it is read as {instead}.", str(name)
            )
            return declared

    def attributes_of(self, cls: type[Entity], wire: str) -> Iterator[Attribute]:
        """Every meaning of a wire name on a class, or else on its subtypes.

        Names of subtypes may be used on their base (wire: protocol 1.3); names only the server's schema
        has are found there.
        """
        own = self.own_attribute(cls, wire)
        if own is not None:
            yield own
            return
        for subtype in self.registry.subtypes(cls.__entity__.name):
            found = self.own_attribute(self.registry[subtype], wire)
            if found is not None:
                yield found

    def own_attribute(self, cls: type[Entity], wire: str) -> Attribute | None:
        """The attribute `wire` of a class, declared or known only from the server's schema."""
        name = cls.__entity__.python_names.get(wire, wire)
        found = cls.__attributes__.get(name)
        if found is not None and found.wire == wire:
            return found
        return self._session._extra_attribute(cls, wire)

    def unknown_enum(self, cls: type[Entity], attribute: Attribute, value: Any) -> None:
        """Report a value the generated package does not know; it is kept."""
        self._report(
            f"{cls.__entity__.name}.{attribute.wire} has the value {value!r}, which the generated package does "
            "not know; regenerate it for this server.",
            cls.__entity__.name,
            attribute.wire,
            str(value),
        )

    def _report_odd(self, cls: type[Entity], attribute: Attribute, raw: Any) -> None:
        self._report(
            f"{cls.__entity__.name}.{attribute.wire} arrived as {type(raw).__name__} where "
            f"{attribute.target} was expected; the value is kept as it came.",
            cls.__entity__.name,
            attribute.wire,
        )

    def _report(self, message: str, *key: str) -> None:
        if key not in self._reported:
            self._reported.add(key)
            _logger.warning(message)


def _taken(attribute: Attribute) -> type | None:
    plain = attribute.kind == "scalar" and not attribute.enum
    return _PLAIN.get(attribute.target) if plain else None


def _key(document: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The key a row is known by, None when it does not say it."""
    if len(names) == 1:
        part = document.get(names[0])
        return part if isinstance(part, (str, int, float)) else None
    parts = [document.get(wire) for wire in names]
    if not parts or not all(isinstance(part, (str, int, float)) for part in parts):
        return None
    return tuple(parts)
