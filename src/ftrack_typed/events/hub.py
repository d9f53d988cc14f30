"""The event hub: one object that publishes events and hands out those of others."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

from ftrack_typed.errors import ConfigurationTypeError, ConfigurationValueError, EventHubConnectionError
from ftrack_typed.events.dispatching import Dispatcher
from ftrack_typed.events.event import Event
from ftrack_typed.events.registry import Registry
from ftrack_typed.events.statistics import Counters
from ftrack_typed.events.subscriber import Callback, Subscriber

C = TypeVar("C", bound=Callback)


class ServerDetails(NamedTuple):
    """Where the event server is."""

    scheme: str
    hostname: str
    port: int | None


class EventHub:
    """Publishes events and calls subscribers with those of others.

    Args:
        server_url: URL of the server; a path in it is left out.
        api_user: User name.
        api_key: API key.
        headers: Further headers for the server.
        cookies: Cookies for the server.

    Raises:
        ConfigurationValueError: when the URL lacks a scheme or host.
        ConfigurationTypeError: when headers or cookies are no mappings.
    """

    id: str
    """Identity of the hub: `source` of what it publishes, and where replies to it go."""
    server: ServerDetails
    """Where the event server is."""

    def __init__(
        self,
        server_url: str,
        api_user: str,
        api_key: str,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.server = _server(server_url)
        self._headers = _mapping("headers", headers)
        self._cookies = _mapping("cookies", cookies)
        self._api_user = api_user
        self._api_key = api_key
        self._counters = Counters()
        self._registry = Registry()
        self._dispatcher = Dispatcher(self._registry.interested, self._counters)

    def __repr__(self) -> str:
        return f"<EventHub {self.get_server_url()}>"

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
    def connected(self) -> bool:
        """Whether there is a connection to the server at this moment."""
        return False

    # -- subscribing -------------------------------------------------------------------------------

    def subscribe(
        self,
        subscription: str,
        callback: Callback,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = 100,
    ) -> str:
        """Have `callback` called with the events a subscription includes; no connection is needed.

        Args:
            subscription: Expression over the keys of events, such as ``"topic=ftrack.update"``.
            callback: Called with each event; what it returns, unless it is None, is sent to the publisher.
            subscriber: What a publisher's `target` is matched with. Its ``id``, else a new one, identifies
                the subscriber; the mapping itself is left as it is.
            priority: Lower ones are called first; in the order they subscribed where it is equal.

        Returns:
            The id of the subscriber, for `unsubscribe`.

        Raises:
            ParseError: when the subscription can't be read.
            SubscriberNotUniqueError: when there is a subscriber with this id.
        """
        metadata = dict(subscriber or {})
        metadata.setdefault("id", uuid.uuid4().hex)
        added = Subscriber(subscription, callback, metadata, priority)
        self._registry.add(added)
        return added.id

    def unsubscribe(self, subscriber_identifier: str) -> None:
        """Stop calling a subscriber.

        Raises:
            SubscriberNotFoundError: when there is none with this id.
        """
        self._registry.remove(subscriber_identifier)

    @contextlib.contextmanager
    def subscription(
        self,
        subscription: str,
        callback: Callback,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = 100,
    ) -> Iterator[str]:
        """Subscribe for the time of a ``with`` block, which gets the id of the subscriber."""
        identifier = self.subscribe(subscription, callback, subscriber, priority)
        try:
            yield identifier
        finally:
            self.unsubscribe(identifier)

    def on(
        self, what: str, *, subscriber: Mapping[str, Any] | None = None, priority: int = 100
    ) -> Callable[[C], C]:
        """Subscribe the function that is decorated; see `subscribe`."""

        def subscribing(callback: C) -> C:
            self.subscribe(what, callback, subscriber, priority)
            return callback

        return subscribing

    def get_subscriber_by_identifier(self, identifier: str) -> Subscriber | None:
        """The subscriber with this id, None when there is none."""
        return self._registry.get(identifier)

    # -- publishing --------------------------------------------------------------------------------

    def publish(
        self, event: Event, synchronous: bool = False, on_error: Literal["raise", "ignore"] = "raise"
    ) -> list[Any]:
        """Publish an event."""
        if synchronous:
            return self._dispatcher.handle(event).results
        raise EventHubConnectionError("The event can't be published: the hub is not connected.")


def _server(url: str) -> ServerDetails:
    parts = urlsplit(url)
    if not parts.scheme:
        raise ConfigurationValueError(
            f"The server URL {url!r} has no scheme; write it as https://studio.example.", setting="server_url"
        )
    if not parts.hostname:
        raise ConfigurationValueError(
            f"The server URL {url!r} names no host; write it as https://studio.example.", setting="server_url"
        )
    return ServerDetails(parts.scheme, parts.hostname, parts.port)


def _mapping(name: str, given: Mapping[str, str] | None) -> dict[str, str]:
    if given is not None and not isinstance(given, Mapping):
        raise ConfigurationTypeError(f"{name} takes a mapping, not {given!r}.", setting=name)
    return dict(given or {})
