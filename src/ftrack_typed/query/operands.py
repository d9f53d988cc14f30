"""Plain values in criteria: what ``Task.name`` and ``Task.metadata["colour"]`` can be compared with, and how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeAlias, TypeVar

from ftrack_typed.query.criteria import OR, Criterion, Parts, Values
from ftrack_typed.query.literals import escape_like, literal, literals, pattern, quote

if TYPE_CHECKING:
    from datetime import datetime

    from ftrack_typed.entity.base import Entity
    from ftrack_typed.query.typed import Query, Selection

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Holds(Protocol[T_co]):
    """Any operand whose values are of type `T_co`, among them those of a few literals only."""

    def _value_type(self) -> T_co:
        """Never called: lets checkers see the type of the values."""
        ...


class Column(Protocol[T_co]):
    """Any :class:`Expr` with values of type `T_co`, seen so that ``str`` counts as ``str | None``."""

    def _column_type(self) -> T_co:
        """Never called: lets checkers see the type of the values."""
        ...


Text: TypeAlias = "Holds[str | None]"
# One by one, because a bool counts as a number for checkers.
Number: TypeAlias = "Operand[int] | Operand[int | None] | Operand[float] | Operand[float | None]"
Ordered: TypeAlias = "Holds[str | None] | Holds[datetime | None] | Number"

_NO_TEXT = frozenset({"int", "float", "bool", "datetime", "JsonObject", "Link"})
_UNORDERED = frozenset({"bool", "JsonObject", "Link"})


class Subquery(Protocol):
    """A query that can stand in an ``in (…)``."""

    def _subquery(self, key: str | None) -> Parts:
        """The pieces of its text, selecting one column: its own only one, or `key` if it has none."""
        ...


class Ordering:
    """A sort key with its direction."""

    __slots__ = ("descending", "path")

    path: str
    descending: bool

    def __init__(self, path: str, descending: bool = False) -> None:
        self.path = path
        self.descending = descending

    @property
    def text(self) -> str:
        """The sort key in the query language."""
        return f"{self.path} {'descending' if self.descending else 'ascending'}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Ordering({self.text!r})"


class Operand(Generic[T]):
    """A plain value of type `T` that criteria compare; each comparison makes a :class:`Criterion`.

    An operator that means nothing for the type of the value is refused, by checkers and when it is used.
    """

    __slots__ = ("_left", "_scalar", "path")

    path: str
    _left: str
    _scalar: str

    def __init__(self, path: str, scalar: str = "Any", left: str | None = None) -> None:
        """Args:
        path: Where the value is, in the query language.
        scalar: Name of its type, as in the annotations of generated classes; ``Any`` allows every operator.
        left: What stands left of an operator, where that is not the path.
        """
        self.path = path
        self._scalar = scalar
        self._left = path if left is None else left

    def _holds(self, condition: Parts, binding: int = 3) -> Criterion:
        """The criterion that `condition`, which begins with ``self._left``, is fulfilled."""
        return Criterion(condition, binding)

    def _compare(self, operator: str, spelled: str) -> Criterion:
        return self._holds((f"{self._left} {operator} {spelled}",))

    # -- equality ----------------------------------------------------------------------------------

    def __eq__(self, other: T) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("is", literal(other))

    def __ne__(self, other: T) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("is_not", literal(other))

    def is_(self, other: T) -> Criterion:
        """The same as ``==``, for ``is_(None)`` and ``is_(True)`` where linters object to the operator."""
        return self == other

    def is_not(self, other: T) -> Criterion:
        """The same as ``!=``."""
        return self != other

    def in_(self, values: Iterable[T] | Selection[tuple[T | None]] | Query[Any]) -> Criterion:
        """Match any of `values`, or any value a query selects; none match nothing.

        Thousands of values are sent in several requests. A query becomes a subquery and has to select one
        column: ``Task.parent_id.in_(session.query(Shot).where(…).select(Shot.id))``.
        """
        inside = self._list(values, "in")
        if isinstance(inside, Values):
            if not inside.literals:
                return self._never()
            return self._holds(membership(self._left, "in", (inside,)))
        return self._holds(inside)

    def not_in(self, values: Iterable[T] | Selection[tuple[T | None]] | Query[Any]) -> Criterion:
        """Match none of `values`, or none a query selects; no values match everything."""
        inside = self._list(values, "not_in")
        if isinstance(inside, Values):
            if not inside.literals:
                return self._always()
            return self._holds(membership(self._left, "not_in", (inside,)))
        return self._holds(inside)

    def _list(self, values: Any, operator: str) -> Values | Parts:
        subquery = getattr(values, "_subquery", None)
        if subquery is None:
            return listed(self.path, values)
        return membership(self._left, operator, subquery(None))

    def _never(self) -> Criterion:
        # The server can't parse an empty list (wire: protocol 3.10), so say "never" and "always" in words it can.
        return self._holds((f"{self._left} is none and {self._left} is_not none",), 2)

    def _always(self) -> Criterion:
        return self._holds((f"{self._left} is none or {self._left} is_not none",), OR)

    # -- order -------------------------------------------------------------------------------------

    def __lt__(self: Ordered, other: T) -> Criterion:
        return _ordered(self, "<", other)

    def __le__(self: Ordered, other: T) -> Criterion:
        return _ordered(self, "<=", other)

    def __gt__(self: Ordered, other: T) -> Criterion:
        return _ordered(self, ">", other)

    def __ge__(self: Ordered, other: T) -> Criterion:
        return _ordered(self, ">=", other)

    def _require_ordered(self, what: str) -> None:
        if self._scalar in _UNORDERED:
            raise TypeError(
                f"{self.path} is of type {self._scalar}, which has no order, so {what} means nothing."
            )

    # -- text --------------------------------------------------------------------------------------

    def like(self: Text, pattern: str) -> Criterion:
        r"""Match a pattern: ``%`` stands for any text, ``\%``, ``\_`` and ``\\`` for the characters themselves."""
        return _like(self, "like", pattern)

    def not_like(self: Text, pattern: str) -> Criterion:
        """The opposite of :meth:`like`; rows without a value match neither."""
        return _like(self, "not_like", pattern)

    def contains(self: Text, text: str) -> Criterion:
        """Match values with exactly `text` somewhere in them; nothing in it is a wildcard."""
        return _like(self, "like", f"%{escape_like(text)}%")

    def startswith(self: Text, text: str) -> Criterion:
        """Match values that begin with exactly `text`."""
        return _like(self, "like", f"{escape_like(text)}%")

    def endswith(self: Text, text: str) -> Criterion:
        """Match values that end with exactly `text`."""
        return _like(self, "like", f"%{escape_like(text)}")

    # -- not a value -------------------------------------------------------------------------------

    def __hash__(self) -> int:
        return hash(self.path)

    if TYPE_CHECKING:

        def _value_type(self) -> T: ...

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self.path} is an attribute of the class and has no value here; compare it in a query."
        )

    if not TYPE_CHECKING:

        def __contains__(self, item: object) -> NoReturn:
            raise TypeError(f"Use {self.path}.in_(…), .contains(…) or .like(…) instead of the `in` operator.")

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"


def _ordered(operand: Any, operator: str, value: object) -> Criterion:
    operand._require_ordered(operator)
    if value is None:
        raise TypeError(f"{operand} {operator} None means nothing; test with is_(None) and is_not(None).")
    criterion: Criterion = operand._compare(operator, literal(value))
    return criterion


def _like(operand: Any, operator: str, text: str) -> Criterion:
    if operand._scalar in _NO_TEXT:
        raise TypeError(f"{operand} is of type {operand._scalar}, not text, so `like` means nothing.")
    criterion: Criterion = operand._compare(operator, pattern(text))
    return criterion


class Expr(Operand[T]):
    """The path to a plain value, as in ``Task.status.name``: can be compared, selected, loaded and sorted by.

    A path through a collection (``Task.notes.each.content``) compares with any element, and can be neither
    selected nor sorted by.
    """

    __slots__ = ("owner", "through_collection")

    owner: type[Entity] | None
    through_collection: bool

    def __init__(
        self,
        path: str,
        scalar: str = "Any",
        *,
        through_collection: bool = False,
        owner: type[Entity] | None = None,
    ) -> None:
        """Args:
        path: The dotted path, in the query language.
        scalar: Name of the value's type; ``Any`` allows every operator.
        through_collection: Whether there may be several values.
        owner: The class it was read from, None when that is further up a path.
        """
        super().__init__(path, scalar)
        self.through_collection = through_collection
        self.owner = owner

    if TYPE_CHECKING:

        def _column_type(self) -> T: ...

    def asc(self) -> Ordering:
        """Sort by this value, smallest first."""
        self._require_sortable()
        return Ordering(self.path)

    def desc(self) -> Ordering:
        """Sort by this value, largest first."""
        self._require_sortable()
        return Ordering(self.path, descending=True)

    def _require_sortable(self) -> None:
        self._require_ordered("sorting")
        if self.through_collection:
            raise TypeError(f"{self.path} has several values per entity, so it can't be sorted by.")


class KeyExpr(Operand[T]):
    """The value behind one key of metadata or custom attributes, as in ``Shot.custom_attributes["fps"]``.

    It can be compared, but neither selected nor sorted by: the server has no way to say that. ``is_(None)`` matches
    entities without a value for the key, also those that don't have the key at all.
    """

    __slots__ = ("_key_path", "key", "owner")

    key: str
    owner: type[Entity] | None

    def __init__(
        self,
        path: str,
        key: str,
        scalar: str = "Any",
        key_path: str = "key",
        *,
        owner: type[Entity] | None = None,
    ) -> None:
        """Args:
        path: Path of the key/value rows.
        key: The key.
        scalar: Name of the value's type; ``Any`` allows every operator.
        key_path: Path to the key within a row.
        owner: The class whose rows they are, None when that is further up a path.
        """
        super().__init__(path, scalar, "value")
        self.key = key
        self.owner = owner
        self._key_path = key_path

    def __eq__(self, other: T | None) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return ~self._has_value() if other is None else self._compare("is", literal(other))

    def __ne__(self, other: T | None) -> Criterion:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._has_value() if other is None else self._compare("is_not", literal(other))

    def is_(self, other: T | None) -> Criterion:
        """The same as ``==``; None matches entities without a value."""
        return self == other

    def is_not(self, other: T | None) -> Criterion:
        """The same as ``!=``; None matches entities with a value."""
        return self != other

    def __hash__(self) -> int:
        return hash((self.path, self.key))

    def _has_value(self) -> Criterion:
        return self._holds(("value is_not none",))

    def _holds(self, condition: Parts, binding: int = 3) -> Criterion:
        inside = ("(", *condition, ")") if binding == OR else condition
        return Criterion((f"{self.path} any ({self._key_path} is {quote(self.key)} and ", *inside, ")"))

    def __str__(self) -> str:
        return f"{self.path}[{self.key!r}]"

    def __repr__(self) -> str:
        return f"KeyExpr({self.path!r}, {self.key!r})"


def listed(path: str, values: Any) -> Values:
    """The literals of a list of values.

    Raises:
        TypeError: for a single text, or for None among the values, which no list can match.
    """
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{path}: pass a list of values, not the single text {values!r}.")
    given = list(values)
    if any(value is None for value in given):
        raise TypeError(f"{path}: None can't be one of several values; add `| ….is_(None)` to the criterion.")
    return Values(literals(given))


def membership(left: str, operator: str, inside: Parts) -> Parts:
    """The condition that `left` is, or is not, one of what `inside` lists."""
    if operator == "in":
        return (f"{left} in (", *inside, ")")
    # As one text, because a list that must not match can't be split.
    return (f"{left} not_in ({''.join(map(str, inside))})",)
