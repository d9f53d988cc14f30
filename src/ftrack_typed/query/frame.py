"""Query texts as people write them, taken apart. Pure.

This is no parser of the query language (the server has one): only the frame of a query is read, and text
inside quotes and parentheses is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ftrack_typed.errors import ParseError
from ftrack_typed.query.text import QueryText, shortened
from ftrack_typed.query.tokens import Token, tokens

_STEP = re.compile(r"[A-Za-z_]\w*(?:\[\w+\])?")
_NAME = re.compile(r"[A-Za-z_]\w*")
_MOST_DIGITS = 18
_TYPE = re.compile(r"[A-Za-z]\w*")


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
