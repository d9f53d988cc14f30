"""Shapes: what a reply to one projection looks like, compiled; its last step is the identity map.

The bytes are decoded to dicts in compiled code. Each row then meets the function its layout has: values are checked and
converted in place, related rows are replaced by their entities, and the dict itself becomes the state of the entity.
Nothing is validated twice or copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.base import _set_arrival, _set_loaded
from ftrack_typed.entity.info import EntityInfo
from ftrack_typed.entity.owner import Arrival, EntityOwner
from ftrack_typed.entity.validation import validate_arrival
from ftrack_typed.identity.layouts import (
    TAG,
    Field,
    Namespace,
    OddValueError,
    Read,
    converted,
    moment,
    plain,
    raw,
    related,
    repeating,
)
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.identity.merging import refine_class
from ftrack_typed.identity.pairs import align, pair_of, pairs_apart
from ftrack_typed.identity.places import Place
from ftrack_typed.identity.projection import Projection
from ftrack_typed.wire.slices import replies_by_slice

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.query.cohort import Cohort


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


class Shape:
    """A compiled projection: reads the body of one reply."""

    __slots__ = ("_names", "_places", "_reading", "_root")

    def __init__(self, names: Namespace, root: Place, places: list[Place]) -> None:
        self._reading = False
        self._names = names
        self._root = root
        self._places = places

    def read(
        self, body: bytes, session: EntityOwner, cohort: Cohort, done: Callable[[int], None]
    ) -> dict[str, Any]:
        """The reply in `body`, with entities of `session` for rows, in `cohort`. For one thread at a time.

        Args:
            body: The response's bytes.
            session: Owns the entities.
            cohort: Where the rows belong.
            done: Called now and then with the number of rows read since the last time.

        Raises:
            OddValueError: when the body is no JSON or holds something that does not fit.
        """
        if self._reading:  # a finalizer that ran in between asks the same query
            raise OddValueError
        self._reading = True
        for place in self._places:
            place.begin(Arrival(session, cohort.at(place.path)))
        try:
            entities: list[Any] = []
            reply: dict[str, Any] = {}
            for reply in replies_by_slice(body):
                rows = self._root.read_all(reply["data"])
                reply["data"] = entities
                entities += rows
                done(len(rows))
        except (LookupError, TypeError, ValueError) as error:
            # Wherever a list, a text or a number stands in place of a row.
            raise OddValueError from error
        finally:
            self._names.forget()
            self._reading = False
        return reply


def compile_shape(context: ShapeContext, cls: type[Entity], projection: Projection) -> Shape:
    """Compile the reading of a projection on `cls`.

    Raises:
        NoShapeError: when an attribute is declared nowhere.
    """
    compiler = _Compiler(context)
    root = compiler.place(cls, projection, ())
    return Shape(compiler.names, root, compiler.places)


class _Compiler:
    """Makes the places of one shape."""

    def __init__(self, context: ShapeContext) -> None:
        self.places: list[Place] = []
        self.names: Namespace = Namespace(
            OddValueError=OddValueError,
            align=align,
            arrival=context.arrival,
            changed=context.changed,
            merge_changed=context.merge_changed,
            new=object.__new__,
            ref=ref,
            refine_class=refine_class,
            set_arrival=_set_arrival,
            set_loaded=_set_loaded,
        )
        self._context = context

    def place(self, cls: type[Entity], projection: Projection, path: tuple[str, ...]) -> Place:
        """The reading of rows.

        Args:
            cls: Class the rows are declared to have.
            projection: What is loaded of them.
            path: Where they stand, as wire names from the root.
        """
        context, info = self._context, cls.__entity__
        # What the server sends along unasked is kept: it saves asking for it (wire: protocol 1.3).
        along = (
            wire
            for name in (info.name, *context.registry.subtypes(info.name))
            for wire in context.registry[name].__entity__.system_projections
        )
        wanted = {**dict.fromkeys(along, Projection()), **projection.attributes}
        fields: dict[str, tuple[str, Field]] = {}
        arriving: list[Attribute] = []
        for wire, below in wanted.items():
            meanings = list(context.attributes_of(cls, wire))
            if not meanings:
                if wire in projection.attributes:
                    raise NoShapeError(f"{info.name} has no attribute {wire!r}")
                continue
            distinct = {(meaning.kind, meaning.target): meaning for meaning in reversed(meanings)}
            meanings = list(distinct.values())[::-1]
            arriving += meanings
            fields[wire] = meanings[0].name, self._field(cls, meanings, below, (*path, wire))
        for wire in info.primary_key:
            key = next(iter(context.attributes_of(cls, wire)), None)
            fields[wire] = info.python_names.get(wire, wire), _key_field("str" if key is None else key.target)
        place = Place(
            names=self.names,
            path=path,
            cls=cls,
            class_of=_classes(context, cls) if context.registry.is_polymorphic(info.name) else None,
            fields=fields,
            witness=_witness(info, projection, fields),
            known=context.identities.of(context.registry.root(info.name)),
            collections=[each for each in arriving if each.kind in ("collection", "mapped")],
            pairs=pairs_apart(cls, arriving),
        )
        self.places.append(place)
        return place

    def _field(
        self, cls: type[Entity], meanings: list[Attribute], below: Projection, path: tuple[str, ...]
    ) -> Field:
        """The reading of an attribute, which may mean different things on different subtypes."""
        scalars = [self._scalar(cls, meaning) for meaning in meanings if meaning.kind == "scalar"]
        rows: dict[bool, str] = {}
        relations: list[Field] = []
        for kind in sorted({meaning.kind for meaning in meanings} - {"scalar"}):
            same = [meaning for meaning in meanings if meaning.kind == kind]
            if kind == "restricted":
                raise NoShapeError(f"{same[0].wire} can't be loaded")
            several = kind != "reference"
            reader, memory = self._related(same, below, path)
            rows.setdefault(several, reader)
            relations.append(related(reader, memory, several))
        if len(scalars) + len(rows) == 1:
            return (*scalars, *relations)[0]
        convert = [
            partial(validate_arrival, meaning.target) for meaning in meanings if meaning.kind == "scalar"
        ]
        return converted(_mixed(self.names, convert, rows))

    def _scalar(self, cls: type[Entity], attribute: Attribute) -> Field:
        if attribute.target == "str" and _repeats(cls, attribute):
            report = partial(self._context.unknown_enum, cls, attribute)
            return repeating(partial(validate_arrival, "str"), attribute.enum, report)
        return _SCALARS.get(attribute.target, raw)

    def _related(
        self, meanings: list[Attribute], below: Projection, path: tuple[str, ...]
    ) -> tuple[str, str | None]:
        """Global names of the functions that read, and find again, the rows a relation leads to."""
        registry = self._context.registry
        if meanings[0].kind == "mapped":
            # Rows are found by their key; a bare projection brings the value along (wire: protocol 1.3).
            implied = (
                {"key": Projection()} if below.attributes else {"key": Projection(), "value": Projection()}
            )
            below = Projection({**implied, **below.attributes})
        targets = {
            target.__entity__.name: target
            for target in (registry.by_class_name(meaning.target) for meaning in meanings)
        }
        places = {name: self.place(target, below, path) for name, target in targets.items()}
        if len(places) == 1:
            only = next(iter(places.values()))
            return only.reader, only.memory
        # Told apart by their tag before anything of them is read: a row read as the wrong type would leave
        # entities behind.
        choices: dict[str, Place] = {}
        for name, place in places.items():
            for concrete in (name, *registry.subtypes(name)):
                choices.setdefault(concrete, place)
        names = self.names
        return names.bind("choose", lambda row: names.globals[choices[row[TAG]].reader](row)), None


def _mixed(
    names: Namespace, conversions: Sequence[Callable[[Any], Any]], rows: Mapping[bool, str]
) -> Callable[[Any], Any]:
    """The reading of an attribute that is a relation here and a plain value there.

    Args:
        names: Has the functions that read rows.
        conversions: What plain values may be converted by, tried in turn.
        rows: Global names of the functions that read related rows: under True for lists, under False for single ones.
    """

    def read(value: Any) -> Any:
        if value is None:
            return None
        if True in rows and type(value) is list:
            read_one: Read = names.globals[rows[True]]
            return [read_one(row) for row in value]
        if False in rows and type(value) is dict and TAG in value:
            return names.globals[rows[False]](value)
        for convert in conversions:
            try:
                return convert(value)
            except ValueError:
                continue
        raise OddValueError

    return read


_TYPES: dict[str, type] = {expected.__name__: expected for expected in (str, int, float, bool)}
_SCALARS: dict[str, Field] = {
    **{name: plain(expected, partial(validate_arrival, name)) for name, expected in _TYPES.items()},
    "datetime": moment,
    "Any": converted(partial(validate_arrival, "Any"), only_dicts=True),
}
"""The reading of plain values by the name of their type; values of other types are kept as they come."""


def _repeats(cls: type[Entity], attribute: Attribute) -> bool:
    """Whether many entities share the few values a text has."""
    return bool(
        attribute.enum
        or attribute.points_to
        or attribute.wire in cls.__entity__.system_projections  # such as `context_type`
        or pair_of(cls, attribute) is not None
    )


def _key_field(target: str) -> Field:
    """The reading of a key, which is never null."""

    def convert(value: Any) -> Any:
        if value is None:
            raise OddValueError
        return validate_arrival(target, value)

    return plain(_TYPES[target], convert, nullable=False) if target in _TYPES else converted(convert)


def _witness(info: EntityInfo, projection: Projection, fields: Mapping[str, Any]) -> str:
    """An attribute whose presence tells that a row carries its data and is no bare reference; its wire name."""
    sent_anyway = {*info.primary_key, *info.system_projections}
    telling = [wire for wire in projection.attributes if wire in fields and wire not in sent_anyway]
    return telling[-1] if telling else info.primary_key[0]


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
