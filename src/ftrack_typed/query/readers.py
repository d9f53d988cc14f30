"""Readers: how the rows behind a result are fetched, page by page.

Most queries are one text and are paged by the server (:class:`PagedReader`). A query with thousands of values in an
``in (…)`` becomes several texts; their rows are united without repetition (:class:`UnitedReader`), or, when the query
sorts, fetched and merged in the server's own order (:class:`MergedReader`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from ftrack_typed.errors import MalformedResponseError
from ftrack_typed.query.text import QueryText, shortened

if TYPE_CHECKING:
    from ftrack_typed.query.collation import Direction

R = TypeVar("R")

Page = Callable[[QueryText, "int | None", int], "tuple[list[R], int | None]"]
"""Runs a query from an offset for a number of rows: the rows, and the offset of the next page or None."""


class Found(NamedTuple):
    """A row with what tells it from others, and what it is sorted by."""

    key: Hashable
    order: tuple[Any, ...]
    row: Any


class Reader(Protocol[R]):
    """Fetches rows as far as they are wanted."""

    rows: list[R]
    """The rows fetched so far."""
    done: bool
    """Whether there are no more."""

    def fetch(self, count: int | None) -> None:
        """Fetch until `count` rows are there, or all of them."""
        ...


class PagedReader(Generic[R]):
    """Reads one query; the server counts."""

    def __init__(self, page: Page[R], query: QueryText, page_size: int) -> None:
        self.rows: list[R] = []
        self.done: bool = query.limit == 0
        self._page = page
        self._query = query
        self._page_size = page_size
        self._next = query.offset

    def fetch(self, count: int | None) -> None:
        """Fetch until `count` rows are there, or all of them."""
        limit = self._query.limit
        while not self.done and (count is None or len(self.rows) < count):
            wanted = self._page_size
            if limit is not None:
                wanted = min(wanted, limit - len(self.rows))
            start = self._next or 0
            rows, following = self._page(self._query, start, wanted)
            if following is not None and following <= start:
                raise MalformedResponseError(
                    f"The server's page from row {start} is followed by one from row {following}, so its pages "
                    f"don't advance: `{shortened(str(self._query))}`."
                )
            # A server that ignores the limit must not give more than was asked for.
            self.rows.extend(rows[:wanted] if limit is not None else rows)
            self._next = following
            self.done = following is None or (limit is not None and len(self.rows) >= limit)


class UnitedReader(Generic[R]):
    """Reads several queries one after the other, each row once; limit and offset are counted here."""

    def __init__(
        self,
        page: Page[Found],
        queries: Sequence[QueryText],
        page_size: int,
        limit: int | None,
        offset: int | None,
    ) -> None:
        self.rows: list[R] = []
        self.done: bool = limit == 0
        self._readers = [PagedReader(page, query, page_size) for query in queries]
        self._current = 0
        self._limit = limit
        self._skip = offset or 0
        self._taken = 0
        self._seen: set[Hashable] = set()

    def fetch(self, count: int | None) -> None:
        """Fetch until `count` rows are there, or all of them."""
        while not self.done and (count is None or len(self.rows) < count):
            reader = self._readers[self._current]
            if self._taken >= len(reader.rows):
                reader.fetch(self._taken + 1)
            for found in reader.rows[self._taken :]:
                self._take(found)
            self._taken = len(reader.rows)
            if reader.done:
                self._current += 1
                self._taken = 0
            full = self._limit is not None and len(self.rows) >= self._limit
            self.done = full or self._current == len(self._readers)

    def _take(self, found: Found) -> None:
        if found.key in self._seen or (self._limit is not None and len(self.rows) >= self._limit):
            return
        self._seen.add(found.key)
        if self._skip:
            self._skip -= 1
        else:
            self.rows.append(found.row)


class MergedReader(Generic[R]):
    """Reads several sorted queries and merges them: everything is fetched when the first row is wanted."""

    def __init__(
        self,
        page: Page[Found],
        queries: Sequence[QueryText],
        page_size: int,
        limit: int | None,
        offset: int | None,
        directions: Sequence[Direction],
    ) -> None:
        self.rows: list[R] = []
        self.done: bool = limit == 0
        # No query needs to give more than all of them together may.
        most = None if limit is None else limit + (offset or 0)
        self._readers = [PagedReader(page, query.first_rows(most), page_size) for query in queries]
        self._limit = limit
        self._offset = offset or 0
        self._directions = directions

    def fetch(self, count: int | None) -> None:
        """Fetch all rows, whatever `count` is.

        Raises:
            QueryError: when the order the server uses can't be told from the rows it gave.
        """
        if self.done:
            return
        runs: list[list[Found]] = []
        for reader in self._readers:
            reader.fetch(None)
            runs.append(reader.rows)
        from ftrack_typed.query.collation import merged

        rows = merged([[(found.order, found) for found in run] for run in runs], self._directions)
        unique = list({found.key: found.row for found in rows}.values())
        end = None if self._limit is None else self._offset + self._limit
        self.rows = unique[self._offset : end]
        self.done = True
