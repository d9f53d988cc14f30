"""Errors of queries and their results."""

from __future__ import annotations

from collections.abc import Iterable

from ftrack_typed.errors.base import Error, suggestion


class QueryError(Error, ValueError):
    """A query is used in a way that makes no sense, such as ``.one()`` with a limit."""


class ParseError(QueryError):
    """A query or expression cannot be parsed.

    Attributes:
        expression: The whole text, when known.
        position: Offset in characters at which it goes wrong, when known.
        hint: How to put it right, when known.
    """

    def __init__(
        self,
        message: object,
        *,
        expression: str | None = None,
        position: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, {"expression": expression, "position": position, "hint": hint})
        self.expression = expression
        self.position = position
        self.hint = hint


class QueryNameError(ParseError):
    """A query names an attribute or entity type that the server does not have.

    Args:
        expression: The whole text.
        position: Offset in characters of the name.
        name: The name.
        entity_type: Entity type that lacks the attribute; None when `name` itself is of an entity type.
        known: The names that exist, to suggest the nearest.
        reason: What is wrong, where it is something else than that there is no such name.

    Attributes:
        name: The name.
        entity_type: Entity type that lacks the attribute, or None.
    """

    def __init__(
        self,
        expression: str,
        position: int,
        name: str,
        *,
        entity_type: str | None = None,
        known: Iterable[str] = (),
        reason: str | None = None,
    ) -> None:
        hint = suggestion(name, known).strip() or None
        missing = (
            f"There is no entity type {name!r}"
            if entity_type is None
            else f"{entity_type} has no attribute {name!r}"
        )
        excerpt = expression[max(0, position - 20) : position + len(name) + 20]
        super().__init__(
            f"{reason or missing}, at character {position} of the query, in `{excerpt}`.{f' {hint}' if hint else ''}",
            expression=expression,
            position=position,
            hint=hint,
        )
        self.name = name
        self.entity_type = entity_type


class IncorrectResultError(Error):
    """A query gave another number of results than was asked for."""


class NoResultFoundError(IncorrectResultError):
    """A query that has to give exactly one result gave none."""


class MultipleResultsFoundError(IncorrectResultError):
    """A query that has to give exactly one result gave several."""
