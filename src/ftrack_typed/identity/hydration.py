"""Hydration: replies of the server become entities of the identity map."""

from __future__ import annotations

import gc
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import ValidationError

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.owner import Arrival, EntityOwner
from ftrack_typed.entity.validation import validate_arrival
from ftrack_typed.errors import MalformedResponseError, UnrecognisedEntityTypeError
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.identity.projection import projection_tree
from ftrack_typed.identity.shapes import (
    NoShapeError,
    Shape,
    adopt,
    compile_shape,
    refine_class,
    wrap_collections,
)
from ftrack_typed.wire import dates, decoding

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.unit_of_work.changes import ChangeTracker

_logger = logging.getLogger("ftrack_typed.hydration")
_SHAPES_KEPT = 256
"""Compiled projections kept per session; each takes some 20 kB."""

_set_loaded = BaseModel.__dict__["__dict__"].__set__


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
        self.changed = changes.entities
        self._changes = changes
        self._session = session
        self._shapes: OrderedDict[tuple[type[Entity], tuple[str, ...]], Shape | None] = OrderedDict()
        self._lock = threading.RLock()
        self._reported: set[tuple[str, ...]] = set()

    # -- pages of a query --------------------------------------------------------------------------

    def page(
        self, cls: type[Entity] | None, paths: tuple[str, ...] | None, body: bytes
    ) -> tuple[list[Any], Mapping[str, Any]]:
        """Read the reply of one query.

        Args:
            cls: Class the query asked for, None when the session does not know the type.
            paths: Its projections, None when they can't be told.
            body: The response's bytes.

        Returns:
            The entities, and the reply's metadata.

        Raises:
            MalformedResponseError: when the body is truncated or no reply of a query.
        """
        shape = None if cls is None or paths is None else self._shape(cls, paths)
        if shape is not None:
            with self._lock, shape.arriving(self._session), _collector_paused():
                try:
                    reply = shape.read(body)[0]
                    return reply["data"], reply.get("metadata") or {}
                except (ValidationError, IndexError):
                    pass  # walked below, where one odd value costs only itself
        results = decoding.decode(body)
        walked: Any = results[0] if results else None
        if not isinstance(walked, dict) or not isinstance(walked.get("data"), list):
            raise MalformedResponseError(
                "The server answered a query with something other than a list of rows.",
                excerpt=decoding.excerpt(body),
            )
        return self.walk(walked["data"], cls), walked.get("metadata") or {}

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

    # -- documents without a fixed shape -----------------------------------------------------------

    def walk(self, value: Any, declared: type[Entity] | None = None) -> Any:
        """Replace the entities in decoded data by the session's own, dates by datetimes."""
        with self._lock:
            return self._walk(value, declared, Arrival(self._session))

    def _walk(self, value: Any, declared: type[Entity] | None, arrival: Arrival) -> Any:
        if isinstance(value, list):
            return [self._walk(item, declared, arrival) for item in value]
        if isinstance(value, dict):
            if "__entity_type__" in value:
                return self._entity(value, declared, arrival)
            if value.get("__type__") in ("datetime", "date"):
                return dates.parse(value)
            return {name: self._walk(item, None, arrival) for name, item in value.items()}
        return value

    def _entity(self, document: dict[str, Any], declared: type[Entity] | None, arrival: Arrival) -> Any:
        cls = self._class_or_none(document["__entity_type__"], declared)
        if cls is None:
            return {name: self._walk(item, None, arrival) for name, item in document.items()}
        info = cls.__entity__
        try:
            parts = [document[wire] for wire in info.primary_key]
        except KeyError:
            return {name: self._walk(item, None, arrival) for name, item in document.items()}
        root = self.identities.of(self.registry.root(info.name))
        key = parts[0] if len(parts) == 1 else tuple(parts)
        entity = root.get(key)
        loaded: dict[str, Any] = {}
        collections: list[Attribute] = []
        for wire, raw in document.items():
            if wire == "__entity_type__":
                continue
            found = next(iter(self.attributes_of(cls, wire)), None)
            if found is None:
                continue
            if found.kind == "scalar":
                loaded[found.name] = self._scalar(cls, found, raw)
            elif found.kind != "restricted":
                target = self.registry.by_class_name(found.target)
                loaded[found.name] = self._walk(raw, target, arrival)
                if found.kind in ("collection", "mapped"):
                    collections.append(found)
        if entity is None:
            entity = object.__new__(cls)
            _set_loaded(entity, {})
            root[key] = entity
        else:
            refine_class(entity, cls)
        wrap_collections(entity, collections, loaded)
        if id(entity) in self.changed:
            self.merge_changed(entity, loaded)
        else:
            adopt(entity, loaded)
        entity._arrival = arrival
        return entity

    def _scalar(self, cls: type[Entity], attribute: Attribute, raw: Any) -> Any:
        try:
            value = validate_arrival(attribute.target, raw)
        except ValueError:
            self._report(
                f"{cls.__entity__.name}.{attribute.wire} arrived as {type(raw).__name__} where "
                f"{attribute.target} was expected; the value is kept as it came.",
                cls.__entity__.name,
                attribute.wire,
            )
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
            return self.registry[name]
        except UnrecognisedEntityTypeError:
            instead = "plain data" if declared is None else f"a {declared.__entity__.name}"
            self._report(
                f"The server sent a {name}, a type not in its schema; it is read as {instead}.", name
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

    def _report(self, message: str, *key: str) -> None:
        if key not in self._reported:
            self._reported.add(key)
            _logger.warning(message)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from scanning thousands of entities that are all alive (a tenth or more)."""
    running = gc.isenabled()
    if running:
        gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
