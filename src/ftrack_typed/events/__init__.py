"""Events: publishing them, and hearing of those of others.

``EventHub`` is the face; every session has one as ``session.event_hub``.
"""

from ftrack_typed.events.event import Event
from ftrack_typed.events.hub import EventHub
from ftrack_typed.events.statistics import Statistics
from ftrack_typed.events.subscriber import Subscriber, Subscription

__all__ = [
    "Event",
    "EventHub",
    "Statistics",
    "Subscriber",
    "Subscription",
]
