"""What a server tells about itself, and whether this client can work with it.

wire: ``query_server_information`` answers one object with `version`, `schema_hash`,
`is_timezone_support_enabled`, `storage_scenario` and more. The request doubles as the check of the
credentials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from ftrack_typed.errors import MalformedResponseError, ServerCompatibilityError
from ftrack_typed.wire import payloads
from ftrack_typed.wire.decoding import decode

OLDEST_SERVER = (3, 3, 11)
"""First server version with everything this client relies on."""


class Transport(Protocol):
    """What reading a schema needs of a transport."""

    @property
    def server_url(self) -> str:
        """URL of the server, without a trailing slash."""
        ...

    def send(self, operations: list[payloads.Operation], /) -> bytes:
        """Send *operations* as one batch and return the body of the response."""
        ...


class SharedTransport(Transport, Protocol):
    """A transport that others may have closed."""

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        ...


def fetch_information(transport: Transport) -> dict[str, Any]:
    """Return what the server tells about itself.

    Raises:
        Error: Whatever the transport raises, among them `AuthenticationError` for wrong credentials.
        MalformedResponseError: If the answer is no object.
    """
    results = decode(transport.send([payloads.server_information()]))
    if len(results) != 1 or not isinstance(results[0], dict):
        raise MalformedResponseError(f"{transport.server_url} told nothing usable about itself.")
    return results[0]


def check_compatibility(information: Mapping[str, Any]) -> None:
    """Raise `ServerCompatibilityError` if the server is too old for this client.

    Only versions that start with three numbers are compared; ``dev`` and the like are trusted.
    """
    version = information.get("version")
    if not version:
        raise ServerCompatibilityError("The server does not tell its version; is it an ftrack server?")
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", str(version))
    if match and tuple(int(part) for part in match.groups()) < OLDEST_SERVER:
        oldest = ".".join(str(part) for part in OLDEST_SERVER)
        raise ServerCompatibilityError(
            f"The server has version {version}; this client needs {oldest} or newer."
        )
