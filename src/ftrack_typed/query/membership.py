"""Whether an entity is among the rows of a query, asked by its key instead of fetching the rows. Pure."""

from __future__ import annotations

from typing import Any

from ftrack_typed.query.literals import literal
from ftrack_typed.query.text import QueryText
from ftrack_typed.query.tokens import tokens


def narrowed(query: QueryText, entity: Any) -> QueryText | None:
    """The query that gives a row only if `entity` is among those of `query`.

    Returns:
        None when rows have to be compared: the query has a window, or the entity's key means nothing in it.
    """
    info = type(entity).__entity__
    key = entity.primary_key
    related = any(
        base.__entity__.name == query.entity_type
        for base in type(entity).__mro__
        if hasattr(base, "__entity__")
    )
    if query.limit is not None or query.offset is not None or len(key) != len(info.primary_key):
        return None
    if not related and info.primary_key != ("id",):
        return None
    where = _where(query.conditions)
    if where is None:
        return None
    own = " and ".join(f"{name} is {literal(part)}" for name, part in key.items())
    conditions = f"where {own} and ({where})" if where else f"where {own}"
    return query._replace(projections=tuple(info.primary_key), conditions=conditions)


def _where(conditions: str) -> str | None:
    """The criteria of a query without its order; None when it has clauses of other kinds."""
    depth, end, before = 0, len(conditions), ""
    for number, token in enumerate(tokens(conditions)):
        if number == 0 and token.kind != "end" and token.keyword not in ("where", "order"):
            return None
        if token.kind == "mark":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and before == "order" and token.keyword == "by":
            break
        if depth == 0 and token.keyword == "order":
            end = token.position
        before = token.keyword
    else:
        end = len(conditions)
    return conditions[:end].strip()[len("where") :].strip()
