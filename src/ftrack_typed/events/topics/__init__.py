"""Typed events: the standard topics as classes, with names and values as entities have them.

``@session.event_hub.on(EntityUpdate, Task.status)``
"""

from ftrack_typed.events.topics.base import TypedEvent
from ftrack_typed.events.topics.context import EventContext
from ftrack_typed.events.topics.filters import Filter
from ftrack_typed.events.topics.standard import (
    ActionDiscover,
    ActionLaunch,
    ComponentAdded,
    ComponentRemoved,
    ConfigureLocation,
    ConstructEntityType,
    DynamicEnumerator,
    FileTypeFromString,
    HubConnected,
    HubDisconnected,
    HubGap,
    SelectedEntity,
    SessionReady,
    SessionReset,
)
from ftrack_typed.events.topics.subscribing import TypedSubscription, subscription_for
from ftrack_typed.events.topics.update import Ancestor, EntityAction, EntityChange, EntityUpdate, UpdateUser
from ftrack_typed.events.topics.values import ValueChange

__all__ = [
    "ActionDiscover",
    "ActionLaunch",
    "Ancestor",
    "ComponentAdded",
    "ComponentRemoved",
    "ConfigureLocation",
    "ConstructEntityType",
    "DynamicEnumerator",
    "EntityAction",
    "EntityChange",
    "EntityUpdate",
    "EventContext",
    "FileTypeFromString",
    "Filter",
    "HubConnected",
    "HubDisconnected",
    "HubGap",
    "SelectedEntity",
    "SessionReady",
    "SessionReset",
    "TypedEvent",
    "TypedSubscription",
    "UpdateUser",
    "ValueChange",
    "subscription_for",
]
