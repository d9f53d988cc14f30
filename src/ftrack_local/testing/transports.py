"""The connections behind requests, for faults that no HTTP server commits by itself."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class Transports:
    """Finds the transport a request came in by, from the client's address."""

    def __init__(self) -> None:
        self._by_client: dict[tuple[str, int], asyncio.Transport] = {}
        self.stopping = asyncio.Event()
        """Set when the server begins to stop: nothing may be waited for any longer."""

    def protocol(self) -> type[asyncio.Protocol]:
        """Return the HTTP protocol class that registers its connections here."""
        known = self._by_client

        class RegisteringProtocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                for client in [client for client, other in known.items() if other.is_closing()]:
                    del known[client]
                if self.client is not None:
                    known[self.client] = transport

        return RegisteringProtocol

    def of(self, scope: Mapping[str, Any]) -> asyncio.Transport | None:
        """Return the transport of a request, None when it is gone."""
        client = scope.get("client")
        return None if client is None else self._by_client.get(tuple(client))


def reset(transport: asyncio.Transport) -> None:
    """Close a connection so that the other end sees a reset, not an orderly end."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        # A linger time of zero makes closing send RST.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    transport.abort()


_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
