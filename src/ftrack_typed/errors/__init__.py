"""The exception tree of ftrack-typed.

Everything the package raises on purpose derives from `Error`. Errors carry their facts as attributes (a
status, an entity type, an attribute name), can be pickled, copied and printed whatever their text holds, and
never contain an API key. Where callers of the existing ftrack client rely on a builtin exception (`KeyError`
for an unknown key, `TypeError` for a missing server URL, …) the class derives from that builtin too.

Standard names such as `AttributeError` are deliberately not redefined here, so that
``from ftrack_typed.errors import *`` is harmless.
"""

from ftrack_typed.errors.base import (
    Error,
    suggestion,
)
from ftrack_typed.errors.entities import (
    CollectionError,
    CommitStoppedError,
    ComputedAttributeError,
    DetachedEntityError,
    DuplicateItemInCollectionError,
    EntityAttributeError,
    ImmutableAttributeError,
    ImmutableCollectionError,
    InvalidStateError,
    MissingAttributesError,
    MissingKeyError,
    NotLoadedError,
    OperationError,
    UnknownAttributeError,
    ValueTypeError,
)
from ftrack_typed.errors.events import (
    EventDataError,
    EventFilterError,
    EventHubConnectionError,
    EventHubError,
    EventHubPacketError,
    EventKeyError,
    PublicationError,
    SubscriberNotFoundError,
    SubscriberNotUniqueError,
)
from ftrack_typed.errors.journal import JournalBusyError, JournalError, JournalFullError
from ftrack_typed.errors.plugins import EntityExtensionError, PluginError
from ftrack_typed.errors.queries import (
    IncorrectResultError,
    MultipleResultsFoundError,
    NoResultFoundError,
    ParseError,
    QueryError,
    QueryNameError,
)
from ftrack_typed.errors.requests import (
    AuthenticationError,
    BudgetExceededError,
    ConnectionClosedError,
    ConnectionFailedError,
    DuplicateEntryError,
    InvalidDateError,
    MalformedResponseError,
    NotFoundError,
    NotUniqueError,
    OutcomeUnknown,
    PermissionDeniedError,
    RequestError,
    RequestTimeoutError,
    ServerCompatibilityError,
    ServerError,
    ServerValidationError,
    TransportError,
    UnencodableValueError,
)
from ftrack_typed.errors.schema import (
    EntityTypeError,
    SchemaDriftError,
    SchemaError,
    UnrecognisedEntityTypeError,
    UnsafeNameError,
)
from ftrack_typed.errors.settings import (
    ConfigurationError,
    ConfigurationTypeError,
    ConfigurationValueError,
    MissingExtraError,
)

__all__ = [
    "AuthenticationError",
    "BudgetExceededError",
    "CollectionError",
    "CommitStoppedError",
    "ComputedAttributeError",
    "ConfigurationError",
    "ConfigurationTypeError",
    "ConfigurationValueError",
    "ConnectionClosedError",
    "ConnectionFailedError",
    "DetachedEntityError",
    "DuplicateEntryError",
    "DuplicateItemInCollectionError",
    "EntityAttributeError",
    "EntityExtensionError",
    "EntityTypeError",
    "Error",
    "EventDataError",
    "EventFilterError",
    "EventHubConnectionError",
    "EventHubError",
    "EventHubPacketError",
    "EventKeyError",
    "ImmutableAttributeError",
    "ImmutableCollectionError",
    "IncorrectResultError",
    "InvalidDateError",
    "InvalidStateError",
    "JournalBusyError",
    "JournalError",
    "JournalFullError",
    "MalformedResponseError",
    "MissingAttributesError",
    "MissingExtraError",
    "MissingKeyError",
    "MultipleResultsFoundError",
    "NoResultFoundError",
    "NotFoundError",
    "NotLoadedError",
    "NotUniqueError",
    "OperationError",
    "OutcomeUnknown",
    "ParseError",
    "PermissionDeniedError",
    "PluginError",
    "PublicationError",
    "QueryError",
    "QueryNameError",
    "RequestError",
    "RequestTimeoutError",
    "SchemaDriftError",
    "SchemaError",
    "ServerCompatibilityError",
    "ServerError",
    "ServerValidationError",
    "SubscriberNotFoundError",
    "SubscriberNotUniqueError",
    "TransportError",
    "UnencodableValueError",
    "UnknownAttributeError",
    "UnrecognisedEntityTypeError",
    "UnsafeNameError",
    "ValueTypeError",
    "suggestion",
]
