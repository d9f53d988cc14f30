"""Shapes: one pydantic-core validator per projection, whose last step is the identity map.

The validator decodes the reply's bytes, checks and converts values in compiled code, and calls back once per
entity with a dict that holds exactly the requested attributes. The callback finds the entity or makes it, and
lets it adopt the dict; no model is validated or copied in Python.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.entity.owner import Arrival, EntityOwner
from ftrack_typed.entity.validation import arrival_schema
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.identity.projection import Projection

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry

_new = object.__new__
_set_loaded = BaseModel.__dict__["__dict__"].__set__
_set_arrival = Entity.__dict__["_arrival"].__set__

Cell = list[Any]
"""Holds the arrival mark of the reply being read; a list, because closures read it fastest."""


class ShapeContext(Protocol):
    """What shapes need of the hydrator that compiles them."""

    registry: EntityRegistry
    identities: IdentityMap
    changed: dict[int, Any]

    def merge_changed(self, entity: Entity, loaded: dict[str, Any]) -> None:
        """Merge into an entity with uncommitted changes."""
        ...

    def class_of(self, name: str, declared: type[Entity]) -> type[Entity]:
        """Class of a row by the type name it carries."""
        ...

    def attributes_of(self, cls: type[Entity], wire: str) -> Iterator[Attribute]:
        """Every meaning of a wire name on a class, or else on its subtypes."""
        ...

    def unknown_enum(self, cls: type[Entity], attribute: Attribute, value: Any) -> None:
        """Report a value the generated package does not know."""
        ...


class NoShapeError(Exception):
    """The projection names something no class declares; the reply is read without a shape."""


class Shape:
    """A compiled projection: reads the body of one reply."""

    __slots__ = ("_cells", "_validator")

    def __init__(self, schema: CoreSchema, cells: list[Cell]) -> None:
        row_list = core_schema.list_schema(schema)
        reply = core_schema.typed_dict_schema(
            {
                "data": core_schema.typed_dict_field(row_list),
                "metadata": core_schema.typed_dict_field(core_schema.any_schema(), required=False),
            },
            extra_behavior="ignore",
        )
        self._validator = SchemaValidator(core_schema.list_schema(reply))
        self._cells = cells

    @contextmanager
    def arriving(self, session: EntityOwner) -> Iterator[None]:
        """Mark the entities read within as coming from one reply."""
        for cell in self._cells:
            cell[0] = Arrival(session)
        try:
            yield
        finally:
            for cell in self._cells:
                cell[0] = None

    def read(self, body: bytes) -> list[dict[str, Any]]:
        """The replies in `body`, with entities for rows.

        Raises:
            pydantic_core.ValidationError: when the body is no JSON or a value does not fit.
        """
        replies: list[dict[str, Any]] = self._validator.validate_json(body)
        return replies


_building = threading.Lock()
"""Pydantic before 2.14 can't build schemas in several threads at once."""


def compile_shape(context: ShapeContext, cls: type[Entity], projection: Projection) -> Shape:
    """Compile the validator of a projection on `cls`.

    Raises:
        NoShapeError: when an attribute is declared nowhere.
    """
    cells: list[Cell] = []
    schema = _entity_schema(context, cls, projection, cells)
    with _building:
        return Shape(schema, cells)


def _entity_schema(
    context: ShapeContext, cls: type[Entity], projection: Projection, cells: list[Cell]
) -> CoreSchema:
    info = cls.__entity__
    fields: dict[str, core_schema.TypedDictField] = {}
    collections: list[Attribute] = []
    for wire, below in projection.attributes.items():
        meanings = list(context.attributes_of(cls, wire))
        if not meanings:
            raise NoShapeError(f"{info.name} has no attribute {wire!r}")
        schemas: list[CoreSchema] = []
        seen: set[tuple[str, str]] = set()
        for meaning in meanings:
            if (meaning.kind, meaning.target) in seen:
                continue
            seen.add((meaning.kind, meaning.target))
            schemas.append(_attribute_schema(context, cls, meaning, below, cells))
            if meaning.kind in ("collection", "mapped"):
                collections.append(meaning)
        schema = (
            schemas[0] if len(schemas) == 1 else core_schema.union_schema(list(schemas), mode="left_to_right")
        )
        fields[meanings[0].name] = core_schema.typed_dict_field(
            schema, required=False, validation_alias=_alias(meanings[0], wire)
        )
    for wire in info.primary_key:
        name = info.python_names.get(wire, wire)
        key_schema = next((m for m in context.attributes_of(cls, wire)), None)
        value = core_schema.any_schema() if key_schema is None else arrival_schema(key_schema.target)
        fields[name] = core_schema.typed_dict_field(value, validation_alias=wire if wire != name else None)
    polymorphic = context.registry.is_polymorphic(info.name)
    if polymorphic:
        fields["__entity_type__"] = core_schema.typed_dict_field(core_schema.str_schema(), required=False)
    cell: Cell = [None]
    cells.append(cell)
    merge = _merger(context, cls, polymorphic, collections, cell)
    return core_schema.no_info_after_validator_function(
        merge, core_schema.typed_dict_schema(fields, extra_behavior="ignore")
    )


def _alias(attribute: Attribute, wire: str) -> Any:
    if attribute.kind == "scalar" and attribute.target == "datetime":
        # Unwraps {"__type__": "datetime", "value": …} in compiled code; null and plain texts take the second way.
        return [[wire, "value"], [wire]]
    return wire if wire != attribute.name else None


def _attribute_schema(
    context: ShapeContext, cls: type[Entity], attribute: Attribute, below: Projection, cells: list[Cell]
) -> CoreSchema:
    if attribute.kind == "scalar":
        schema = arrival_schema(attribute.target)
        return _enum_schema(context, cls, attribute, schema) if attribute.enum else schema
    if attribute.kind == "restricted":
        raise NoShapeError(f"{attribute.wire} can't be loaded")
    target = context.registry.by_class_name(attribute.target)
    if attribute.kind == "mapped":
        # Rows are found by their key; a bare projection brings the value along (wire: protocol 1.3).
        implied = {"key": Projection()} if below.attributes else {"key": Projection(), "value": Projection()}
        below = Projection({**implied, **below.attributes})
    nested = _entity_schema(context, target, below, cells)
    if attribute.kind == "reference":
        return core_schema.nullable_schema(nested)
    return core_schema.nullable_schema(core_schema.list_schema(nested))


def _enum_schema(
    context: ShapeContext, cls: type[Entity], attribute: Attribute, schema: CoreSchema
) -> CoreSchema:
    known = frozenset((*attribute.enum, None))

    def check(value: Any) -> Any:
        if value not in known:
            context.unknown_enum(cls, attribute, value)
        return value

    return core_schema.no_info_after_validator_function(check, schema)


def _merger(
    context: ShapeContext, cls: type[Entity], polymorphic: bool, collections: list[Attribute], cell: Cell
) -> Callable[[dict[str, Any]], Any]:
    """The function that turns the dict of one row into its entity."""
    known = context.identities.of(context.registry.root(cls.__entity__.name))
    changed, merge_changed = context.changed, context.merge_changed
    names = tuple(cls.__entity__.python_names.get(wire, wire) for wire in cls.__entity__.primary_key)
    if len(names) != 1 or collections or names[0] != "id":
        return _general_merger(context, cls, polymorphic, collections, cell, known, names)
    find = known.get

    def fixed(loaded: dict[str, Any]) -> Any:
        key = loaded["id"]
        entity: Any = find(key)
        if entity is None:
            known[key] = entity = _new(cls)
            _set_loaded(entity, loaded)
            _set_arrival(entity, cell[0])
            return entity
        arrival = cell[0]
        if entity._arrival is not arrival:
            if changed and id(entity) in changed:
                merge_changed(entity, loaded)
            else:
                entity.__dict__.update(loaded)
            _set_arrival(entity, arrival)
        return entity

    if not polymorphic:
        return fixed
    class_of = context.class_of
    classes: dict[str | None, type[Entity]] = {None: cls}

    def varied(loaded: dict[str, Any]) -> Any:
        name = loaded.pop("__entity_type__", None)
        key = loaded["id"]
        entity: Any = find(key)
        if entity is None:
            concrete = classes.get(name)
            if concrete is None:
                concrete = classes[name] = class_of(name, cls)
            known[key] = entity = _new(concrete)
            _set_loaded(entity, loaded)
            _set_arrival(entity, cell[0])
            return entity
        arrival = cell[0]
        if entity._arrival is not arrival:
            if type(entity) is not classes.get(name):
                refine_class(entity, class_of(name, cls) if name is not None else cls)
            if changed and id(entity) in changed:
                merge_changed(entity, loaded)
            else:
                entity.__dict__.update(loaded)
            _set_arrival(entity, arrival)
        return entity

    return varied


def _general_merger(
    context: ShapeContext,
    cls: type[Entity],
    polymorphic: bool,
    collections: list[Attribute],
    cell: Cell,
    known: dict[Any, Entity],
    names: tuple[str, ...],
) -> Callable[[dict[str, Any]], Any]:
    """The merger for composite keys and for rows that hold collections."""
    changed, merge_changed = context.changed, context.merge_changed
    single = names[0] if len(names) == 1 else None

    def merge(loaded: dict[str, Any]) -> Any:
        name = loaded.pop("__entity_type__", None) if polymorphic else None
        key = loaded[single] if single is not None else tuple(loaded[part] for part in names)
        entity: Any = known.get(key)
        arrival = cell[0]
        if entity is None:
            known[key] = entity = _new(cls if name is None else context.class_of(name, cls))
            _set_loaded(entity, loaded)
            _set_arrival(entity, arrival)
            wrap_collections(entity, collections, loaded)
            return entity
        if entity._arrival is arrival:
            return entity
        if name is not None and type(entity).__entity__.name != name:
            refine_class(entity, context.class_of(name, cls))
        wrap_collections(entity, collections, loaded)
        if changed and id(entity) in changed:
            merge_changed(entity, loaded)
        else:
            adopt(entity, loaded)
        _set_arrival(entity, arrival)
        return entity

    return merge


def refine_class(entity: Entity, concrete: type[Entity]) -> None:
    """Give an entity first seen under the name of its base its real class."""
    if concrete is not type(entity) and issubclass(concrete, type(entity)):
        object.__setattr__(entity, "__class__", concrete)


def wrap_collections(entity: Entity, collections: list[Attribute], loaded: dict[str, Any]) -> None:
    """Turn the lists that arrived for collection attributes into the collections people use."""
    for attribute in collections:
        if attribute.name not in loaded:
            continue
        items = loaded[attribute.name]
        if not isinstance(items, list):
            items = []  # null, as a row of another type sends it
        # A reply may hold a row twice; the identity map makes both the same object.
        items = list({id(item): item for item in items}.values())
        if attribute.kind == "mapped":
            loaded[attribute.name] = KeyValueCollection(entity, attribute, items)
        else:
            loaded[attribute.name] = Collection(entity, attribute, items)


def adopt(entity: Entity, loaded: dict[str, Any]) -> None:
    """Take over what arrived for an entity without local changes.

    Collections that are there already are refreshed in place: people hold on to them.
    """
    present = vars(entity)
    for name, value in loaded.items():
        if isinstance(value, (Collection, KeyValueCollection)):
            held = present.get(name)
            if isinstance(held, Collection) and isinstance(value, Collection):
                held._take(value)
                continue
            if isinstance(held, KeyValueCollection) and isinstance(value, KeyValueCollection):
                held._take(value)
                continue
        present[name] = value
