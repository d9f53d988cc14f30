"""The event hub of a session: made when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ftrack_typed.errors import ConfigurationTypeError, ConnectionClosedError
from ftrack_typed.locks import ForkSafeLock

if TYPE_CHECKING:
    from ftrack_typed.configuration import Configuration
    from ftrack_typed.events import EventHub
    from ftrack_typed.events.topics import EventContext

_making = ForkSafeLock()


class Eventful:
    """A base of the session: has its event hub, and sees to its connection."""

    _hub: EventHub | None = None
    """The hub, once it was asked for."""

    if TYPE_CHECKING:
        _configuration: Configuration
        _auto_connect: bool | None

        @property
        def closed(self) -> bool: ...
        @cached_property
        def _event_context(self) -> EventContext: ...

    @property
    def event_hub(self) -> EventHub:
        """Publishes events and hears of those of others; made when first asked for, and closed with the session.

        It connects in the background as soon as something needs the server, unless the session was made with
        ``auto_connect_event_hub=False``. Forked sessions have hubs of their own.

        Raises:
            ConnectionClosedError: when the session was closed before.
        """
        hub = self._hub
        if hub is None:
            with _making:
                hub = self._hub = self._hub or self._make_hub()
        return hub

    def _make_hub(self) -> EventHub:
        if self.closed:
            raise ConnectionClosedError()
        from ftrack_typed.events import EventHub, HubOptions

        configuration = self._configuration
        hub = EventHub(
            configuration.server_url,
            configuration.api_user,
            configuration.api_key,
            configuration.headers,
            configuration.cookies,
            options=HubOptions(auto_connect=self._auto_connect is not False),
        )
        hub.belong_to(lambda: self._event_context)
        return hub

    def _start_events(self, auto_connect: bool | None) -> None:
        """Take note of when the hub is to connect; connect now where that is wanted."""
        if auto_connect not in (True, False, None):
            raise ConfigurationTypeError(
                f"auto_connect_event_hub takes True, False or None, not {auto_connect!r}.",
                setting="auto_connect_event_hub",
            )
        self._auto_connect = auto_connect
        if auto_connect:
            self.event_hub.init_connection()

    def _close_events(self) -> None:
        if self._hub is not None:
            self._hub.close()
