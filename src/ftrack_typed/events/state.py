"""What a hub is doing about its connection."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias


class HubState(Enum):
    """What a hub is doing about its connection."""

    OFFLINE = "offline"
    """Not connected, and not trying."""
    CONNECTING = "connecting"
    """Trying to connect."""
    CONNECTED = "connected"
    """Connected."""
    WAITING = "waiting"
    """Waiting to try again."""
    CLOSED = "closed"
    """Closed for good."""


OnState: TypeAlias = Callable[[HubState], object]
"""Called with each new state."""
