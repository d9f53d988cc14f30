"""Subscribing functions by decorating them: to a text, or to a class of typed events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ftrack_typed.errors import EventFilterError
from ftrack_typed.events.subscriber import Callback

if TYPE_CHECKING:
    from ftrack_typed.events.topics import EventContext, Filter, TypedEvent

C = TypeVar("C", bound=Callback)
R = TypeVar("R")
T = TypeVar("T", bound="TypedEvent")


class Decorating:
    """The `on` of event hubs."""

    _context: Callable[[], EventContext] | None = None

    @property
    def context(self) -> EventContext | None:
        """The session the hub belongs to, as typed events see it; None for a hub of its own."""
        return None if self._context is None else self._context()

    def belong_to(self, context: Callable[[], EventContext]) -> None:
        """Take note of the session the hub belongs to; it is asked for once there are typed events."""
        self._context = context

    def subscribe(
        self,
        subscription: str,
        callback: Callback,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = 100,
    ) -> str:
        """Have `callback` called with the events a subscription includes."""
        raise NotImplementedError

    @overload
    def on(
        self, what: str, *, subscriber: Mapping[str, Any] | None = None, priority: int = 100
    ) -> Callable[[C], C]: ...
    @overload
    def on(
        self,
        what: type[T],
        *filters: Filter,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = 100,
    ) -> Callable[[Callable[[T], R]], Callable[[T], R]]: ...
    def on(
        self,
        what: str | type[TypedEvent],
        *filters: Filter,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = 100,
    ) -> Callable[[Any], Any]:
        """Subscribe the function that is decorated; see `subscribe`.

        Args:
            what: A subscription as text; or a class of typed events, such as `EntityUpdate`, whose instances the
                function is given.
            filters: What narrows typed events. For `EntityUpdate` classes, attributes and actions: the function
                is called where something passes, and sees only that. For `ActionLaunch` the identifier of the action.
            subscriber: What a publisher's `target` is matched with.
            priority: Lower ones are called first.

        Raises:
            ParseError: when the text can't be read.
            EventFilterError: for filters that mean nothing for these events.
        """
        reading: Callable[[Callable[[Any], Any]], Callable[[Any], Any]]
        if isinstance(what, str):
            if filters:
                raise EventFilterError(
                    f"The subscription {what!r} can't be filtered further; say all of it in the text, or "
                    "subscribe to a class such as EntityUpdate."
                )
            subscription, reading = what, _plain
        else:
            from ftrack_typed.events.topics import subscription_for

            subscription, reading = subscription_for(what, filters, self.context)

        def subscribing(callback: Callable[[Any], Any]) -> Callable[[Any], Any]:
            self.subscribe(subscription, reading(callback), subscriber, priority)
            return callback

        return subscribing


def _plain(callback: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return callback
