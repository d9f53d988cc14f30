"""Packets of socket.io 0.9: `code:id:path:data` as text frames (wire: packets)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

DISCONNECT, CONNECT, HEARTBEAT, MESSAGE, JSON, EVENT, ACKNOWLEDGE, ERROR, NOOP = map(str, range(9))

CONNECTED = "1::"
"""Says that the connection stands; the first packet a client gets."""
BEAT = "2::"
"""Asks whether the other end is alive; answered in kind."""

EVENT_NAME = "ftrack.event"
"""Name under which every event travels."""


class PacketError(ValueError):
    """A frame that is no packet, or a packet whose data cannot be read."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; `id` keeps the `+` that asks for an acknowledgement with data."""

    code: str
    id: str = ""
    path: str = ""
    data: str = ""

    def encode(self) -> str:
        """Return the text frame."""
        frame = f"{self.code}:{self.id}:{self.path}"
        return f"{frame}:{self.data}" if self.data else frame

    def arguments(self) -> list[Any]:
        """Return the arguments of an event packet; raise :class:`PacketError` for anything else."""
        try:
            document = json.loads(self.data)
        except (ValueError, RecursionError):
            raise PacketError("the data is not JSON") from None
        if not isinstance(document, dict) or document.get("name") != EVENT_NAME:
            raise PacketError(f"the data is no {EVENT_NAME}")
        arguments = document.get("args")
        if not isinstance(arguments, list):
            raise PacketError("the event has no list of arguments")
        return arguments


def decode(frame: str) -> Packet:
    """Return the packet of a text frame: `2::` and `2:::` alike; raise :class:`PacketError`."""
    parts = frame.split(":", 3)
    if len(parts) < 3 or parts[0] not in "012345678" or len(parts[0]) != 1:
        raise PacketError("a packet is code:id:path:data")
    number = parts[1].removesuffix("+")
    if number and not (number.isascii() and number.isdigit()):
        raise PacketError("the id of a packet is a number")
    return Packet(parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else "")


def event(envelope: dict[str, Any]) -> str:
    """Return the frame that carries an event; it must bear no id, JavaScript clients cannot read it."""
    return f"5:::{_dump({'name': EVENT_NAME, 'args': [envelope]})}"


def acknowledgement(packet_id: str, message: str | None = None) -> str:
    """Return the frame acknowledging a packet, with exactly one argument; `message` says what failed."""
    answer: dict[str, Any] = {"success": True}
    if message is not None:
        answer = {"success": False, "message": message}
    return f"6:::{packet_id.removesuffix('+')}+{_dump([answer])}"


def _dump(document: Any) -> str:
    # Half of a surrogate pair is valid in JSON only as an escape; as text it would break the frame.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":"))
    return text
