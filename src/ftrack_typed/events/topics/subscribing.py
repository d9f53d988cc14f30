"""Handlers of typed events as subscribers of a hub, which knows texts and plain events only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ftrack_typed.errors import EventFilterError
from ftrack_typed.events.event import Event
from ftrack_typed.events.expressions import All, Condition
from ftrack_typed.events.topics.base import TypedEvent
from ftrack_typed.events.topics.filters import ChangeFilter, Filter
from ftrack_typed.events.topics.standard import ActionLaunch
from ftrack_typed.events.topics.update import EntityUpdate

if TYPE_CHECKING:
    from ftrack_typed.events.topics.context import EventContext

T = TypeVar("T", bound=TypedEvent)


class TypedSubscription(NamedTuple):
    """How a hub serves handlers of typed events."""

    subscription: str
    """The expression to subscribe with."""
    reading: Callable[[Callable[[Any], Any]], Callable[[Event], Any]]
    """Makes a handler of plain events out of one of typed events."""


def subscription_for(
    kind: type[T], filters: Sequence[Filter], context: EventContext | None
) -> TypedSubscription:
    """What to subscribe with for events of a class.

    Args:
        kind: The class of the events.
        filters: What narrows them: classes, attributes and actions for `EntityUpdate`, identifiers for
            `ActionLaunch`.
        context: The session the hub belongs to, if any.

    Raises:
        EventFilterError: for a class without a topic, and for filters that mean nothing for it.
    """
    given: object = kind
    topic: str | None = getattr(given, "topic", None)
    if not isinstance(given, type) or not issubclass(given, TypedEvent) or topic is None:
        raise EventFilterError(
            f"{kind!r} is no class of typed events with a topic; subscribe with a text instead."
        )
    if issubclass(kind, EntityUpdate):
        return _changes(kind, filters, context)
    subscription = Condition("topic", "=", topic)
    if not filters:
        return TypedSubscription(str(subscription), _reading(kind, context))
    identifiers = [given for given in filters if isinstance(given, str)]
    if not issubclass(kind, ActionLaunch) or len(identifiers) < len(filters) or len(identifiers) > 1:
        raise EventFilterError(
            f"Events of the class {kind.__name__} can't be filtered by {', '.join(map(repr, filters))}; "
            "ActionLaunch takes the identifier of an action, EntityUpdate takes classes, attributes and actions."
        )
    launched = All([subscription, Condition("data.actionIdentifier", "=", identifiers[0])])
    return TypedSubscription(str(launched), _reading(kind, context))


def _reading(
    kind: type[TypedEvent], context: EventContext | None
) -> Callable[[Callable[[Any], Any]], Callable[[Event], Any]]:
    def reading(handler: Callable[[Any], Any]) -> Callable[[Event], Any]:
        def handle(event: Event) -> Any:
            return handler(kind.from_event(event, context))

        return handle

    return reading


def _changes(
    kind: type[EntityUpdate], filters: Sequence[Filter], context: EventContext | None
) -> TypedSubscription:
    subscription = str(Condition("topic", "=", kind.topic))
    if not filters:
        return TypedSubscription(subscription, _reading(kind, context))
    wanted = ChangeFilter(filters, context)

    def reading(handler: Callable[[Any], Any]) -> Callable[[Event], Any]:
        def handle(event: Event) -> Any:
            data: object = event.data
            entities = data.get("entities") if isinstance(data, Mapping) else None
            passed = [each for each in entities if wanted.passes(each)] if isinstance(entities, list) else []
            return handler(kind.narrowed(event, context, passed)) if passed else None

        return handle

    return TypedSubscription(subscription, reading)
