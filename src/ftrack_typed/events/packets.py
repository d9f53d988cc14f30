"""Packets of socket.io 0.9 as text frames, ``code:id:path:data`` (wire: packets). Free of I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ftrack_typed.errors import EventHubPacketError, UnencodableValueError
from ftrack_typed.wire.encoding import dumps, encode_moment

DISCONNECT, CONNECT, HEARTBEAT, MESSAGE, JSON, EVENT, ACKNOWLEDGEMENT, ERROR, NOOP = map(str, range(9))

EVENT_NAME = "ftrack.event"
"""Name under which every event travels."""

BEAT = "2::"
"""A sign of life."""
GOODBYE = "0::"
"""The last packet of a connection."""


@dataclass(frozen=True)
class Packet:
    """One packet; `id` keeps the ``+`` that asks for an acknowledgement."""

    code: str
    id: str = ""
    path: str = ""
    data: str = ""

    def encode(self) -> str:
        """The packet as a frame; what is empty at its end is left out."""
        return (
            f"{self.code}:{self.id}:{self.path}:{self.data}"
            if self.data
            else f"{self.code}:{self.id}:{self.path}"
        )


def decode(frame: str | bytes) -> Packet:
    """The packet of a frame, whatever its code is; missing parts are empty.

    Raises:
        EventHubPacketError: when it is no packet.
    """
    if isinstance(frame, bytes):
        try:
            frame = frame.decode("utf-8")
        except UnicodeDecodeError:
            raise EventHubPacketError("A packet is not in UTF-8.") from None
    parts = frame.split(":", 3)
    code = parts[0]
    if not (code.isascii() and code.isdigit()):
        raise EventHubPacketError(f"A packet does not start with a number, but with {code[:20]!r}.")
    return Packet(code, *parts[1:])


def event_frame(number: int, event: str) -> str:
    """The frame that carries an event, given as JSON, and asks for an acknowledgement."""
    return f'{EVENT}:{number}+::{{"name":"{EVENT_NAME}","args":[{event}]}}'


def acknowledgement_frame(packet: Packet) -> str:
    """The frame that tells the server its packet has come."""
    return f"{ACKNOWLEDGEMENT}:::{packet.id.removesuffix('+')}"


def arguments(packet: Packet) -> list[Any] | None:
    """The arguments of an event packet; None when it goes under a name that means nothing here.

    Raises:
        EventHubPacketError: when its data can't be read.
    """
    document = _load(packet.data)
    if not isinstance(document, dict) or not isinstance(document.get("name"), str):
        raise EventHubPacketError("An event packet has no name.")
    if document["name"] != EVENT_NAME:
        return None
    found = document.get("args")
    if not isinstance(found, list):
        raise EventHubPacketError("An event packet has no arguments.")
    return found


def acknowledged(packet: Packet) -> tuple[int, list[Any]]:
    """Number of the packet that is acknowledged, and what the server has to say of it.

    Raises:
        EventHubPacketError: when the data can't be read.
    """
    number, _, answer = packet.data.partition("+")
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise EventHubPacketError(f"An acknowledgement is of no number, but of {number[:20]!r}.")
    answers = _load(answer) if answer else []
    if not isinstance(answers, list):
        raise EventHubPacketError("An acknowledgement has no list of answers.")
    return int(number), answers


def dump(document: Mapping[str, Any]) -> str:
    """An event as JSON. Dates are written as the API writes them; other text than ASCII is kept.

    Raises:
        UnencodableValueError: when it holds what JSON can't; it names the place.
    """
    try:
        text = json.dumps(
            document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default
        )
    except (TypeError, ValueError, RecursionError) as error:
        dumps(document)  # says where it is
        raise UnencodableValueError(f"The event can't be written as JSON: {error}.") from None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Half of a surrogate pair is valid in JSON only as an escape; as text it would break the frame.
        return json.dumps(document, separators=(",", ":"), default=_default)
    return text


def _default(value: object) -> Any:
    if isinstance(value, date):
        return encode_moment(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"values of type {type(value).__name__} can't be sent")


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise EventHubPacketError("The data of a packet is not JSON.") from None
