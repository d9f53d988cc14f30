"""Shapes: one pydantic-core validator per projection, whose last step is the identity map.

The validator decodes the reply's bytes, checks and converts values in compiled code, and calls back once per
entity with a dict that holds exactly the requested attributes. The callback finds the entity or makes it, and
lets it adopt the dict; no model is validated or copied in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from pydantic import BaseModel
from pydantic_core import CoreSchema, core_schema

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.entity.info import EntityInfo
from ftrack_typed.entity.mapped import mapped_collection
from ftrack_typed.entity.owner import Arrival, EntityOwner
from ftrack_typed.entity.validation import arrival_schema, build_validator, plain_schema
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.identity.pairs import Pair, align, pairs_apart
from ftrack_typed.identity.projection import Projection
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.query.cohort import Cohort

_new = object.__new__
_set_loaded = BaseModel.__dict__["__dict__"].__set__
_set_arrival = Entity.__dict__["_arrival"].__set__


class ShapeContext(Protocol):
    """What shapes need of the hydrator that compiles them."""

    registry: EntityRegistry
    identities: IdentityMap
    changed: dict[int, Any]
    arrival: Arrival

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


Cell = list[Any]
"""Holds the mark of the reply being read, for one row schema; a list, because closures read it fastest."""


class Cells:
    """The cells of a shape, and the place in the projection that is being compiled."""

    __slots__ = ("_path", "all")

    def __init__(self, cells: list[tuple[Cell, tuple[str, ...]]], path: tuple[str, ...] = ()) -> None:
        self.all: list[tuple[Cell, tuple[str, ...]]] = cells
        self._path = path

    def below(self, wire: str) -> Cells:
        """The same, one step further down."""
        return Cells(self.all, (*self._path, wire))

    def add(self) -> Cell:
        """A cell for a row schema at this place."""
        cell: Cell = [None]
        self.all.append((cell, self._path))
        return cell


class Shape:
    """A compiled projection: reads the body of one reply."""

    __slots__ = ("_cells", "_validator")

    def __init__(self, schema: CoreSchema, cells: Cells) -> None:
        row_list = core_schema.list_schema(schema)
        reply = core_schema.typed_dict_schema(
            {
                "data": core_schema.typed_dict_field(row_list),
                "metadata": core_schema.typed_dict_field(core_schema.any_schema(), required=False),
            },
            extra_behavior="ignore",
        )
        self._validator = build_validator(core_schema.list_schema(reply))
        self._cells = cells.all

    def read(self, body: bytes, session: EntityOwner, cohort: Cohort) -> list[dict[str, Any]]:
        """The replies in `body`, with entities of `session` for rows, in `cohort`. For one thread at a time.

        Raises:
            pydantic_core.ValidationError: when the body is no JSON or a value does not fit.
        """
        for cell, path in self._cells:
            cell[0] = Arrival(session, cohort.at(path))
        replies: list[dict[str, Any]] = self._validator.validate_json(body)
        return replies


def compile_shape(context: ShapeContext, cls: type[Entity], projection: Projection) -> Shape:
    """Compile the validator of a projection on `cls`.

    Raises:
        NoShapeError: when an attribute is declared nowhere.
    """
    cells = Cells([])
    return Shape(_entity_schema(context, cls, projection, cells), cells)


def _entity_schema(
    context: ShapeContext,
    cls: type[Entity],
    projection: Projection,
    cells: Cells,
) -> CoreSchema:
    """The schema of a row.

    Args:
        context: The hydrator.
        cls: Class the row is declared to have.
        projection: What is loaded of it.
        cells: Gets the cell of this row schema and of those below it.
    """
    info = cls.__entity__
    # What the server sends along unasked is kept: it saves asking for it (wire: protocol 1.3).
    along = (
        wire
        for name in (info.name, *context.registry.subtypes(info.name))
        for wire in context.registry[name].__entity__.system_projections
    )
    wanted = {**dict.fromkeys(along, Projection()), **projection.attributes}
    fields: dict[str, core_schema.TypedDictField] = {}
    arriving: list[Attribute] = []
    for wire, below in wanted.items():
        meanings = list(context.attributes_of(cls, wire))
        if not meanings:
            if wire in projection.attributes:
                raise NoShapeError(f"{info.name} has no attribute {wire!r}")
            continue
        meanings = list({(meaning.kind, meaning.target): meaning for meaning in reversed(meanings)}.values())[
            ::-1
        ]
        arriving += meanings
        schema = _meanings_schema(context, cls, meanings, below, cells.below(wire))
        fields[meanings[0].name] = core_schema.typed_dict_field(
            schema, required=False, validation_alias=_alias(meanings[0], wire)
        )
    for wire in info.primary_key:
        name = info.python_names.get(wire, wire)
        key = next(iter(context.attributes_of(cls, wire)), None)
        value = plain_schema("str" if key is None else key.target)
        fields[name] = core_schema.typed_dict_field(value, validation_alias=wire if wire != name else None)
    if context.registry.is_polymorphic(info.name):
        fields["__entity_type__"] = core_schema.typed_dict_field(core_schema.str_schema(), required=False)
    cell = cells.add()
    merge = _merger(
        context, cls, arriving, "__entity_type__" in fields, cell, _witness(info, projection, fields)
    )
    return core_schema.no_info_after_validator_function(
        merge, core_schema.typed_dict_schema(fields, extra_behavior="ignore")
    )


def _alias(attribute: Attribute, wire: str) -> Any:
    if attribute.kind == "scalar" and attribute.target == "datetime":
        # Unwraps {"__type__": "datetime", "value": …} in compiled code; null and plain texts take the second way.
        return [[wire, "value"], [wire]]
    return wire if wire != attribute.name else None


def _meanings_schema(
    context: ShapeContext, cls: type[Entity], meanings: list[Attribute], below: Projection, cells: Cells
) -> CoreSchema:
    """The schema of an attribute; of several, when it means different things on different subtypes."""
    schemas: list[CoreSchema] = []
    # Plain values first: trying a text against them leaves nothing behind.
    for kind in sorted({meaning.kind for meaning in meanings}, key=lambda kind: (kind != "scalar", kind)):
        same = [meaning for meaning in meanings if meaning.kind == kind]
        if kind == "scalar":
            schemas += [_scalar_schema(context, cls, meaning) for meaning in same]
        elif kind == "restricted":
            raise NoShapeError(f"{same[0].wire} can't be loaded")
        else:
            related = _related_schema(context, same, below, cells)
            schemas.append(
                core_schema.nullable_schema(
                    related if kind == "reference" else core_schema.list_schema(related)
                )
            )
    return schemas[0] if len(schemas) == 1 else core_schema.union_schema(list(schemas), mode="left_to_right")


def _scalar_schema(context: ShapeContext, cls: type[Entity], attribute: Attribute) -> CoreSchema:
    schema = arrival_schema(attribute.target)
    return _enum_schema(context, cls, attribute, schema) if attribute.enum else schema


def _related_schema(
    context: ShapeContext, meanings: list[Attribute], below: Projection, cells: Cells
) -> CoreSchema:
    """The schema of the rows a relation leads to."""
    if meanings[0].kind == "mapped":
        # Rows are found by their key; a bare projection brings the value along (wire: protocol 1.3).
        implied = {"key": Projection()} if below.attributes else {"key": Projection(), "value": Projection()}
        below = Projection({**implied, **below.attributes})
    targets = [context.registry.by_class_name(meaning.target) for meaning in meanings]
    rows = {target.__entity__.name: _entity_schema(context, target, below, cells) for target in targets}
    if len(rows) == 1:
        return next(iter(rows.values()))
    # Told apart by their tag before anything of them is read: a row read as the wrong type would leave
    # entities behind.
    choices: dict[Any, CoreSchema] = {}
    for name, schema in rows.items():
        for concrete in (name, *context.registry.subtypes(name)):
            choices.setdefault(concrete, schema)
    return core_schema.tagged_union_schema(choices, discriminator="__entity_type__")


def _enum_schema(
    context: ShapeContext, cls: type[Entity], attribute: Attribute, schema: CoreSchema
) -> CoreSchema:
    known = frozenset((*attribute.enum, None))

    def check(value: Any) -> Any:
        if value not in known:
            context.unknown_enum(cls, attribute, value)
        return value

    return core_schema.no_info_after_validator_function(check, schema)


def _witness(info: EntityInfo, projection: Projection, fields: Mapping[str, Any]) -> str:
    """An attribute whose presence tells that a row carries its data and is no bare reference."""
    asked = [info.python_names.get(wire, wire) for wire in projection.attributes]
    sent_anyway = {
        info.python_names.get(wire, wire) for wire in (*info.primary_key, *info.system_projections)
    }
    telling = [name for name in asked if name in fields and name not in sent_anyway]
    return telling[-1] if telling else info.python_names.get(info.primary_key[0], info.primary_key[0])


def _merger(
    context: ShapeContext,
    cls: type[Entity],
    arriving: list[Attribute],
    tagged: bool,
    cell: Cell,
    witness: str,
) -> Callable[[dict[str, Any]], Any]:
    """The function that turns the dict of one row into its entity.

    Rows repeat: a status stands in every task that has it. The first occurrence with data marks the entity
    with the reply it came in, and further ones of the same reply are done after one comparison: whatever the
    server says of an entity at one place of a projection, it has said completely by then (wire: protocol 1.3).
    """
    names = tuple(cls.__entity__.python_names.get(wire, wire) for wire in cls.__entity__.primary_key)
    collections = [attribute for attribute in arriving if attribute.kind in ("collection", "mapped")]
    pairs = pairs_apart(cls, arriving)
    if names != ("id",) or collections:
        return _general_merger(context, cls, collections, pairs, names, cell, witness)
    known = context.identities.of(context.registry.root(cls.__entity__.name))
    find = known.get
    changed, merge_changed, arrival = context.changed, context.merge_changed, context.arrival

    def merge(entity: Any, loaded: dict[str, Any]) -> None:
        if len(loaded) > 1:  # else a bare reference
            if pairs:
                align(entity, loaded, pairs, changed)
            if changed and id(entity) in changed:
                merge_changed(entity, loaded)
            else:
                entity.__dict__.update(loaded)
            if witness in loaded:
                _set_arrival(entity, cell[0])

    def fixed(loaded: dict[str, Any]) -> Any:
        key = loaded["id"]
        held = find(key)
        entity: Any = None if held is None else held()
        if entity is None:
            entity = _new(cls)
            _set_loaded(entity, loaded)
            _set_arrival(entity, cell[0] if witness in loaded else arrival)
            known[key] = ref(entity)
        elif entity._arrival is not cell[0]:
            merge(entity, loaded)
        return entity

    if not tagged:
        return fixed
    class_of = _classes(context, cls)

    def varied(loaded: dict[str, Any]) -> Any:
        name = loaded.pop("__entity_type__", None)
        key = loaded["id"]
        held = find(key)
        entity: Any = None if held is None else held()
        if entity is None:
            entity = _new(class_of[name])
            _set_loaded(entity, loaded)
            _set_arrival(entity, cell[0] if witness in loaded else arrival)
            known[key] = ref(entity)
        elif entity._arrival is not cell[0]:
            if entity.__class__ is not class_of[name]:
                refine_class(entity, class_of[name])
            merge(entity, loaded)
        return entity

    return varied


def _general_merger(
    context: ShapeContext,
    cls: type[Entity],
    collections: list[Attribute],
    pairs: tuple[Pair, ...],
    names: tuple[str, ...],
    cell: Cell,
    witness: str,
) -> Callable[[dict[str, Any]], Any]:
    """The merger for composite keys and for rows that hold collections."""
    known = context.identities.of(context.registry.root(cls.__entity__.name))
    changed, merge_changed, arrival = context.changed, context.merge_changed, context.arrival
    single = names[0] if len(names) == 1 else None
    class_of = _classes(context, cls)

    def merge(loaded: dict[str, Any]) -> Any:
        concrete = class_of[loaded.pop("__entity_type__", None)]
        key = loaded[single] if single is not None else tuple(loaded[part] for part in names)
        held = known.get(key)
        entity: Any = None if held is None else held()
        if entity is None:
            entity = _new(concrete)
            _set_loaded(entity, loaded)
            _set_arrival(entity, cell[0] if witness in loaded else arrival)
            known[key] = ref(entity)
            wrap_collections(entity, collections, loaded)
            return entity
        if type(entity) is not concrete:
            refine_class(entity, concrete)
        wrap_collections(entity, collections, loaded)
        if pairs:
            align(entity, loaded, pairs, changed)
        if changed and id(entity) in changed:
            merge_changed(entity, loaded)
        else:
            adopt(entity, loaded)
        if witness in loaded:
            _set_arrival(entity, cell[0])
        return entity

    return merge


def _classes(context: ShapeContext, cls: type[Entity]) -> Mapping[str | None, type[Entity]]:
    """Classes by the type name rows carry; rows without one are of the declared class."""
    root = context.registry.root(cls.__entity__.name)

    class Classes(dict["str | None", "type[Entity]"]):
        def __missing__(self, name: str) -> type[Entity]:
            found = context.class_of(name, cls)
            if context.registry.root(found.__entity__.name) != root:
                # No row of this tree: it must not get into the tree's identity map.
                raise ValueError(f"{name} is no {cls.__entity__.name}")
            self[name] = found
            return found

    return Classes({None: cls, cls.__entity__.name: cls})


def refine_class(entity: Entity, concrete: type[Entity]) -> None:
    """Give an entity first seen under the name of its base its real class."""
    if concrete is not type(entity) and issubclass(concrete, type(entity)):
        object.__setattr__(entity, "__class__", concrete)


def wrap_collections(entity: Entity, collections: list[Attribute], loaded: dict[str, Any]) -> None:
    """Turn the lists that arrived for collection attributes into the collections people use."""
    for attribute in collections:
        items = loaded.get(attribute.name, NOT_SET)
        if items is NOT_SET or isinstance(items, (Collection, KeyValueCollection)):
            continue  # wrapped already: subtypes may have different attributes of this name
        attribute = type(entity).__attributes__.get(attribute.name, attribute)
        if not isinstance(items, list):
            items = []  # null, as a row of another type sends it
        # A reply may hold a row twice; the identity map makes both the same object.
        items = list({id(item): item for item in items}.values())
        if attribute.kind == "mapped":
            loaded[attribute.name] = mapped_collection(entity, attribute, items)
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
