"""Query results: lazy, paged sequences of entities."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from ftrack_typed.errors import MultipleResultsFoundError, NoResultFoundError, QueryError
from ftrack_typed.query.cohort import Cohort
from ftrack_typed.query.readers import PagedReader, Reader
from ftrack_typed.query.text import QueryText, shortened

if TYPE_CHECKING:
    from ftrack_typed.presentation import Progress

R = TypeVar("R", covariant=True)

PAGE_SIZE = 500
"""Rows asked for at once (wire: servers are used to pages of 500)."""


class PageSource(Protocol):
    """Runs one page of a query."""

    def _page(
        self, query: QueryText, offset: int | None, limit: int, cohort: Cohort
    ) -> tuple[list[Any], int | None]:
        """The rows, which become part of `cohort`, and the offset of the next page or None at the end."""
        ...

    def _values(
        self,
        query: QueryText,
        offset: int | None,
        limit: int,
        columns: tuple[str, ...],
        cohort: Cohort | None,
    ) -> tuple[list[tuple[tuple[Any, ...], Any]], int | None]:
        """The values at `columns` of each row with its entity, and the offset of the next page.

        Values are those of the server, whatever was changed locally. Without a cohort to become part of there is
        None for each entity, and the session keeps nothing.
        """
        ...


class QueryResult(Sequence[R], Generic[R]):
    """The entities a query gives, fetched page by page when they are looked at.

    Behaves like a list and costs what it must: indexing fetches as far as the index, ``bool`` at most one
    page, ``len`` and negative indices everything. Each object fetches its rows once; ask again with a new
    query.
    """

    def __init__(self, source: PageSource, query: QueryText, page_size: int = PAGE_SIZE) -> None:
        given: object = page_size
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            raise QueryError(f"page_size is a number of rows from 1, not {given!r}.")
        self._source = source
        self._query = query
        self._page_size = page_size
        self._cohort = Cohort()
        self._reader: Reader[Any] = self._read(query.limit, query.offset)

    def _read(self, limit: int | None, offset: int | None) -> Reader[Any]:
        """A fresh reader of this query with another limit and offset."""
        page = partial(self._source._page, cohort=self._cohort)
        return PagedReader(page, self._query._replace(limit=limit, offset=offset), self._page_size)

    def __str__(self) -> str:
        return str(self._query)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {shortened(str(self._query))!r}>"

    # -- sequence ----------------------------------------------------------------------------------

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> list[R]: ...
    def __getitem__(self, index: int | slice) -> R | list[R]:
        if isinstance(index, slice):
            self._reader.fetch(_needed(index))
            rows: list[R] = self._reader.rows[index]
            return rows
        place = operator.index(index)
        self._reader.fetch(None if place < 0 else place + 1)
        row: R = self._reader.rows[place]
        return row

    def __len__(self) -> int:
        self._reader.fetch(None)
        return len(self._reader.rows)

    def __bool__(self) -> bool:
        self._reader.fetch(1)
        return bool(self._reader.rows)

    def __contains__(self, item: object) -> bool:
        """Whether a row equals `item`; an entity is looked up by its key, not by fetching the rows."""
        rows = self._reader.rows
        if any(row is item or row == item for row in rows):
            return True
        if self._reader.done:
            return False
        query = self._narrowed(item) if hasattr(type(item), "__entity__") else None
        if query is None:
            return super().__contains__(item)
        found, _ = self._source._values(query, 0, 1, query.projections or (), None)
        return bool(found)

    def _narrowed(self, entity: object) -> QueryText | None:
        """The query that has a row only if `entity` is one of this query's; None when that can't be asked."""
        from ftrack_typed.query.membership import narrowed

        return narrowed(self._query, entity)

    def __iter__(self) -> Iterator[R]:
        reader = self._reader
        index = 0
        while True:
            if index >= len(reader.rows):
                if reader.done:
                    return
                reader.fetch(index + 1)
                continue
            yield reader.rows[index]
            index += 1

    # -- all, first, one ---------------------------------------------------------------------------

    def all(self, progress: Progress | None = None) -> list[R]:
        """All rows.

        Args:
            progress: Called after each page with the number of rows fetched so far and None, as a server does
                not tell how many there are.
        """
        reader = self._reader
        while progress is not None and not reader.done:
            reader.fetch(len(reader.rows) + 1)
            progress(len(reader.rows), None)
        reader.fetch(None)
        return list(reader.rows)

    def first(self) -> R | None:
        """The first row or None; always asks the server.

        Raises:
            QueryError: when the query has a limit.
        """
        self._refuse(limit=True, offset=False, method="first")
        fresh = self._read(1, self._query.offset)
        fresh.fetch(1)
        return fresh.rows[0] if fresh.rows else None

    def one(self) -> R:
        """The only row; always asks the server.

        Raises:
            QueryError: when the query has a limit or an offset.
            NoResultFoundError: when there is none.
            MultipleResultsFoundError: when there are several.
        """
        self._refuse(limit=True, offset=True, method="one")
        fresh = self._read(2, None)
        fresh.fetch(2)
        if not fresh.rows:
            raise NoResultFoundError(f"No row matches `{shortened(str(self._query))}`.")
        if len(fresh.rows) > 1:
            raise MultipleResultsFoundError(f"More than one row matches `{shortened(str(self._query))}`.")
        only: R = fresh.rows[0]
        return only

    # -- elsewhere ---------------------------------------------------------------------------------

    def to_dicts(self) -> list[dict[str, Any]]:
        """All rows as dictionaries of plain data, by the paths the query loads: ``{"status.name": "Done", …}``.

        A path through a collection gives a list; an entity at the end of a path becomes its key. Only what the
        query loads is there: nothing further is fetched.
        """
        paths = self._columns()
        from ftrack_typed.presentation import record

        return [record(row, paths) for row in self.all()]

    def to_dataframe(self) -> Any:
        """All rows as a `pandas.DataFrame`, with the columns of `to_dicts`.

        Raises:
            MissingExtraError: when pandas is not installed.
        """
        from ftrack_typed.presentation import data_frame

        return data_frame(self.to_dicts(), self._columns() or None)

    def _columns(self) -> tuple[str, ...]:
        return self._query.projections or ()

    def _repr_html_(self) -> str:
        """A table of the first rows for Jupyter, which are fetched for it."""
        from ftrack_typed.presentation import rows_table, rows_to_show

        self._reader.fetch(rows_to_show())
        columns = self._columns() or None
        return rows_table(self._reader.rows, str(self), columns, more=not self._reader.done)

    def _refuse(self, *, limit: bool, offset: bool, method: str) -> None:
        if limit and self._query.limit is not None:
            raise QueryError(
                f".{method}() sets the limit itself; take `limit` out of `{shortened(str(self._query))}`."
            )
        if offset and self._query.offset is not None:
            raise QueryError(
                f".{method}() must see all matches; take `offset` out of `{shortened(str(self._query))}`."
            )


def _needed(wanted: slice) -> int | None:
    """How many rows a slice needs; None when it counts from the end."""
    start, stop, step = wanted.start, wanted.stop, wanted.step
    if (start is not None and start < 0) or (stop is not None and stop < 0):
        return None
    if step is not None and step < 0:
        if start is None:
            return None
        return 0 if stop is not None and stop >= start else int(start) + 1
    if stop is None:
        return None
    return int(stop) if stop > (start or 0) else 0
