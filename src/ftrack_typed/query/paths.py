"""Attribute paths: what the attributes of an entity class are in a query.

``Task.status.name`` is an :class:`Expr`, ``Task.status`` a :class:`RelationPath` (typed as the class of the
related entity, so that paths chain), ``Task.notes`` a :class:`ManyPath`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeAlias, TypeVar, cast

from ftrack_typed.query.criteria import Criterion, all_of
from ftrack_typed.query.literals import literal, literals

if TYPE_CHECKING:
    from datetime import datetime

    from ftrack_typed.entity.base import Entity

T = TypeVar("T")
E = TypeVar("E", bound="Entity")

Text: TypeAlias = "Expr[str] | Expr[str | None]"
Number: TypeAlias = "Expr[int] | Expr[int | None] | Expr[float] | Expr[float | None]"
Moment: TypeAlias = "Expr[datetime] | Expr[datetime | None]"
Ordered: TypeAlias = "Text | Number | Moment"


class Ordering:
    """A sort key with its direction."""

    __slots__ = ("text",)

    text: str

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class Expr(Generic[T]):
    """The path to a plain value, as in ``Task.status.name``; comparing it makes a :class:`Criterion`."""

    __slots__ = ("path",)

    path: str

    def __init__(self, path: str) -> None:
        self.path = path

    def __eq__(self, other: T) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Criterion(f"{self.path} is {literal(other)}")

    def __ne__(self, other: T) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Criterion(f"{self.path} is_not {literal(other)}")

    def __lt__(self: Ordered, other: T) -> Criterion:
        return Criterion(f"{self.path} < {literal(other)}")

    def __le__(self: Ordered, other: T) -> Criterion:
        return Criterion(f"{self.path} <= {literal(other)}")

    def __gt__(self: Ordered, other: T) -> Criterion:
        return Criterion(f"{self.path} > {literal(other)}")

    def __ge__(self: Ordered, other: T) -> Criterion:
        return Criterion(f"{self.path} >= {literal(other)}")

    def like(self: Text, pattern: str) -> Criterion:
        r"""Match a pattern: ``%`` stands for any text, ``\%`` for the character itself."""
        return Criterion(f"{self.path} like {literal(pattern)}")

    def not_like(self: Text, pattern: str) -> Criterion:
        """The opposite of :meth:`like`; rows without a value match neither."""
        return Criterion(f"{self.path} not_like {literal(pattern)}")

    def in_(self, values: Iterable[T]) -> Criterion:
        """Match any of `values`; no values match nothing."""
        return _membership(self.path, "in", values)

    def not_in(self, values: Iterable[T]) -> Criterion:
        """Match none of `values`; no values match everything."""
        return _membership(self.path, "not_in", values)

    def asc(self) -> Ordering:
        """Sort by this value, smallest first."""
        return Ordering(f"{self.path} ascending")

    def desc(self) -> Ordering:
        """Sort by this value, largest first."""
        return Ordering(f"{self.path} descending")

    def __hash__(self) -> int:
        return hash(self.path)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self.path} is an attribute of the class and has no value here; compare it in a query."
        )

    if not TYPE_CHECKING:

        def __contains__(self, item: object) -> NoReturn:
            raise TypeError(f"Use {self.path}.in_(…) or .like('%…%') instead of the `in` operator.")

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"Expr({self.path!r})"


def _membership(path: str, operator: str, values: Iterable[Any]) -> Criterion:
    if isinstance(values, str):
        raise TypeError(f"{path}: pass a list of values, not the single text {values!r}.")
    inside = literals(values)
    if not inside:
        # The server can't parse an empty list (wire: protocol 3.10), so say "never" and "always" in words it can.
        if operator == "in":
            return Criterion(f"{path} is none and {path} is_not none", 2)
        return Criterion(f"{path} is none or {path} is_not none", 1)
    return Criterion(f"{path} {operator} ({inside})")


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
        return Criterion(f"{self.path} any ({all_of(criteria)})")

    @property
    def each(self) -> type[E]:
        """The elements as a path: ``Task.notes.each.author.id``.

        In a criterion any element may match; two criteria may be matched by different elements (use
        :meth:`any` to ask for one that fulfils both).
        """
        return cast("type[E]", RelationPath(self.path, self.target))

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"ManyPath({self.path!r})"


class RelationPath:
    """What the class face of a relation is at run time; checkers see the class of the related entity."""

    __slots__ = ("_path", "_target")

    _path: str
    _target: type[Entity]

    def __init__(self, path: str, target: type[Entity]) -> None:
        self._path = path
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return self._target.__face__(name, f"{self._path}.")

    def __eq__(self, other: object) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("is", other)

    def __ne__(self, other: object) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("is_not", other)

    def _compare(self, operator: str, other: object) -> Criterion:
        if other is None:
            return Criterion(f"{self._path} {operator} none")
        key = self._key_attribute()
        self._require_entity(other)
        return Criterion(f"{self._path}.{key} {operator} {literal(other)}")

    def in_(self, entities: Iterable[Entity]) -> Criterion:
        return self._among("in", entities)

    def not_in(self, entities: Iterable[Entity]) -> Criterion:
        return self._among("not_in", entities)

    def _among(self, operator: str, entities: Iterable[Entity]) -> Criterion:
        entities = list(entities)
        for entity in entities:
            self._require_entity(entity)
        return _membership(f"{self._path}.{self._key_attribute()}", operator, entities)

    def has(self, *criteria: Criterion) -> Criterion:
        return Criterion(f"{self._path} has ({all_of(criteria)})")

    def cast(self, entity_class: type[E]) -> type[E]:
        path = f"{self._path}[{entity_class.__entity__.name}]"
        return cast("type[E]", RelationPath(path, entity_class))

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
        return [*self._target.__attributes__, "cast", "has", "in_", "not_in"]

    def __str__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"RelationPath({self._path!r}, {self._target.__name__})"


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
    raise TypeError(
        f"{item!r} is no attribute of an entity class; pass one as in Task.status.name, or its text."
    )
