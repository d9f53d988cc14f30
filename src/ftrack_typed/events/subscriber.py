"""Who wants to hear of what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ftrack_typed.events.event import FROM_WIRE, ON_WIRE, Event
from ftrack_typed.events.expressions import Expression, parse

Callback: TypeAlias = Callable[[Event], Any]
"""Called with each event; what it returns, unless it is None, is sent as reply to the publisher."""


class Subscription:
    """Which events are wanted.

    Args:
        subscription: Expression over the keys of an event: ``topic=ftrack.update and source.user.username=ada``.
            Keys may be written as here or as they travel: ``in_reply_to_event``, ``inReplyToEvent``.

    Raises:
        ParseError: when it can't be read.
    """

    expression: Expression
    """The expression, taken apart, with keys as `Event` has them."""
    wire_text: str
    """The expression as servers match it with events (wire: event envelope)."""

    def __init__(self, subscription: str) -> None:
        self._text = subscription
        written = parse(subscription)
        self.expression = written.renamed(FROM_WIRE)
        for_servers = written.renamed(ON_WIRE)
        self.wire_text = subscription if for_servers is written else str(for_servers)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._text!r}>"

    def includes(self, event: Mapping[str, Any]) -> bool:
        """Whether the event is wanted."""
        return self.expression.matches(event)


class Subscriber:
    """A callback, and what it wants to hear of.

    Args:
        subscription: Which events are wanted, as text or as `Subscription`.
        callback: Called with each of them.
        metadata: What `Event.target` is matched with, ``id`` among it; copied.
        priority: Lower ones are called first.

    Raises:
        ParseError: when the subscription can't be read.
    """

    subscription: Subscription
    """Which events are wanted."""
    callback: Callback
    """Called with each of them."""
    metadata: dict[str, Any]
    """What `Event.target` is matched with."""
    priority: int
    """Lower ones are called first."""

    def __init__(
        self,
        subscription: str | Subscription,
        callback: Callback,
        metadata: Mapping[str, Any],
        priority: int = 100,
    ) -> None:
        if not isinstance(subscription, Subscription):
            subscription = Subscription(subscription)
        self.subscription = subscription
        self.callback = callback
        self.metadata = dict(metadata)
        self.priority = priority

    def __str__(self) -> str:
        return f'<{type(self).__name__} metadata={self.metadata} subscription="{self.subscription}">'

    @property
    def id(self) -> str:
        """The ``id`` of `metadata`."""
        return str(self.metadata["id"])

    def interested_in(self, event: Mapping[str, Any]) -> bool:
        """Whether the subscription includes the event."""
        return self.subscription.includes(event)
