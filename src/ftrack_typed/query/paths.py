"""Attribute paths: what the attributes of an entity class are in a query.

``Task.status.name`` is an :class:`Expr`, ``Task.status`` a :class:`RelationPath` (typed as the class of the
related entity, so that paths chain), ``Task.notes`` a :class:`ManyPath`, ``Task.metadata`` a :class:`MappedPath`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, Protocol, TypeVar, cast

from ftrack_typed.query.criteria import Criterion, nested
from ftrack_typed.query.literals import literal
from ftrack_typed.query.operands import Expr, KeyExpr, Operand, Ordering, listed, membership

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity

__all__ = ["Expr", "KeyExpr", "ManyPath", "MappedPath", "Ordering", "RelationPath", "projection", "sort_key"]

E = TypeVar("E", bound="Entity")
V = TypeVar("V")


class ManyPath(Generic[E]):
    """The path to a collection, as in ``Task.notes``."""

    __slots__ = ("path", "target")

    path: str
    target: type[Entity]

    def __init__(self, path: str, target: type[Entity]) -> None:
        self.path = path
        self.target = target

    def any(self, *criteria: Criterion) -> Criterion:
        """Match when one element fulfils all `criteria`; with none, when the collection is not empty."""
        return nested(f"{self.path} any", criteria)

    @property
    def each(self) -> type[E]:
        """The elements as a path: ``Task.notes.each.author.id``.

        In a criterion any element may match; two criteria may be matched by different elements (use
        :meth:`any` to ask for one that fulfils both).
        """
        return cast("type[E]", RelationPath(self.path, self.target, through_collection=True))

    def __hash__(self) -> int:
        return hash(self.path)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self.path} is a collection of the class and has no value here; ask with .any(…).")

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"


class Keys(Protocol):
    """What is known about the keys of key/value rows."""

    def spelled(self, name: str) -> str:
        """The key that is spelled `name` in Python."""
        ...

    def scalar(self, key: str) -> str:
        """Type of the values behind a key, ``Any`` when it is unknown."""
        ...

    def spellings(self) -> Iterable[str]:
        """All known keys as they are spelled in Python."""
        ...


class MappedPath(ManyPath[E], Generic[E, V]):
    """The path to rows of a key and a value, as in ``Task.metadata``: ``Task.metadata["colour"] == "red"``.

    Custom attributes also go by their Python spelling: ``Shot.custom_attributes.fps > 24``.
    """

    __slots__ = ("_keys", "_owner")

    def __init__(
        self, path: str, target: type[Entity], keys: Keys, *, owner: type[Entity] | None = None
    ) -> None:
        """Args:
        path: The dotted path, in the query language.
        target: Class of the rows.
        keys: What is known about the keys.
        owner: The class it was read from, None when that is further up a path.
        """
        super().__init__(path, target)
        self._keys = keys
        self._owner = owner

    def __getitem__(self, key: str) -> KeyExpr[V]:
        """The value behind one key."""
        # Rows of values that were really set have a configuration, and no key of their own.
        key_path = "key" if "key" in self.target.__attributes__ else "configuration.key"
        return KeyExpr(self.path, key, self._keys.scalar(key), key_path, owner=self._owner)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            return self[self._keys.spelled(name)]

        def __dir__(self):
            return [*super().__dir__(), *self._keys.spellings()]


class RelationPath:
    """What the class face of a relation is at run time; checkers see the class of the related entity."""

    __slots__ = ("_owner", "_path", "_target", "_through_collection")

    _owner: type[Entity] | None
    _path: str
    _target: type[Entity]
    _through_collection: bool

    def __init__(
        self,
        path: str,
        target: type[Entity],
        *,
        through_collection: bool = False,
        owner: type[Entity] | None = None,
    ) -> None:
        self._path = path
        self._target = target
        self._through_collection = through_collection
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return self._target.__face__(name, f"{self._path}.", self._through_collection)

    def __eq__(self, other: object) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("is", other)

    def __ne__(self, other: object) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("is_not", other)

    def is_(self, other: object) -> Criterion:
        return self._compare("is", other)

    def is_not(self, other: object) -> Criterion:
        return self._compare("is_not", other)

    def _compare(self, operator: str, other: object) -> Criterion:
        if other is None:
            return Criterion(f"{self._path} {operator} none")
        key = self._key_attribute()
        self._require_entity(other)
        return Criterion(f"{self._path}.{key} {operator} {literal(other)}")

    def in_(self, entities: Iterable[Entity]) -> Criterion:
        key = self._key()
        inside = self._among(key, entities, "in")
        return key._never() if inside is None else inside

    def not_in(self, entities: Iterable[Entity]) -> Criterion:
        key = self._key()
        inside = self._among(key, entities, "not_in")
        return key._always() if inside is None else inside

    def _among(self, key: Operand[Any], entities: Any, operator: str) -> Criterion | None:
        subquery = getattr(entities, "_subquery", None)
        if subquery is not None:
            return Criterion(membership(key.path, operator, subquery(self._key_attribute())))
        given = list(entities)
        for entity in given:
            self._require_entity(entity)
        inside = listed(self._path, given)
        return Criterion(membership(key.path, operator, (inside,))) if inside.literals else None

    def has(self, *criteria: Criterion) -> Criterion:
        return nested(f"{self._path} has", criteria)

    def cast(self, entity_class: type[E]) -> type[E]:
        given: object = entity_class
        facts = getattr(given, "__entity__", None)
        if facts is None or isinstance(given, RelationPath):
            raise TypeError(f"{self._path}.cast(…) takes an entity class, not {entity_class!r}.")
        registry, declared = self._target.__registry__, self._target.__entity__.name
        if facts.name not in registry or registry.root(facts.name) != registry.root(declared):
            raise TypeError(f"{self._path} leads to a {declared}, which is never a {facts.name}.")
        path = f"{self._path}[{facts.name}]"
        return cast("type[E]", RelationPath(path, entity_class, through_collection=self._through_collection))

    def _key(self) -> Operand[Any]:
        return Operand(f"{self._path}.{self._key_attribute()}")

    def _key_attribute(self) -> str:
        key = self._target.__entity__.primary_key
        if len(key) != 1:
            raise TypeError(
                f"{self._path} leads to a composite key; compare its parts {', '.join(key)} one by one."
            )
        return key[0]

    def _require_entity(self, value: object) -> None:
        if not hasattr(value, "__entity__"):
            raise TypeError(
                f"{self._path} is a relation and compares with an entity or None, not with {value!r}; "
                f"compare one of its attributes, as in {self._path}.{self._key_attribute()}."
            )

    def __hash__(self) -> int:
        return hash(self._path)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self._path} is an attribute of the class and has no value here; compare it in a query."
        )

    def __call__(self, *arguments: object, **named: object) -> NoReturn:
        raise TypeError(f"{self._path} is the path of a relation; create entities from their class.")

    def __dir__(self) -> list[str]:
        return [*self._target.__attributes__, "cast", "has", "in_", "is_", "is_not", "not_in"]

    def __str__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"RelationPath({self._path!r}, {self._target.__name__})"


class OwnAttribute(NamedTuple):
    """An attribute, or a key of one, that was read from a class."""

    owner: type[Entity]
    wire: str
    key: str | None = None


def own_attribute(item: object) -> OwnAttribute | None:
    """What an attribute read from a class is of that class; None for anything else, and for longer paths."""
    if isinstance(item, RelationPath):
        return None if item._owner is None else OwnAttribute(item._owner, item._path)
    if isinstance(item, KeyExpr):
        return None if item.owner is None else OwnAttribute(item.owner, item.path, item.key)
    if isinstance(item, Expr):
        return None if item.owner is None else OwnAttribute(item.owner, item.path)
    return None


def projection(item: object) -> str:
    """The path of a projection given as text, expression or relation.

    Raises:
        TypeError: when `item` is none of these, for example a value read from an entity.
    """
    if isinstance(item, str):
        return item
    if isinstance(item, (Expr, ManyPath)):
        return item.path
    if isinstance(item, RelationPath):
        return item._path
    if isinstance(item, KeyExpr):
        raise TypeError(f"{item} can't be loaded by itself; load {item.path}.")
    raise TypeError(
        f"{item!r} is no attribute of an entity class; pass one as in Task.status.name, or its text."
    )


def projections(*items: object) -> tuple[str, ...]:
    """The paths of what is to be loaded, each once: texts may name several, lists may hold several.

    Raises:
        TypeError: as :func:`projection`.
    """
    paths: list[str] = []
    for item in items:
        if isinstance(item, str):
            paths.extend(path.strip() for path in item.split(",") if path.strip())
        elif isinstance(item, (list, tuple)):
            paths.extend(projections(*item))
        else:
            paths.append(projection(item))
    return tuple(dict.fromkeys(paths))


def sort_key(item: object) -> Ordering:
    """The sort key given as expression or :class:`Ordering`.

    Raises:
        TypeError: when it is something the server can't sort by.
    """
    if isinstance(item, Ordering):
        return item
    if isinstance(item, Expr):
        return item.asc()
    raise TypeError(
        f"{item!r} can't be sorted by; pass a plain attribute, as in Task.name or Task.name.desc()."
    )
