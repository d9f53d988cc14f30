"""What sessions offer to keep in step with changes made elsewhere."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.dynamic import SessionRegistry
    from ftrack_typed.entity_cache import EntityCache, SessionCache
    from ftrack_typed.events import Event, EventHub
    from ftrack_typed.events.topics import EntityUpdate, EventContext
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.identity.map import IdentityMap
    from ftrack_typed.refreshing.refresher import Refresher
    from ftrack_typed.schema import Schema
    from ftrack_typed.unit_of_work.changes import ChangeTracker

FIRST = 0
"""Priority of following: handlers of the usual priority see entities as the event left them."""


class Following:
    """A session that follows updates, until it is stopped; a context manager."""

    def __init__(self, hub: EventHub, identifiers: list[str]) -> None:
        self._hub = hub
        self._identifiers = identifiers

    def stop(self) -> None:
        """Follow no longer; may be called again."""
        while self._identifiers:
            identifier = self._identifiers.pop()
            if self._hub.get_subscriber_by_identifier(identifier) is not None:
                self._hub.unsubscribe(identifier)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class Refreshing:
    """Methods of the session."""

    if TYPE_CHECKING:
        _registry: SessionRegistry
        _identities: IdentityMap
        _hydrator: Hydrator
        _changes: ChangeTracker
        _kept: EntityCache
        _cache: SessionCache
        _extra_attribute: Callable[[type[Entity], str], Attribute | None]

        @property
        def _schema(self) -> Schema: ...
        @property
        def closed(self) -> bool: ...
        @property
        def event_hub(self) -> EventHub: ...

    def follow_updates(self) -> Following:
        """Keep entities and caches in step with what others change, from now on.

        Each ``ftrack.update`` event is applied to the entities the session holds, as by `Entity.refresh_from`, and
        what it makes untrue is dropped from the session's cache. After a gap, when events may be missing, all is let
        go of but local changes. It happens where events are handled: in the thread of ``event_hub.wait``, before
        handlers of the usual priority are called. Nothing is asked of the server.

        Returns:
            What ends it: its `stop`, or leaving it as a context manager.
        """
        hub = self.event_hub
        followed = [
            hub.subscribe("topic=ftrack.update", self._absorb, priority=FIRST),
            hub.subscribe("topic=ftrack.meta.gap", self._doubt_all, priority=FIRST),
        ]
        return Following(hub, followed)

    def _refresh(self, entity: Entity, event: Event | EntityUpdate) -> bool:
        # A typed event may have been read for another session, and for some of its entities only.
        from ftrack_typed.events.topics import EntityUpdate

        return self._refresher.refresh(entity, event.event if isinstance(event, EntityUpdate) else event)

    def _absorb(self, event: Event) -> None:
        if self.closed:
            return
        try:
            self._refresher.absorb(event)
        except BaseException:
            # What it would have told is missing now; the hub logs and counts the error.
            self._refresher.doubt_all()
            raise

    def _doubt_all(self, event: Event) -> None:
        if not self.closed:
            self._refresher.doubt_all()

    @cached_property
    def _event_context(self) -> EventContext:
        """What typed events need of this session."""
        from ftrack_typed.events.topics import EventContext

        session: Any = self
        return EventContext(session, lambda: self._schema, self._registry, self._extra_attribute)

    @cached_property
    def _refresher(self) -> Refresher:
        from ftrack_typed.refreshing.refresher import Refresher

        context = self._event_context
        return Refresher(context, self._identities, self._hydrator, self._changes, self._kept, self._cache)
