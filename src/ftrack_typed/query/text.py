"""Query texts as people write them: what they load, from which type, and their limit. Pure.

This is no parser of the query language (the server has one): only the frame of a query is read, and text
inside quotes and parentheses is never touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ftrack_typed.errors import ParseError

_PROJECTION = r"(?:[A-Za-z_]\w*\s*\([^()]*\)|[A-Za-z_]\w*(?:\[\w+\])?(?:\.[A-Za-z_]\w*(?:\[\w+\])?)*)"
_SELECT = re.compile(
    rf"\s*select\s+(?P<list>{_PROJECTION}(?:\s*,\s*{_PROJECTION})*)\s+from\s+(?P<type>\w+)\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(r"\s*(?P<type>[A-Za-z]\w*)\b(?P<rest>.*)", re.DOTALL)
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
_CLAUSE = re.compile(r"(?<![\w.])(limit|offset)\s+(\d+)(?![\w.])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QueryText:
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
        return replace(self, projections=projections)

    def first_rows(self, limit: int | None) -> QueryText:
        """The same query, giving at most `limit` rows."""
        return replace(self, limit=limit)

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


def read(expression: str) -> QueryText:
    """Take a query text apart.

    Raises:
        ParseError: when it names no entity type.
    """
    found = _SELECT.fullmatch(expression)
    projections: tuple[str, ...] | None = None
    if found is not None:
        names = (re.sub(r"\s+", "", item) for item in _split(found["list"]))
        projections = tuple(dict.fromkeys(names))
    else:
        found = _BARE.fullmatch(expression)
        if found is None or found["type"].lower() == "select":
            raise ParseError(
                f"Failed to parse: {expression}. A query reads `[select attributes from] Type [where …]`.",
                expression=expression,
                position=0,
            )
    conditions, limit, offset = _without_window(found["rest"])
    return QueryText(found["type"], projections, conditions, limit, offset)


def _split(projections: str) -> list[str]:
    return [item for item in re.split(r",(?![^()]*\))", projections) if item.strip()]


def _without_window(rest: str) -> tuple[str, int | None, int | None]:
    """Take limit and offset out of the clauses of the query itself, not out of strings or subqueries."""
    masked = list(_QUOTED.sub(lambda quoted: "\0" * len(quoted[0]), rest))
    depth = 0
    for index, character in enumerate(masked):
        if character == ")":
            depth = max(0, depth - 1)
        if depth:
            masked[index] = "\0"
        if character == "(":
            depth += 1
    values: dict[str, int] = {}
    kept: list[str] = []
    end = 0
    for clause in _CLAUSE.finditer("".join(masked)):
        kept.append(rest[end : clause.start()])
        end = clause.end()
        values.setdefault(clause[1].lower(), int(clause[2]))
    kept.append(rest[end:])
    conditions = " ".join(part.strip() for part in kept if part.strip())
    return conditions, values.get("limit"), values.get("offset")
