"""Errors of requests: what the server refused, and what got lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_typed.errors.base import Error


class RequestError(Error):
    """A request failed: on its way, or at the server.

    Attributes:
        sent: Whether the request went out: False when surely nothing of it did, True when the server or
            something before it had it whole, None when that can't be told.
        status: HTTP status of the response, when there was one.
        code: The server's machine-readable code, when it told one.
        request_id: What the server calls this request in its own logs, when it told.
        retry_after: Seconds after which the server asked to be tried again, when it did.
        operation_index: Position in the batch of the operation at fault, when known.
        entity_type: Entity type of that operation, when known.
        entity_key: Primary key values of that operation, when known.
    """

    def __init__(
        self,
        message: object,
        *,
        sent: bool | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        operation_index: int | None = None,
        entity_type: str | None = None,
        entity_key: Sequence[Any] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        key = None if entity_key is None else tuple(entity_key)
        facts = {
            **(details or {}),
            "sent": sent,
            "status": status,
            "code": code,
            "request_id": request_id,
            "retry_after": retry_after,
            "operation_index": operation_index,
            "entity_type": entity_type,
            "entity_key": key,
        }
        super().__init__(message, {name: value for name, value in facts.items() if value is not None})
        self.sent = sent
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.operation_index = operation_index
        self.entity_type = entity_type
        self.entity_key = key


class ServerError(RequestError):
    """The server refused a request or failed while serving it.

    Attributes:
        exception: Name of the exception class on the server, when it told one. Where it did, nothing of the
            batch was carried out.
        content: The server's own text.
    """

    def __init__(
        self,
        message: object,
        *,
        exception: str | None = None,
        content: str | None = None,
        sent: bool | None = True,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        operation_index: int | None = None,
        entity_type: str | None = None,
        entity_key: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(
            message,
            sent=sent,
            status=status,
            code=code,
            request_id=request_id,
            retry_after=retry_after,
            operation_index=operation_index,
            entity_type=entity_type,
            entity_key=entity_key,
            details={"exception": exception},
        )
        self.exception = exception
        self.content = content


class ServerCompatibilityError(ServerError):
    """The server is too old, or does not know the action that was asked for."""


class AuthenticationError(ServerError):
    """The user name or API key was not accepted."""


class PermissionDeniedError(ServerError):
    """The user may not do what was asked for."""


class ServerValidationError(ServerError):
    """The server found a value invalid."""


class NotFoundError(ServerError):
    """The server does not have what was asked for or was to be changed."""


class NotUniqueError(Error):
    """Something that has to be unique already exists."""


class DuplicateEntryError(ServerError, NotUniqueError):
    """The server already has an entity with this key or unique value."""


class TransportError(RequestError):
    """The request could not be carried to the server, or its response could not be carried back.

    Attributes:
        permanent: Whether trying again is of no use: the server's certificate is not trusted, say.
    """

    permanent: bool = False


class ConnectionFailedError(TransportError):
    """No connection to the server, or it broke before the response was complete."""

    def __init__(self, message: object, *, permanent: bool = False, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.permanent = permanent


class RequestTimeoutError(TransportError):
    """The server did not answer in time."""


class MalformedResponseError(TransportError, ServerError):
    """The response is not what an ftrack server answers: a login page, a proxy's error page, truncated JSON.

    Attributes:
        content_type: Content type of the response, or None when it did not name one.
        excerpt: The start of the body, shortened and on one line.
    """

    def __init__(
        self,
        message: object,
        *,
        status: int | None = None,
        content_type: str | None = None,
        excerpt: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        ServerError.__init__(
            self, message, content=excerpt, status=status, request_id=request_id, retry_after=retry_after
        )
        self.content_type = content_type
        self.excerpt = excerpt


class OutcomeUnknown(TransportError):
    """The answer to a write was lost, and whether the server carried it out could not be found out.

    The cause (`__cause__`) is what happened to the answer. A commit that raises this leaves everything
    recorded; committing again recognises what arrived after all.

    Args:
        operations: What was sent.
        reason: Why it could not be found out.
        cause: The error of the last attempt; its facts are taken over.

    Attributes:
        operations: The batch as it was sent; the server carries out all of it or nothing.
    """

    def __init__(
        self, operations: Sequence[Mapping[str, Any]], reason: str, cause: RequestError | None = None
    ) -> None:
        self.operations: tuple[dict[str, Any], ...] = tuple(dict(operation) for operation in operations)
        actions = Counter(str(operation.get("action", "?")) for operation in self.operations)
        batch = ", ".join(action if count == 1 else f"{count} {action}" for action, count in actions.items())
        super().__init__(
            f"Whether the server carried out {batch or 'nothing'} is not known: {reason}",
            sent=None if cause is None else cause.sent,
            status=None if cause is None else cause.status,
            code=None if cause is None else cause.code,
            request_id=None if cause is None else cause.request_id,
            retry_after=None if cause is None else cause.retry_after,
        )


class BudgetExceededError(Error):
    """A call would cost more requests than ``session.budget`` allows; it was not sent.

    Attributes:
        calls: How many were allowed.
        spent: Where they were spent: lines of code (``file:line``) and how many calls each cost.
        line: The line that wanted one more.
    """

    def __init__(self, calls: int, spent: Mapping[str, int], line: str) -> None:
        lines = "; ".join(f"{where} spent {count}" for where, count in spent.items()) or "none was spent"
        super().__init__(
            f"{line} needs one more call than the budget of {calls} allows ({lines}). Load what is read with "
            "the query or session.prefetch, or allow more.",
            {"calls": calls, "spent": dict(spent), "line": line},
        )
        self.calls = calls
        self.spent: dict[str, int] = dict(spent)
        self.line = line


class ConnectionClosedError(Error):
    """A session or transport was used after it was closed."""

    def __init__(self, message: object = "The connection is closed; open a new session.") -> None:
        super().__init__(message)


class UnencodableValueError(Error, TypeError, ValueError):
    """A value cannot be written to the wire.

    Attributes:
        path: Where it stands in the payload, such as ``"[0].entity_data.bid"``.
    """

    def __init__(self, message: object, *, path: str = "") -> None:
        super().__init__(message, {"path": path})
        self.path = path


class InvalidDateError(Error, ValueError):
    """A value that should be a date or a moment is neither."""
