"""Query results: lazy, paged sequences of entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar, overload

from ftrack_typed.errors import MultipleResultsFoundError, NoResultFoundError, QueryError
from ftrack_typed.query.text import QueryText

R = TypeVar("R", covariant=True)

PAGE_SIZE = 500
"""Rows asked for at once (wire: servers are used to pages of 500)."""


class PageSource(Protocol):
    """Runs one page of a query."""

    def _page(self, query: QueryText, offset: int | None, limit: int) -> tuple[list[Any], int | None]:
        """The rows, and the offset of the next page or None at the end."""
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
        self._rows: list[R] = []
        self._next: int | None = query.offset
        self._done = query.limit == 0

    def __str__(self) -> str:
        return str(self._query)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self._query)!r}>"

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
                self._fetch(None)
            else:
                self._fetch(bounds[1])
            return self._rows[index]
        self._fetch(None if index < 0 else index + 1)
        return self._rows[index]

    def __len__(self) -> int:
        self._fetch(None)
        return len(self._rows)

    def __bool__(self) -> bool:
        self._fetch(1)
        return bool(self._rows)

    def __iter__(self) -> Iterator[R]:
        index = 0
        while True:
            if index >= len(self._rows):
                if self._done:
                    return
                self._fetch(index + 1)
                continue
            yield self._rows[index]
            index += 1

    # -- all, first, one ---------------------------------------------------------------------------

    def all(self) -> list[R]:
        """All entities."""
        self._fetch(None)
        return list(self._rows)

    def first(self) -> R | None:
        """The first entity or None; always asks the server.

        Raises:
            QueryError: when the query has a limit.
        """
        self._refuse(limit=True, offset=False, method="first")
        rows, _ = self._source._page(self._query, self._query.offset, 1)
        return rows[0] if rows else None

    def one(self) -> R:
        """The only entity; always asks the server.

        Raises:
            QueryError: when the query has a limit or an offset.
            NoResultFoundError: when there is none.
            MultipleResultsFoundError: when there are several.
        """
        self._refuse(limit=True, offset=True, method="one")
        rows, _ = self._source._page(self._query, None, 2)
        if not rows:
            raise NoResultFoundError(f"No entity matches `{self._query}`.")
        if len(rows) > 1:
            raise MultipleResultsFoundError(f"More than one entity matches `{self._query}`.")
        only: R = rows[0]
        return only

    def _refuse(self, *, limit: bool, offset: bool, method: str) -> None:
        if limit and self._query.limit is not None:
            raise QueryError(f".{method}() sets the limit itself; take `limit` out of `{self._query}`.")
        if offset and self._query.offset is not None:
            raise QueryError(f".{method}() must see all matches; take `offset` out of `{self._query}`.")

    # -- pages -------------------------------------------------------------------------------------

    def _fetch(self, count: int | None) -> None:
        """Fetch pages until `count` rows are there, or all of them."""
        limit = self._query.limit
        while not self._done and (count is None or len(self._rows) < count):
            wanted = self._page_size
            if limit is not None:
                wanted = min(wanted, limit - len(self._rows))
            rows, following = self._source._page(self._query, self._next or 0, wanted)
            # A server that ignores the limit must not give more than was asked for.
            self._rows.extend(rows[:wanted] if limit is not None else rows)
            self._next = following
            self._done = following is None or (limit is not None and len(self._rows) >= limit)
