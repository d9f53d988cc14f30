"""Who sends a request, and how the answer is wanted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated request's sender and options."""

    user_id: str
    username: str
    base_url: str
    """Address the client reaches this server under, without a trailing slash."""
    strict: bool = False
    denormalize: bool = False
    client_token: str | None = None
    """Tells a client which `ftrack.update` events are of its own making."""
    push_token: str | None = None
    """The same, for a single request."""
