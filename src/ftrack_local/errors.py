"""Errors of the local server.

Two families: :class:`LocalServerError` is for the person who starts a server (bad schema file, port
in use, …); :class:`RequestError` is for the client that sent a request and travels over the wire as
`{"exception", "content", "error_code"}` (wire: error object).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class LocalServerError(Exception):
    """The server cannot be started or used as asked; the text is one line for a person."""


class RequestError(Exception):
    """A request that cannot be answered.

    `exception` is the class name a client sees, `status` the HTTP status used in strict mode.
    """

    exception = "ServerError"
    status = 500
    error_code: str | None = None

    def __init__(self, content: str) -> None:
        super().__init__(content)
        self.content = content

    def document(self) -> dict[str, Any]:
        """Return the error object as it goes over the wire."""
        return {"exception": self.exception, "content": self.content, "error_code": self.error_code}


class InvalidCredentialsError(RequestError):
    """Unknown user or key."""

    exception = "InvalidCredentialsError"
    status = 401
    error_code = "api_credentials_invalid"


class ForbiddenError(RequestError):
    """An address whose signature is wrong or whose time is over."""

    exception = "ForbiddenError"
    status = 403


class ForeignHostError(RequestError):
    """A request that was sent to a name the server does not go by."""

    exception = "ForeignHostError"
    status = 421


class MalformedRequestError(RequestError):
    """The request body is not a batch of operations."""

    exception = "MalformedRequestError"
    status = 400


class RequestTooLargeError(RequestError):
    """The request body exceeds the server's limit."""

    exception = "RequestTooLargeError"
    status = 413


class InvalidActionError(RequestError):
    """An operation names an action the server does not have.

    Clients recognise the text `Invalid action u'<name>'` (wire: unknown action).
    """

    exception = "ValidationError"
    status = 400

    def __init__(self, action: str) -> None:
        super().__init__(f"Invalid action u'{action}'")


class QueryError(RequestError):
    """A query expression that cannot be answered, with the place of the trouble in the text."""

    exception = "QueryError"
    status = 400

    def __init__(self, content: str, position: int | None = None) -> None:
        super().__init__(content)
        self.position = position


class ParseError(QueryError):
    """A query expression that does not follow the grammar.

    The content starts with `Failed to parse: ` followed by the expression (wire: ParseError).
    """

    exception = "ParseError"

    def __init__(self, expression: str, position: int | None, detail: str) -> None:
        self.expression = expression
        self.detail = detail
        shown = expression if len(expression) <= 2000 else f"{expression[:2000]}…"
        place = "" if position is None else f" (at character {position + 1})"
        super().__init__(f"Failed to parse: {shown}\n{detail}{place}", position)


class UnknownNameError(QueryError):
    """A query or operation names an entity type or attribute the schema does not have."""

    exception = "UnknownNameError"


class ValidationError(RequestError):
    """An operation whose values the server refuses."""

    exception = "ValidationError"
    status = 400


class IntegrityError(RequestError):
    """A batch that would leave broken references or missing values behind."""

    exception = "IntegrityError"
    status = 400


class DuplicateEntryError(RequestError):
    """A row with the same identity or unique value exists already."""

    exception = "DuplicateEntryError"
    status = 409


class EntityNotFoundError(RequestError):
    """An update or delete names an entity that does not exist."""

    exception = "EntityNotFoundError"
    status = 404


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean `x`?` for the known name closest to `name`, or an empty string."""
    names = sorted(known)
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if not found:
        lowered = {candidate.lower(): candidate for candidate in names}
        found = [
            lowered[hit] for hit in difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
        ]
    return f" Did you mean `{found[0]}`?" if found else ""
