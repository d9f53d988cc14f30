"""Errors of the event hub."""

from __future__ import annotations

from ftrack_typed.errors.base import Error
from ftrack_typed.errors.requests import NotFoundError, NotUniqueError


class EventHubError(Error):
    """Something the event hub can't do."""


class EventHubConnectionError(EventHubError):
    """The event hub is not connected, can't be, or is already."""


class EventHubPacketError(EventHubError, ValueError):
    """A packet from the event server can't be read."""


class PublicationError(EventHubError):
    """An event was not delivered to the event server.

    Attributes:
        event_id: Id of the event.
        state: How its publication ended: ``"dropped"`` or ``"expired"``.
    """

    def __init__(self, message: object, *, event_id: str = "", state: str = "dropped") -> None:
        super().__init__(message, {"event_id": event_id, "state": state})
        self.event_id = event_id
        self.state = state


class SubscriberNotFoundError(EventHubError, NotFoundError):
    """The hub has no subscriber with this id.

    Attributes:
        identifier: The id asked for.
    """

    def __init__(self, message: object, *, identifier: str) -> None:
        super().__init__(message)
        self.identifier = identifier


class SubscriberNotUniqueError(EventHubError, NotUniqueError):
    """The hub has a subscriber with this id already.

    Attributes:
        identifier: The id.
    """

    def __init__(self, message: object, *, identifier: str) -> None:
        super().__init__(message, {"identifier": identifier})
        self.identifier = identifier


class EventKeyError(EventHubError, KeyError):
    """An event has no such key; also a `KeyError`.

    Attributes:
        key: The key.
    """

    def __init__(self, message: object, *, key: object) -> None:
        super().__init__(message, {"key": key})
        self.key = key


class EventDataError(EventHubError, ValueError):
    """The data of an event is not what events of its topic carry.

    Attributes:
        topic: The topic.
        place: Where in the event, such as ``data.entities.0.entityId``.
    """

    def __init__(self, message: object, *, topic: str, place: str) -> None:
        super().__init__(message, {"topic": topic, "place": place})
        self.topic = topic
        self.place = place


class EventFilterError(EventHubError, TypeError):
    """Events of this class can't be told apart by what was given for it."""
