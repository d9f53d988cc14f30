"""The event hub: one object that publishes events and hands out those of others."""

from __future__ import annotations

import logging
import os
import platform
import time
import uuid
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from typing_extensions import Self

from ftrack_typed.closing import close_at_exit
from ftrack_typed.errors import (
    ConfigurationTypeError,
    ConfigurationValueError,
    EventHubConnectionError,
)
from ftrack_typed.events.connection import Endpoint
from ftrack_typed.events.dispatching import Dispatcher, Handling
from ftrack_typed.events.event import Event
from ftrack_typed.events.inbox import Inbox, MemoryInbox
from ftrack_typed.events.local import LOCAL, REPLY
from ftrack_typed.events.options import HubOptions
from ftrack_typed.events.outbox import Outbox
from ftrack_typed.events.publishing import Publishing
from ftrack_typed.events.reception import Reception
from ftrack_typed.events.registry import Registry
from ftrack_typed.events.replies import Replies
from ftrack_typed.events.state import HubState, OnState
from ftrack_typed.events.statistics import Counters, Statistics
from ftrack_typed.events.subscriber import Subscriber
from ftrack_typed.events.subscribing import Subscribing
from ftrack_typed.events.supervisor import Supervisor
from ftrack_typed.transport.authentication import SessionAuthentication

_logger = logging.getLogger("ftrack_typed.events")

_SLICE = 0.2
"""Seconds after which a wait lets signals through."""
_RECONNECT_ATTEMPTS = 10


class ServerDetails(NamedTuple):
    """Where the event server is."""

    scheme: str
    hostname: str
    port: int | None


class EventHub(Subscribing, Publishing):
    """Publishes events and calls subscribers with those of others.

    Nothing is connected before `connect` or `init_connection`. From then on a thread keeps the connection; what
    comes is handled in the threads that `wait`.

    Args:
        server_url: URL of the server; a path in it is left out.
        api_user: User name.
        api_key: API key; sent with the handshake only.
        headers: Further headers for the server.
        cookies: Cookies for the server.
        options: How it behaves where the defaults do not fit.
        inbox: Where events wait to be handled; in memory when omitted.

    Raises:
        ConfigurationValueError: when the URL lacks a scheme or host.
        ConfigurationTypeError: when headers or cookies are no mappings.
    """

    server: ServerDetails
    """Where the event server is."""

    def __init__(
        self,
        server_url: str,
        api_user: str,
        api_key: str,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        *,
        options: HubOptions | None = None,
        inbox: Inbox | None = None,
    ) -> None:
        self.server = _server(server_url)
        self.options: HubOptions = HubOptions() if options is None else options
        self._api_user = api_user
        self._host = platform.node()
        self._endpoint = Endpoint(
            self.get_server_url(),
            SessionAuthentication(api_key, api_user),
            _mapping("headers", headers),
            _mapping("cookies", cookies),
            self.options.timeout,
        )
        self._counters = Counters()
        self._auto_connect = self.options.auto_connect
        self._stops = 0
        self._compose(inbox, [])
        _HUBS.add(self)
        close_at_exit(self)

    def _compose(self, inbox: Inbox | None, subscribers: list[Subscriber]) -> None:
        """Make what no other process shares."""
        options = self.options
        self.id: str = uuid.uuid4().hex
        self._replies = Replies(options.remembered_replies, options.clock)
        internal = Subscriber(f"topic={REPLY}", self._replies.handle, {"id": self.id}, priority=-1)
        self._registry = Registry([internal, *subscribers])
        self._dispatcher = Dispatcher(self._registry.interested, self._counters)
        self._outbox = Outbox(options.outbox_limit, self._counters)
        self._memory = MemoryInbox(options.inbox_limit, options.remembered_ids)
        self._reception = Reception(self._memory if inbox is None else inbox, self._registry, self._counters)
        self._supervisor = Supervisor(
            self._endpoint, options, self._registry, self._outbox, self._reception, self._counters
        )

    def __repr__(self) -> str:
        return f"<EventHub {self._api_user} at {self.get_server_url()} {self.state.value}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- what it is doing --------------------------------------------------------------------------

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return self.server.scheme == "https"

    def get_network_location(self) -> str:
        """Host and, where one is given, port of the server."""
        host = f"[{self.server.hostname}]" if ":" in self.server.hostname else self.server.hostname
        return host if self.server.port is None else f"{host}:{self.server.port}"

    def get_server_url(self) -> str:
        """URL of the server, without a path."""
        return f"{self.server.scheme}://{self.get_network_location()}"

    @property
    def state(self) -> HubState:
        """What it is doing about its connection."""
        return self._supervisor.state

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the server at this moment."""
        return self.state is HubState.CONNECTED

    def on_state(self, callback: OnState) -> Callable[[], None]:
        """Have `callback` called with each new state, in whatever thread it comes about.

        Returns:
            A function that ends that.
        """
        return self._supervisor.on_state(callback)

    @property
    def statistics(self) -> Statistics:
        """What the hub has seen and done, in numbers."""
        return Statistics(
            **self._counters.read(),
            waiting=len(self.inbox),
            queued=len(self._outbox),
            last_packet_age=self._supervisor.silent_for,
        )

    @property
    def inbox(self) -> Inbox:
        """Where events wait to be handled."""
        return self._reception.inbox

    def use_inbox(self, inbox: Inbox | None) -> None:
        """Have events wait elsewhere from now on; None for the memory of this process."""
        self._reception.inbox = self._memory if inbox is None else inbox

    # -- connecting --------------------------------------------------------------------------------

    def connect(self, timeout: float = 60) -> None:
        """Connect, and come back when that is done.

        It is tried once, save where the hub is trying in the background already. A connection that breaks later
        is made anew in the background.

        Args:
            timeout: Seconds to wait.

        Raises:
            EventHubConnectionError: when it is connected already, or can't be.
        """
        state = self.state
        if state is HubState.CONNECTED:
            raise EventHubConnectionError(f"The event hub at {self.get_server_url()} is connected already.")
        if state is HubState.CONNECTING or (state is HubState.WAITING and not self._supervisor.paused):
            self._supervisor.hurry()
        else:
            self._supervisor.start(attempts=1)
        self._supervisor.wait_until_connected(timeout)

    def init_connection(self) -> None:
        """Connect in the background, trying until it succeeds; publications are queued meanwhile.

        Raises:
            EventHubConnectionError: when the hub is closed.
        """
        if self.state in (HubState.OFFLINE, HubState.CLOSED) or self._supervisor.paused:
            self._supervisor.start()

    def disconnect(self, unsubscribe: bool = True, reconnect: bool = False) -> None:
        """Let go of the connection, once what is published is confirmed or `HubOptions.linger` is over.

        Args:
            unsubscribe: Forget all subscribers, too.
            reconnect: Queue what is published from now on for the next connection, which `connect` or
                `reconnect` makes.

        Raises:
            EventHubConnectionError: when there is no connection, and none is being made.
        """
        if self.state in (HubState.OFFLINE, HubState.CLOSED):
            raise EventHubConnectionError(f"The event hub at {self.get_server_url()} is not connected.")
        if not reconnect:
            self._auto_connect = False
        self._linger()
        if unsubscribe:
            self._registry.keep_only(self.id)
            self._supervisor.wake()
        if reconnect:
            self._supervisor.pause()
            return
        self._stops += 1
        self._supervisor.stop()
        self._outbox.drop_all("the event hub was disconnected.")

    def reconnect(self, attempts: int | None = None, delay: float | None = None) -> None:
        """Connect anew, whether it is connected or not, and come back when that is done.

        Args:
            attempts: How often to try; ten times when omitted.
            delay: Seconds between attempts; growing ones when omitted, see `HubOptions.first_delay`.

        Raises:
            EventHubConnectionError: when no attempt succeeded.
        """
        attempts = _RECONNECT_ATTEMPTS if attempts is None else attempts
        between = self.options.longest_delay if delay is None else delay
        self._supervisor.pause()
        self._supervisor.start(attempts, delay)
        try:
            self._supervisor.wait_until_connected(attempts * (2 * self.options.timeout + between))
        except EventHubConnectionError as error:
            raise EventHubConnectionError(
                f"The event hub could not reconnect to {self.get_server_url()} after {attempts} attempts: {error}"
            ) from error

    @property
    def complete_until(self) -> str | None:
        """Until when nothing is missing of which no gap marker has told, in UTC as ISO 8601.

        None when there is no connection, or the server has not confirmed all subscribers since it was made anew.
        """
        return self._supervisor.complete_until

    def report_gap(self, reason: str, since: str) -> None:
        """Have a gap marker told as soon as the server has confirmed all subscribers.

        Args:
            reason: Why events may be missing, in words.
            since: When the first may have been missed, in UTC as ISO 8601.
        """
        self._reception.begin_gap(reason, since)
        self._supervisor.wake()

    def flush(self, timeout: float = 60) -> bool:
        """Wait until the server has confirmed all subscribers and all that was published.

        Returns:
            Whether it has; False when that takes longer than `timeout` seconds.
        """
        return self._supervisor.wait_until_quiet(timeout)

    def close(self) -> None:
        """Disconnect for good. May be called again."""
        if self.state is HubState.CLOSED:
            return
        if self.state is not HubState.OFFLINE:
            self._linger()
        self._auto_connect = False
        self._stops += 1
        self._supervisor.stop(HubState.CLOSED)
        self._outbox.drop_all("the event hub was closed.")
        waiting = len(self.inbox)
        if waiting:
            _logger.warning("The event hub was closed with %d events not handled.", waiting)

    def _linger(self) -> None:
        if not self._supervisor.in_thread:
            self._outbox.wait_until_empty(self.options.linger)

    def _need_connection(self, why: str) -> None:
        """See to it that a connection is there or on its way."""
        state = self.state
        if state is HubState.OFFLINE and self._auto_connect:
            self.init_connection()
        elif state in (HubState.OFFLINE, HubState.CLOSED):
            closed = "closed" if state is HubState.CLOSED else "not connected; call connect() first"
            raise EventHubConnectionError(f"{why}: the event hub at {self.get_server_url()} is {closed}.")

    # -- handling ----------------------------------------------------------------------------------

    def wait(self, duration: float | None = None) -> None:
        """Handle what has come and what comes, in this thread, and send replies.

        It ends with the time, on `disconnect` and `close`, and when the hub gives up connecting. An exception
        such as `KeyboardInterrupt` ends it too; handlers' own errors don't.

        Args:
            duration: Seconds; None for without end, 0 for what is there.

        Raises:
            EventHubConnectionError: when the hub is not connected, and is not to be.
        """
        self._need_connection("There is nothing to wait for")
        stops = self._stops
        ends = None if duration is None else time.monotonic() + duration
        there = len(self.inbox) if duration is not None and duration <= 0 else None
        while self._stops == stops:
            left = _SLICE if ends is None else min(_SLICE, ends - time.monotonic())
            inbox = self.inbox
            event = inbox.get(max(left, 0.0))
            if event is None:
                if left <= 0 or self.state is HubState.OFFLINE:
                    return
                continue
            self.handle(event)
            inbox.done(event)
            if there is not None:
                there -= 1
                if there <= 0:
                    return
            elif ends is not None and time.monotonic() >= ends:
                return

    def handle(self, event: Event) -> Handling:
        """Call everybody a received event is for, and send their replies."""
        return self._dispatcher.handle(event, None if event.topic in LOCAL else self._answer)

    def subscribers_for(self, event: Event) -> list[Subscriber]:
        """Whom a received event is for, in the order they are to be called."""
        return self._dispatcher.targets(event)

    def call_subscriber(self, subscriber: Subscriber, event: Event, handling: Handling) -> None:
        """Call one subscriber with a received event, send its reply, and note the outcome in `handling`."""
        self._dispatcher.call(subscriber, event, handling, None if event.topic in LOCAL else self._answer)

    def without_key(self, text: str) -> str:
        """A text that may be shown and kept: without the API key, should that stand in it."""
        key = self._endpoint.credentials.api_key
        return text.replace(key, "…") if key else text

    def _answer(self, event: Event, result: Any, subscriber: Subscriber) -> None:
        self.publish_reply(event, result, subscriber.metadata)

    def _in_forked_process(self) -> None:
        """The connection and what waits are the parent's; the subscribers are everybody's."""
        supervisor = self._supervisor
        closed = supervisor.state is HubState.CLOSED
        subscribers = [one for one in self._registry.all_unlocked() if one.id != self.id]
        self._counters = Counters()
        self._compose(None, subscribers)
        if closed:
            self._supervisor.stop(HubState.CLOSED)
        supervisor.in_forked_process()


def _server(url: str) -> ServerDetails:
    # A URL with an "@" may hold a password, and must not be shown.
    shown = "it" if "@" in url else repr(url)
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise ConfigurationValueError(f"The server URL is no URL: {shown}.", setting="server_url") from None
    for part, missing in ((scheme, "has no scheme"), (host, "names no host")):
        if not part:
            raise ConfigurationValueError(
                f"The server URL {missing}: {shown}. Write it as https://studio.example.",
                setting="server_url",
            )
    return ServerDetails(scheme, host or "", port)


def _mapping(name: str, given: Mapping[str, str] | None) -> dict[str, str]:
    if given is not None and not isinstance(given, Mapping):
        raise ConfigurationTypeError(f"{name} takes a mapping, not {given!r}.", setting=name)
    return dict(given or {})


_HUBS: weakref.WeakSet[EventHub] = weakref.WeakSet()


def _in_forked_process() -> None:
    for hub in list(_HUBS):
        hub._in_forked_process()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_forked_process)
