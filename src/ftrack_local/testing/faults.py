"""Things that go wrong on purpose: what they are and when they strike."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Status:
    """The request is answered with an HTTP status and never carried out."""

    code: int
    retry_after: float | None = None
    """Value of the `Retry-After` header, in seconds."""
    body: str = "The server is not available."
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Html:
    """The request is answered with a web page, as proxies and login portals do."""

    code: int = 200
    body: str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset.

    With `after` 0 that happens before the request is carried out; otherwise it is carried out and the
    reset comes when so many bytes of the answer's body have been sent.
    """

    after: int = 0


@dataclass(frozen=True, slots=True)
class Truncate:
    """The request is carried out; the connection is closed in order after so many bytes of the answer's body."""

    after: int


@dataclass(frozen=True, slots=True)
class Stall:
    """The request is carried out, but the answer's body stops after so many bytes for a while.

    With `after` 0 nothing at all is sent. When the time is over the connection is closed; a client that
    leaves earlier ends the wait.
    """

    seconds: float
    after: int = 0


@dataclass(frozen=True, slots=True)
class DropReply:
    """The request is carried out and the connection is reset instead of answering."""


@dataclass(frozen=True, slots=True)
class HalfFrame:
    """The next event packet to any event client breaks off in the middle of its websocket frame."""


@dataclass(frozen=True, slots=True)
class MalformedPacket:
    """Before the next event packet its client receives this text, which is no packet."""

    text: str = "5:::{not json"


@dataclass(frozen=True, slots=True)
class ResetSocket:
    """Instead of getting the next event packet its client is cut off by a reset."""


@dataclass(frozen=True, slots=True)
class Silence:
    """From the next event packet on its client gets nothing at all, though the connection stays open."""


@dataclass(frozen=True, slots=True)
class DuplicatePacket:
    """The next event packet is sent twice."""


@dataclass(frozen=True, slots=True)
class DelayPacket:
    """The next event packet is held back until the one after it has been sent."""


@dataclass(frozen=True, slots=True)
class DropAcknowledgement:
    """A packet of an event client is carried out, and the client is cut off by a reset instead of hearing so."""


Fault: TypeAlias = (
    Status
    | Html
    | Reset
    | Truncate
    | Stall
    | DropReply
    | HalfFrame
    | MalformedPacket
    | ResetSocket
    | Silence
    | DuplicatePacket
    | DelayPacket
    | DropAcknowledgement
)

_ON_EVENTS = (HalfFrame, MalformedPacket, ResetSocket, Silence, DuplicatePacket, DelayPacket)
_ON_SOCKET = (*_ON_EVENTS, DropAcknowledgement)


@dataclass(eq=False)
class PlannedFault:
    """A fault and when it strikes."""

    fault: Fault
    action: str | None
    path: str | None
    nth: int
    times: int
    hits: int = 0
    """How often it has struck."""
    _seen: int = field(default=0, repr=False)

    def __str__(self) -> str:
        where = self.action or self.path or "/api"
        return f"{self.fault} at {where}, struck {self.hits} of {self.times} times"

    @property
    def consumed(self) -> bool:
        """Whether it has struck as often as planned."""
        return self.hits >= self.times

    def matches(self, path: str, actions: Sequence[str]) -> bool:
        """Whether it is meant for such a request."""
        if self.path is not None and not fnmatchcase(path, self.path):
            return False
        if self.action is not None:
            return self.action in actions
        return self.path is not None or path == "/api"

    def strikes(self) -> bool:
        """Count a request it is meant for; return whether it strikes this one."""
        self._seen += 1
        if self._seen < self.nth or self.consumed:
            return False
        self.hits += 1
        return True


class FaultPlan:
    """The faults a server is yet to show; may be changed while it works."""

    def __init__(self) -> None:
        self._planned: list[PlannedFault] = []
        self._lock = threading.Lock()

    def add(
        self,
        fault: Fault,
        *,
        action: str | None = None,
        path: str | None = None,
        nth: int = 1,
        times: int = 1,
    ) -> PlannedFault:
        """Plan a fault and return it, to ask later whether it was `consumed`.

        Args:
            fault: What goes wrong.
            action: Only requests with such an operation: `query`, `create`, …
            path: Only requests for paths like this, with `*` for anything: `/component/*`. Without `action`
                and `path` any request to the API will do.
            nth: Strike first at the nth of these requests, counted from now.
            times: Strike so many of them in a row.

        Raises:
            ValueError: The arguments do not go together.
        """
        if nth < 1 or times < 1:
            raise ValueError("`nth` and `times` count from 1.")
        if isinstance(fault, _ON_SOCKET) and (action is not None or path is not None):
            raise ValueError(
                f"{type(fault).__name__} strikes event clients, which have no `action` or `path`."
            )
        planned = PlannedFault(fault, action, path, nth, times)
        with self._lock:
            self._planned.append(planned)
        return planned

    @property
    def pending(self) -> list[PlannedFault]:
        """The faults that have not (all) struck yet."""
        with self._lock:
            return [planned for planned in self._planned if not planned.consumed]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._planned.clear()

    def for_request(self, path: str, actions: Sequence[str]) -> Fault | None:
        """Return the fault that strikes an HTTP request, None when it goes through."""
        with self._lock:
            for planned in self._planned:
                struck = not isinstance(planned.fault, _ON_SOCKET) and planned.matches(path, actions)
                if struck and planned.strikes():
                    return planned.fault
        return None

    def for_packet(self, *, acknowledgement: bool = False) -> Fault | None:
        """Return the fault that strikes an event packet about to be sent, or an acknowledgement; else None."""
        meant = (DropAcknowledgement,) if acknowledgement else _ON_EVENTS
        with self._lock:
            for planned in self._planned:
                if isinstance(planned.fault, meant) and planned.strikes():
                    return planned.fault
        return None
