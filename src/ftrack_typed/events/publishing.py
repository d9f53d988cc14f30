"""Publishing events on a hub."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, overload

from ftrack_typed.errors import ConfigurationValueError, EventHubError, UnencodableValueError
from ftrack_typed.events import packets
from ftrack_typed.events.dispatching import Dispatcher
from ftrack_typed.events.event import Event
from ftrack_typed.events.local import LOCAL, REPLY
from ftrack_typed.events.options import HubOptions
from ftrack_typed.events.outbox import Outbox, Publication, PublicationState
from ftrack_typed.events.replies import OnReply, Replies
from ftrack_typed.events.state import HubState
from ftrack_typed.events.supervisor import Supervisor

OnError: TypeAlias = Literal["raise", "ignore"]

_logger = logging.getLogger("ftrack_typed.events")

_PLAIN = re.compile(r"[A-Za-z0-9\-_.]+")
"""Ids that an expression takes without quotes."""


class Publishing:
    """What event hubs offer to those who have something to tell."""

    id: str
    """Identity of the hub: `source` of what it publishes, and where replies to it go."""
    options: HubOptions
    """How it behaves."""
    _api_user: str
    _host: str
    _dispatcher: Dispatcher
    _outbox: Outbox
    _replies: Replies
    _supervisor: Supervisor

    def _need_connection(self, why: str) -> None:
        """See to it that a connection is there or on its way."""
        raise NotImplementedError

    @overload
    def publish(
        self, event: Event, synchronous: Literal[True], *, on_error: OnError = "raise"
    ) -> list[Any]: ...
    @overload
    def publish(
        self,
        event: Event,
        synchronous: Literal[False] = False,
        on_reply: OnReply | None = None,
        on_error: OnError = "raise",
        *,
        expires: float | None = None,
        reply_timeout: float | None = None,
    ) -> Publication: ...
    @overload
    def publish(
        self,
        event: Event,
        synchronous: bool,
        on_reply: OnReply | None = None,
        on_error: OnError = "raise",
        *,
        expires: float | None = None,
        reply_timeout: float | None = None,
    ) -> Publication | list[Any]: ...
    def publish(
        self,
        event: Event,
        synchronous: bool = False,
        on_reply: OnReply | None = None,
        on_error: OnError = "raise",
        *,
        expires: float | None = None,
        reply_timeout: float | None = None,
    ) -> Publication | list[Any]:
        """Publish an event; its source is completed with the hub, the user and the host.

        Args:
            event: The event; changing it afterwards changes nothing of what is sent.
            synchronous: Call the subscribers of this hub now, and tell nobody else.
            on_reply: Called with each reply, by the thread that waits.
            on_error: What to do when it can't even be queued: ``"raise"``, or ``"ignore"`` and say so in the log.
            expires: Seconds to try for; `HubOptions.expires` when omitted.
            reply_timeout: Seconds replies are waited for; `HubOptions.reply_timeout` when omitted.

        Returns:
            How the publication fares; the results of the subscribers, None among them, where it is synchronous.

        Raises:
            EventHubConnectionError: when the hub is not connected, and is not to be.
            PublicationError: when too many publications are waiting.
            UnencodableValueError: when the event holds what JSON can't.
        """
        if on_error not in ("raise", "ignore"):
            raise ConfigurationValueError(
                f'on_error takes "raise" or "ignore", not {on_error!r}.', setting="on_error"
            )
        self._complete(event)
        if synchronous:
            return self._dispatcher.handle(event).results
        expires = self.options.expires if expires is None else expires
        try:
            return self._queue(event, expires, on_reply, reply_timeout)
        except (EventHubError, UnencodableValueError) as error:
            if on_error == "raise":
                raise
            _logger.warning("Error sending event %s: %s", event, error)
            ended = Publication(event, "", 0.0)
            ended.end(PublicationState.DROPPED, str(error))
            return ended

    def _queue(
        self, event: Event, expires: float, on_reply: OnReply | None, reply_timeout: float | None
    ) -> Publication:
        if event.topic in LOCAL:
            raise EventHubError(
                f"Events of the topic {event.topic} are told by each hub itself; they do not travel."
            )
        publication = Publication(event, packets.dump(event.to_wire()), self.options.clock() + expires)
        self._need_connection(f"{event!r} can't be published")
        identifier = event.id
        if on_reply is not None:
            seconds = self.options.reply_timeout if reply_timeout is None else reply_timeout
            self._replies.expect(identifier, on_reply, seconds)
        if not self._outbox.add(publication):
            self._replies.forget(identifier)
            raise publication.error or EventHubError(f"{event!r} was not published.")
        self._supervisor.wake()
        if self._supervisor.state in (HubState.OFFLINE, HubState.CLOSED):
            self._outbox.drop_all("the event hub was disconnected meanwhile.")
        return publication

    def publish_reply(
        self, source_event: Mapping[str, Any], data: Any, source: Mapping[str, Any] | None = None
    ) -> Publication:
        """Answer an event.

        Args:
            source_event: The event.
            data: The answer.
            source: Who answers; completed like that of any event.

        Raises:
            EventHubError: when the event does not say who published it, and as `publish`.
        """
        publisher = source_event["source"]
        identifier = publisher.get("id") if isinstance(publisher, Mapping) else None
        if not isinstance(identifier, str) or not identifier:
            raise EventHubError(
                f"{source_event!r} can't be answered: it does not say which hub published it."
            )
        shown = identifier if _PLAIN.fullmatch(identifier) else f'"{identifier}"'
        reply = Event(
            REPLY,
            data=data,
            source=dict(source or {}),
            target=f"id={shown}",
            in_reply_to_event=source_event["id"],
        )
        return self.publish(reply)

    def _complete(self, event: Event) -> None:
        source = event.source
        source = dict(source) if isinstance(source, Mapping) else {}
        source.setdefault("id", self.id)
        user = source.get("user")
        source["user"] = dict(user) if isinstance(user, Mapping) else {}
        source["user"].setdefault("username", self._api_user)
        source.setdefault("host", self._host)
        event["source"] = source
