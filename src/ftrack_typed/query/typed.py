"""Typed queries: built from the classes of a generated package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from typing_extensions import Self

from ftrack_typed.errors import QueryError
from ftrack_typed.query.criteria import Criterion, Parts, all_of
from ftrack_typed.query.operands import Column, Expr, Ordering
from ftrack_typed.query.paths import ManyPath, projection, sort_key
from ftrack_typed.query.readers import Found, MergedReader, Page, PagedReader, Reader, UnitedReader
from ftrack_typed.query.result import PAGE_SIZE, PageSource, QueryResult
from ftrack_typed.query.splitting import conditions
from ftrack_typed.query.text import QueryText, shortened

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

R = TypeVar("R", covariant=True)
E = TypeVar("E", bound="Entity")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
T8 = TypeVar("T8")
T9 = TypeVar("T9")
T10 = TypeVar("T10")


class Plan(NamedTuple):
    """What a typed query asks for, apart from its type."""

    criteria: tuple[Criterion, ...] = ()
    projections: tuple[str, ...] = ()
    ordering: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int | None = None


class TypedQuery(QueryResult[R], Generic[R]):
    """What :class:`Query` and :class:`Selection` have in common.

    Each method gives a new query and leaves this one as it is; ``str(query)`` is its text. The rows are
    fetched when they are looked at, as in :class:`QueryResult`.

    A list of values too long for one request is split: the query is then sent in several requests, and gives each
    row once. With ``order_by`` all of them are fetched at once and merged in the server's order, or a
    :class:`QueryError` tells that this order can't be told from the rows.
    """

    def __init__(
        self,
        source: PageSource,
        entity_class: type[Entity],
        *,
        page_size: int = PAGE_SIZE,
        plan: Plan | None = None,
    ) -> None:
        self._class = entity_class
        self._plan = Plan() if plan is None else plan
        criterion = all_of(self._plan.criteria)
        self._conditions = conditions(criterion)
        super().__init__(source, self._text("" if criterion is None else criterion.text), page_size)

    def _with(self, plan: Plan) -> Self:
        return type(self)(self._source, self._class, page_size=self._page_size, plan=plan)

    def where(self, *criteria: Criterion) -> Self:
        """Only what fulfils all `criteria`, and those given before."""
        all_of(criteria)  # refuses anything else now, where it was written
        return self._with(self._plan._replace(criteria=(*self._plan.criteria, *criteria)))

    def order_by(self, *keys: Expr[Any] | Ordering) -> Self:
        """Sort by these attributes, after those given before; ``Task.name.desc()`` turns one around."""
        added = tuple(sort_key(key) for key in keys)
        return self._with(self._plan._replace(ordering=(*self._plan.ordering, *added)))

    def limit(self, count: int) -> Self:
        """At most `count` rows."""
        return self._with(self._plan._replace(limit=_count(count, "limit")))

    def offset(self, count: int) -> Self:
        """Without the first `count` rows."""
        return self._with(self._plan._replace(offset=_count(count, "offset")))

    # -- text --------------------------------------------------------------------------------------

    def _projections(self) -> tuple[str, ...]:
        """What the rows need, at least one path."""
        raise NotImplementedError

    def _text(self, where: str) -> QueryText:
        clauses = [f"where {where}"] if where else []
        if self._plan.ordering:
            clauses.append(f"order by {', '.join(key.text for key in self._plan.ordering)}")
        name = self._class.__entity__.name
        return QueryText(name, self._projections(), " ".join(clauses), self._plan.limit, self._plan.offset)

    def _subquery(self, key: str | None) -> Parts:
        """The pieces of this query as a subquery (see :class:`ftrack_typed.query.operands.Subquery`)."""
        columns = (key,) if key is not None else self._plan.projections
        if len(columns) != 1:
            chosen = ", ".join(columns) or "none"
            raise QueryError(
                f"A query inside in_(…) selects exactly one column, as in .select({self._class.__name__}.id); "
                f"this one has {chosen}: `{shortened(str(self))}`."
            )
        criterion = all_of(self._plan.criteria)
        before = f"select {columns[0]} from {self._class.__entity__.name}"
        where: Parts = () if criterion is None else (" where ", *criterion.parts)
        limit, offset = self._plan.limit, self._plan.offset
        if limit is None and offset is None:
            return (before, *where)
        # A window over the whole: as one text, because its parts would each have a window of their own.
        ordering = ", ".join(key.text for key in self._plan.ordering)
        after = f" order by {ordering}" if ordering else ""
        after += "" if offset is None else f" offset {offset}"
        after += "" if limit is None else f" limit {limit}"
        return ("".join(map(str, (before, *where, after))),)

    # -- reading -----------------------------------------------------------------------------------

    def _read(self, limit: int | None, offset: int | None) -> Reader[Any]:
        if len(self._conditions) <= 1:
            return super()._read(limit, offset)
        texts = [self._text(where)._replace(limit=None, offset=None) for where in self._conditions]
        ordering = self._plan.ordering
        page = self._found_page(tuple(key.path for key in ordering))
        if not ordering:
            return UnitedReader(page, texts, self._page_size, limit, offset)
        directions = [key.descending for key in ordering]
        return MergedReader(page, texts, self._page_size, limit, offset, directions)

    def _narrowed(self, entity: object) -> QueryText | None:
        return super()._narrowed(entity) if len(self._conditions) <= 1 else None

    def _found_page(self, order: tuple[str, ...]) -> Page[Found]:
        """A page function for split queries, which also reads what rows are told apart and sorted by."""
        raise NotImplementedError


class Query(TypedQuery[E], Generic[E]):
    """A query for entities of one class."""

    def load(self, *attributes: Expr[Any] | ManyPath[Any] | type[Entity] | str) -> Self:
        """Load these attributes along: ``Task.name``, ``Task.status.name``, ``Task.notes``.

        Without any, the type's default projections are loaded.
        """
        added = tuple(projection(attribute) for attribute in attributes)
        return self._with(
            self._plan._replace(projections=tuple(dict.fromkeys((*self._plan.projections, *added))))
        )

    @overload
    def select(self, c1: Column[T1], /) -> Selection[tuple[T1]]: ...
    @overload
    def select(self, c1: Column[T1], c2: Column[T2], /) -> Selection[tuple[T1, T2]]: ...
    @overload
    def select(self, c1: Column[T1], c2: Column[T2], c3: Column[T3], /) -> Selection[tuple[T1, T2, T3]]: ...
    @overload
    def select(
        self, c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], /
    ) -> Selection[tuple[T1, T2, T3, T4]]: ...
    @overload
    def select(
        self, c1: Column[T1], c2: Column[T2], c3: Column[T3], c4: Column[T4], c5: Column[T5], /
    ) -> Selection[tuple[T1, T2, T3, T4, T5]]: ...
    @overload
    def select(
        self,
        c1: Column[T1],
        c2: Column[T2],
        c3: Column[T3],
        c4: Column[T4],
        c5: Column[T5],
        c6: Column[T6],
        /,
    ) -> Selection[tuple[T1, T2, T3, T4, T5, T6]]: ...
    @overload
    def select(
        self,
        c1: Column[T1],
        c2: Column[T2],
        c3: Column[T3],
        c4: Column[T4],
        c5: Column[T5],
        c6: Column[T6],
        c7: Column[T7],
        /,
    ) -> Selection[tuple[T1, T2, T3, T4, T5, T6, T7]]: ...
    @overload
    def select(
        self,
        c1: Column[T1],
        c2: Column[T2],
        c3: Column[T3],
        c4: Column[T4],
        c5: Column[T5],
        c6: Column[T6],
        c7: Column[T7],
        c8: Column[T8],
        /,
    ) -> Selection[tuple[T1, T2, T3, T4, T5, T6, T7, T8]]: ...
    @overload
    def select(
        self,
        c1: Column[T1],
        c2: Column[T2],
        c3: Column[T3],
        c4: Column[T4],
        c5: Column[T5],
        c6: Column[T6],
        c7: Column[T7],
        c8: Column[T8],
        c9: Column[T9],
        /,
    ) -> Selection[tuple[T1, T2, T3, T4, T5, T6, T7, T8, T9]]: ...
    @overload
    def select(
        self,
        c1: Column[T1],
        c2: Column[T2],
        c3: Column[T3],
        c4: Column[T4],
        c5: Column[T5],
        c6: Column[T6],
        c7: Column[T7],
        c8: Column[T8],
        c9: Column[T9],
        c10: Column[T10],
        /,
    ) -> Selection[tuple[T1, T2, T3, T4, T5, T6, T7, T8, T9, T10]]: ...
    @overload
    def select(
        self,
        c1: Column[Any],
        c2: Column[Any],
        c3: Column[Any],
        c4: Column[Any],
        c5: Column[Any],
        c6: Column[Any],
        c7: Column[Any],
        c8: Column[Any],
        c9: Column[Any],
        c10: Column[Any],
        c11: Column[Any],
        /,
        *columns: Column[Any],
    ) -> Selection[tuple[Any, ...]]: ...
    def select(self, *columns: Column[Any]) -> Any:
        """Ask for plain values instead of entities: ``select(Task.name, Task.status.name)`` gives tuples.

        The values are the server's; local changes don't show, and no entity is kept for them. Behind an
        empty relation there is None, whatever the type of the column: ``Task.parent.name`` of a task without a
        parent. Attributes chosen by :meth:`load` are dropped.

        Raises:
            TypeError: for anything but a plain attribute that has one value per entity.
        """
        paths = tuple(_column(column) for column in columns)
        if not paths:
            raise QueryError(f"select takes at least one column, as in .select({self._class.__name__}.id).")
        plan = self._plan._replace(projections=paths)
        return Selection(self._source, self._class, page_size=self._page_size, plan=plan)

    def _projections(self) -> tuple[str, ...]:
        info = self._class.__entity__
        return self._plan.projections or info.default_projections or info.primary_key

    def _found_page(self, order: tuple[str, ...]) -> Page[Found]:
        key = self._class.__entity__.primary_key
        columns = (*key, *order)

        def page(query: QueryText, offset: int | None, limit: int) -> tuple[list[Found], int | None]:
            wanted = query.with_projections(tuple(dict.fromkeys((*(query.projections or ()), *order))))
            rows, following = self._source._values(wanted, offset, limit, columns, self._cohort)
            return [Found(values[: len(key)], values[len(key) :], row) for values, row in rows], following

        return page


class Selection(TypedQuery[R], Generic[R]):
    """A query for plain values: its rows are tuples, one value per selected column."""

    def _projections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._plan.projections))

    def _columns(self) -> tuple[str, ...]:
        return self._plan.projections

    def _narrowed(self, entity: object) -> None:
        return None  # rows are no entities

    def _read(self, limit: int | None, offset: int | None) -> Reader[Any]:
        if len(self._conditions) > 1:
            return super()._read(limit, offset)
        columns = self._plan.projections

        def page(query: QueryText, offset: int | None, limit: int) -> tuple[list[Any], int | None]:
            rows, following = self._source._values(query, offset, limit, columns, None)
            return [values for values, _ in rows], following

        return PagedReader(page, self._query._replace(limit=limit, offset=offset), self._page_size)

    def _found_page(self, order: tuple[str, ...]) -> Page[Found]:
        columns, key = self._plan.projections, self._class.__entity__.primary_key
        asked = (*columns, *key, *order)
        width, ordered = len(columns), len(columns) + len(key)

        def page(query: QueryText, offset: int | None, limit: int) -> tuple[list[Found], int | None]:
            wanted = query.with_projections(tuple(dict.fromkeys(asked)))
            rows, following = self._source._values(wanted, offset, limit, asked, None)
            found = [Found(values[width:ordered], values[ordered:], values[:width]) for values, _ in rows]
            return found, following

        return page


def _column(column: object) -> str:
    if not isinstance(column, Expr):
        raise TypeError(
            f"{column!r} can't be selected; pass plain attributes, as in Task.name or Task.status.name, and use "
            "load(…) for relations."
        )
    if column.through_collection:
        raise TypeError(
            f"{column.path} has several values per row; query the entities of the collection, or load it."
        )
    return column.path


def _count(value: int, what: str) -> int:
    given: object = value  # people may pass anything
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise QueryError(f"{what} takes a number from 0, not {value!r}.")
    return given
