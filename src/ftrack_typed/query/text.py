"""Query texts: what they load, from which type, and their limit. Pure."""

from __future__ import annotations

from typing import NamedTuple


class QueryText(NamedTuple):
    """A query, taken apart.

    Attributes:
        entity_type: Wire id of the type asked for.
        projections: Paths to load; None when the query names none.
        conditions: Everything behind the type, without limit and offset.
        limit: Largest number of rows, None for all.
        offset: Rows to skip.
    """

    entity_type: str
    projections: tuple[str, ...] | None
    conditions: str = ""
    limit: int | None = None
    offset: int | None = None

    def with_projections(self, projections: tuple[str, ...]) -> QueryText:
        """The same query, loading `projections`."""
        return self._replace(projections=projections)

    def first_rows(self, limit: int | None) -> QueryText:
        """The same query, giving at most `limit` rows."""
        return self._replace(limit=limit)

    def page(self, offset: int | None, limit: int) -> str:
        """The expression of one page."""
        skip = "" if offset is None else f" offset {offset}"
        return f"{self.expression}{skip} limit {limit}"

    @property
    def expression(self) -> str:
        """The query without limit and offset."""
        select = f"select {', '.join(self.projections)} from " if self.projections else ""
        conditions = f" {self.conditions}" if self.conditions else ""
        return f"{select}{self.entity_type}{conditions}"

    def __str__(self) -> str:
        offset = "" if self.offset is None else f" offset {self.offset}"
        limit = "" if self.limit is None else f" limit {self.limit}"
        return f"{self.expression}{offset}{limit}"


def shortened(text: str, most: int = 300) -> str:
    """`text` with its middle left out when it has more than `most` characters: for messages."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
