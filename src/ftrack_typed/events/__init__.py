"""Events: publishing them, and hearing of those of others.

`EventHub` is the face; every session has one as ``session.event_hub``.
"""

from ftrack_typed.events.event import Event
from ftrack_typed.events.hub import EventHub, ServerDetails
from ftrack_typed.events.inbox import Inbox, MemoryInbox, Receipt
from ftrack_typed.events.options import HubOptions
from ftrack_typed.events.outbox import Publication, PublicationState
from ftrack_typed.events.state import HubState
from ftrack_typed.events.statistics import Statistics
from ftrack_typed.events.subscriber import Subscriber, Subscription

__all__ = [
    "Event",
    "EventHub",
    "HubOptions",
    "HubState",
    "Inbox",
    "MemoryInbox",
    "Publication",
    "PublicationState",
    "Receipt",
    "ServerDetails",
    "Statistics",
    "Subscriber",
    "Subscription",
]
