"""Query texts as people write them: what they load, from which type, and their limit. Pure.

This is no parser of the query language (the server has one): only the frame of a query is read, and text
inside quotes and parentheses is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ftrack_typed.errors import ParseError
from ftrack_typed.query.tokens import Token, tokens

_STEP = re.compile(r"[A-Za-z_]\w*(?:\[\w+\])?")
_NAME = re.compile(r"[A-Za-z_]\w*")
_MOST_DIGITS = 18
_TYPE = re.compile(r"[A-Za-z]\w*")


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
    words = tokens(expression)
    word = next(words)
    projections: tuple[str, ...] | None = None
    if word.keyword == "select":
        projections = _projections(words)
        word = next(words, word)
    named = _TYPE.match(word.text) if word.kind == "word" else None
    if named is None or projections == () or named[0].lower() == "select":
        raise ParseError(
            f"Failed to parse: {shortened(expression)}. A query reads `[select attributes from] Type [where …]`.",
            expression=expression,
            position=0,
        )
    conditions, limit, offset = _without_window(expression[word.position + named.end() :])
    return QueryText(named[0], projections, conditions, limit, offset)


def _projections(words: Iterator[Token]) -> tuple[str, ...]:
    """The projections up to ``from``, each once; none when they are not written as they should be."""
    found: list[str] = []
    for word in words:
        if word.kind != "word":
            return ()
        item = word.text
        following = next(words, word)
        if following.text == "(" and _NAME.fullmatch(item):
            inside, closing = next(words, word), next(words, word)
            if inside.kind != "word" or closing.text != ")":
                return ()
            item = f"{item}({inside.text})"
            following = next(words, word)
        elif not all(_STEP.fullmatch(step) for step in item.split(".")):
            return ()
        found.append(item)
        if following.keyword == "from":
            return tuple(dict.fromkeys(found))
        if following.text != ",":
            return ()
    return ()


def _without_window(rest: str) -> tuple[str, int | None, int | None]:
    """Take limit and offset out of the clauses of the query itself, not out of strings or subqueries."""
    depth = 0
    values: dict[str, int] = {}
    kept: list[str] = []
    end = 0
    clause: Token | None = None
    for token in tokens(rest):
        if clause is not None and token.kind == "word" and token.text.isascii() and token.text.isdigit():
            kept.append(rest[end : clause.position])
            end = token.position + len(token.text)
            values.setdefault(clause.keyword, _number(token.text))
        clause = token if depth == 0 and token.keyword in ("limit", "offset") else None
        if token.kind == "mark":
            depth = max(0, depth + {"(": 1, ")": -1}.get(token.text, 0))
    kept.append(rest[end:])
    conditions = " ".join(part.strip() for part in kept if part.strip())
    return conditions, values.get("limit"), values.get("offset")


def _number(digits: str) -> int:
    # Python refuses to read numbers of thousands of digits, which mean "all" anyway.
    return int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def shortened(text: str, most: int = 300) -> str:
    """`text` with its middle left out when it has more than `most` characters: for messages."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
