"""Query results: lazy, paged sequences of entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, overload

from ftrack_typed.errors import MultipleResultsFoundError, NoResultFoundError, QueryError
from ftrack_typed.query.cohort import Cohort
from ftrack_typed.query.readers import PagedReader, Reader
from ftrack_typed.query.text import QueryText, shortened

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
        if page_size < 1:
            raise QueryError(f"page_size must be at least 1, not {page_size}.")
        self._source = source
        self._query = query
        self._page_size = page_size
        self._cohort = Cohort()
        self._reader: Reader[Any] = self._read(query.limit, query.offset)

    def _read(self, limit: int | None, offset: int | None) -> Reader[Any]:
        """A fresh reader of this query with another limit and offset."""
        page = partial(self._source._page, cohort=self._cohort)
        return PagedReader(page, replace(self._query, limit=limit, offset=offset), self._page_size)

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
            bounds = (index.start or 0, index.stop)
            backwards = index.step is not None and index.step < 0
            if backwards or bounds[0] < 0 or bounds[1] is None or bounds[1] < 0:
                self._reader.fetch(None)
            else:
                self._reader.fetch(bounds[1])
            rows: list[R] = self._reader.rows[index]
            return rows
        self._reader.fetch(None if index < 0 else index + 1)
        row: R = self._reader.rows[index]
        return row

    def __len__(self) -> int:
        self._reader.fetch(None)
        return len(self._reader.rows)

    def __bool__(self) -> bool:
        self._reader.fetch(1)
        return bool(self._reader.rows)

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

    def all(self) -> list[R]:
        """All rows."""
        self._reader.fetch(None)
        return list(self._reader.rows)

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

    def _refuse(self, *, limit: bool, offset: bool, method: str) -> None:
        if limit and self._query.limit is not None:
            raise QueryError(
                f".{method}() sets the limit itself; take `limit` out of `{shortened(str(self._query))}`."
            )
        if offset and self._query.offset is not None:
            raise QueryError(
                f".{method}() must see all matches; take `offset` out of `{shortened(str(self._query))}`."
            )
