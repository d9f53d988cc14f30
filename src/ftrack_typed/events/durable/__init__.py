"""Listeners whose events survive: a journal on disk, order by key, retries, and what fails set aside."""

from ftrack_typed.events.durable.journal import Entry, Journal, JournalCounts
from ftrack_typed.events.durable.keys import Key, by_entity, by_path, by_project, unordered
from ftrack_typed.events.durable.listener import DurableListener, ListenerStatistics
from ftrack_typed.events.durable.policy import HandlingPolicy

__all__ = [
    "DurableListener",
    "Entry",
    "HandlingPolicy",
    "Journal",
    "JournalCounts",
    "Key",
    "ListenerStatistics",
    "by_entity",
    "by_path",
    "by_project",
    "unordered",
]
