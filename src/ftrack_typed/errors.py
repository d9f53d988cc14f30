"""The exception tree of ftrack-typed.

Everything the package raises on purpose derives from `Error`. Errors carry their facts as attributes (a
status, an entity type, an attribute name), can be pickled, copied and printed whatever their text holds, and
never contain an API key. Where callers of the existing ftrack client rely on a builtin exception (`KeyError`
for an unknown key, `TypeError` for a missing server URL, …) the class derives from that builtin too.

Standard names such as `AttributeError` are deliberately not redefined here, so that
``from ftrack_typed.errors import *`` is harmless.
"""

from __future__ import annotations

import difflib
import pickle
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ftrack_typed.unit_of_work.chunks import CommitReport

_E = TypeVar("_E", bound="Error")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'nearest'?`` for a misspelt *name*, or an empty string when nothing is near."""
    by_lower = {candidate.lower(): candidate for candidate in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean {by_lower[near[0]]!r}?" if near else ""


def _printable(text: object) -> str:
    """Return *text* as a string every stream can take (lone surrogates are spelt out)."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _restore(kind: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


def _portable(value: object) -> object:
    """Return *value* if it survives pickling, otherwise its representation."""
    try:
        pickle.loads(pickle.dumps(value))
    except Exception:
        return repr(value)
    return value


class Error(Exception):
    """Base of every error of this package.

    Args:
        message: What happened, where, and how to put it right. Printed as it stands: braces mean nothing.
        details: Further facts, kept in `details`.
    """

    message: str
    """The text `str()` gives."""

    details: dict[str, Any]
    """Further facts about the error; empty when there are none."""

    def __init__(self, message: object = "", details: Mapping[str, Any] | None = None) -> None:
        self.message = _printable(message) or type(self).__name__
        self.details = dict(details or {})
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: _portable(value) for name, value in self.__dict__.items()}
        return _restore, (type(self), self.args, state)


# Configuration -----------------------------------------------


class ConfigurationError(Error):
    """An argument or environment variable is missing or unusable.

    Attributes:
        setting: Name of the argument, such as ``"server_url"``.
    """

    def __init__(self, message: object, *, setting: str | None = None) -> None:
        super().__init__(message, {"setting": setting})
        self.setting = setting


class ConfigurationTypeError(ConfigurationError, TypeError):
    """A required setting is missing, or a setting has the wrong type."""


class ConfigurationValueError(ConfigurationError, ValueError):
    """A setting has the right type but no usable value."""


class MissingExtraError(Error, ImportError):
    """A feature needs an optional dependency group that is not installed.

    Attributes:
        feature: What was asked for, such as ``"ftrack-typed regen"``.
        extra: Name of the extra to install.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs the "{extra}" extra: pip install "ftrack-typed[{extra}]"')
        self.feature = feature
        self.extra = extra


# Server and transport ----------------------------------------


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
        self.spent = dict(spent)
        self.line = line


class ConnectionClosedError(Error):
    """A session or transport was used after it was closed."""

    def __init__(self, message: object = "The connection is closed; open a new session.") -> None:
        super().__init__(message)


# Wire --------------------------------------------------------


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


# Schema ------------------------------------------------------


class SchemaError(Error):
    """A schema document contains something that cannot be understood.

    Attributes:
        entity_type: Entity type concerned, when known.
        property: Property concerned, when known.
    """

    def __init__(
        self, message: object, *, entity_type: str | None = None, property: str | None = None
    ) -> None:
        super().__init__(message, {"entity_type": entity_type, "property": property})
        self.entity_type = entity_type
        self.property = property


class SchemaDriftError(SchemaError):
    """The server's schema is not the one that the generated package was made from."""


class UnsafeNameError(SchemaError, ValueError):
    """A name from a schema is no identifier and must not reach source code or attribute access."""


class EntityTypeError(Error):
    """Something is wrong with an entity type."""


class UnrecognisedEntityTypeError(EntityTypeError, KeyError):
    """There is no entity type of this name.

    Args:
        entity_type: The name asked for.
        known: The names that exist, to suggest the nearest.

    Attributes:
        entity_type: The name asked for.
    """

    def __init__(self, entity_type: str, known: Iterable[str] = ()) -> None:
        super().__init__(
            f"There is no entity type {entity_type!r}.{suggestion(entity_type, known)}",
            {"entity_type": entity_type},
        )
        self.entity_type = entity_type


# Entities ----------------------------------------------------


class EntityAttributeError(Error):
    """An attribute of an entity cannot be used in the way it was.

    Attributes:
        entity_type: Entity type concerned.
        attribute: Name of the attribute.
    """

    def __init__(self, message: object, *, entity_type: str, attribute: str) -> None:
        super().__init__(message, {"entity_type": entity_type, "attribute": attribute})
        self.entity_type = entity_type
        self.attribute = attribute


class UnknownAttributeError(EntityAttributeError, AttributeError, KeyError):
    """An entity type has no attribute of this name.

    Args:
        entity_type: Entity type asked.
        attribute: The name asked for.
        known: The names that exist, to suggest the nearest.
    """

    def __init__(self, entity_type: str, attribute: str, known: Iterable[str] = ()) -> None:
        super().__init__(
            f"{entity_type} has no attribute {attribute!r}.{suggestion(attribute, known)}",
            entity_type=entity_type,
            attribute=attribute,
        )


class NotLoadedError(EntityAttributeError):
    """An attribute was read that is not loaded, in a session with ``on_missing="raise"``.

    Deliberately no `AttributeError`: ``hasattr`` and ``getattr(…, default)`` must not hide it.
    """

    def __init__(self, entity_type: str, attribute: str, path: str, entity: str) -> None:
        super().__init__(
            f"{entity_type}.{attribute} of {entity} is not loaded, and this session has on_missing='raise'. Load it "
            f"with the query, as in .load({path}), or with session.prefetch(entities, {path}).",
            entity_type=entity_type,
            attribute=attribute,
        )


class ImmutableAttributeError(EntityAttributeError, AttributeError):
    """An attribute was assigned that cannot change once the entity exists."""

    def __init__(self, entity_type: str, attribute: str, message: object | None = None) -> None:
        super().__init__(
            message or f"{entity_type}.{attribute} cannot change after the entity is created.",
            entity_type=entity_type,
            attribute=attribute,
        )


class ComputedAttributeError(ImmutableAttributeError):
    """An attribute was assigned that only the server calculates."""

    def __init__(self, entity_type: str, attribute: str, message: object | None = None) -> None:
        super().__init__(
            entity_type,
            attribute,
            message or f"{entity_type}.{attribute} is calculated by the server and cannot be set.",
        )


class MissingKeyError(EntityAttributeError, KeyError):
    """An entity lacks part of its key; also a `KeyError`."""

    def __init__(self, entity_type: str, attribute: str) -> None:
        super().__init__(
            f"This {entity_type} has no {attribute}, which is part of its key.",
            entity_type=entity_type,
            attribute=attribute,
        )


class ValueTypeError(EntityAttributeError, TypeError, ValueError):
    """A value does not fit the type of an attribute.

    Args:
        entity_type: Entity type concerned.
        attribute: Name of the attribute.
        expected: The type asked for, in words or as it stands in code.
        given: The value that was given; the message shows it shortened, together with its type.

    Attributes:
        expected: As given.
        given: The shortened representation of the value.
    """

    def __init__(self, entity_type: str, attribute: str, expected: str, given: object) -> None:
        text = repr(given)
        shown = text if len(text) <= 80 else f"{text[:77]}..."
        super().__init__(
            f"{entity_type}.{attribute} takes {expected}, not {shown} ({type(given).__name__}).",
            entity_type=entity_type,
            attribute=attribute,
        )
        self.expected = expected
        self.given = shown


class DetachedEntityError(Error):
    """An operation needs a session, and the entity belongs to none."""


class CollectionError(Error):
    """A collection cannot be used in the way it was.

    Attributes:
        collection: The collection in words, such as ``"Task.assignments"``.
    """

    def __init__(self, message: object, *, collection: str) -> None:
        super().__init__(message, {"collection": collection})
        self.collection = collection


class ImmutableCollectionError(CollectionError, AttributeError):
    """A collection that cannot change was changed."""

    def __init__(self, collection: str) -> None:
        super().__init__(f"The collection {collection} cannot change.", collection=collection)


class DuplicateItemInCollectionError(CollectionError, ValueError):
    """An item was added to a collection that already has it.

    Attributes:
        item: Representation of the item.
    """

    def __init__(self, item: object, collection: str) -> None:
        super().__init__(f"{item!r} is already in the collection {collection}.", collection=collection)
        self.item: str = repr(item)


class OperationError(Error):
    """A recorded operation cannot be carried out."""


class CommitStoppedError(OperationError):
    """One of several batches of a commit failed; those before it are on the server, the rest stays recorded.

    Attributes:
        report: What became of each batch, with `landed` and `remaining` operations.
    """

    def __init__(self, report: CommitReport, error: BaseException) -> None:
        done, left = len(report.landed), len(report.remaining)
        super().__init__(
            f"The server took {done} operations and not the other {left}, which stay recorded: {error}"
        )
        self.report = report


class MissingAttributesError(OperationError, ValueError):
    """An entity was to be created without attributes it must have. Nothing was sent.

    Attributes:
        entity_type: Its type.
        entity_key: Its key.
        attributes: What is missing, by wire names.
    """

    def __init__(self, entity_type: str, entity_key: Sequence[Any], attributes: Iterable[str]) -> None:
        missing = tuple(attributes)
        key = " ".join(str(part) for part in entity_key)
        super().__init__(
            f"{entity_type} {key or 'without key'} can't be created without {', '.join(missing)}: set "
            f"{'it' if len(missing) == 1 else 'them'} before the commit. Nothing was sent.",
            {"entity_type": entity_type, "attributes": missing},
        )
        self.entity_type = entity_type
        self.entity_key: tuple[Any, ...] = tuple(entity_key)
        self.attributes = missing


class InvalidStateError(OperationError):
    """An entity is not in a state that allows the operation."""


# Queries -----------------------------------------------------


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
