"""Stands around the whole server: commits planned faults, slows answers down and logs requests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from .faults import (
    DelayPacket,
    DropAcknowledgement,
    DuplicatePacket,
    Fault,
    FaultPlan,
    HalfFrame,
    Html,
    MalformedPacket,
    Reset,
    ResetSocket,
    Silence,
    Stall,
    Status,
    Truncate,
)
from .log import LoggedRequest, RequestLog
from .settings import Settings
from .transports import Transports, reset

_Message = MutableMapping[str, Any]
_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]


class TestingMiddleware:
    """ASGI middleware; the outermost."""

    __test__ = False

    def __init__(
        self, app: _App, *, faults: FaultPlan, log: RequestLog, settings: Settings, transports: Transports
    ) -> None:
        self._app = app
        self._faults = faults
        self._log = log
        self._settings = settings
        self._transports = transports

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            tampering = _Tampering(self._faults, send, lambda: self._transports.of(scope))
            await self._app(scope, receive, tampering.send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        started = time.perf_counter()
        state = scope.setdefault("state", {})
        if self._faults.pending and scope["path"] == "/api":
            body = await _read(receive)
            state["operations"] = _decode(body)
            receive = _replay(body, receive)
        fault = self._faults.for_request(scope["path"], _actions(state))
        if self._settings.latency > 0:
            await self._wait(self._transports.stopping.wait(), self._settings.latency)

        def log(status: int | None) -> None:
            entry = LoggedRequest(
                scope["method"],
                scope["path"],
                _user(scope),
                _actions(state),
                status,
                time.perf_counter() - started,
                None if fault is None else type(fault).__name__,
            )
            self._log.add(entry)

        answer = _Answer(send, log)
        try:
            if fault is None:
                await self._app(scope, receive, answer.send)
            else:
                await self._commit(fault, scope, receive, answer)
        finally:
            answer.end()

    async def _commit(self, fault: Fault, scope: _Scope, receive: _Receive, answer: _Answer) -> None:
        if isinstance(fault, Status):
            wait = [] if fault.retry_after is None else [("retry-after", f"{fault.retry_after:g}")]
            await _drain(receive)
            await answer.whole(fault.code, fault.body, fault.content_type, wait)
        elif isinstance(fault, Html):
            await _drain(receive)
            await answer.whole(fault.code, fault.body, "text/html; charset=utf-8", [])
        elif isinstance(fault, Reset) and fault.after == 0:
            answer.end()
            self._break(scope, in_order=False)
        else:
            await self._cut(fault, scope, receive, answer)

    async def _cut(self, fault: Fault, scope: _Scope, receive: _Receive, answer: _Answer) -> None:
        """Carry a request out and send only the beginning of its answer."""
        after = fault.after if isinstance(fault, (Reset, Truncate, Stall)) else 0
        if isinstance(fault, (Reset, Truncate)) or after > 0:
            answer.limit = after
        else:
            answer.silent = True
        await self._app(scope, receive, answer.send)
        if isinstance(fault, Stall):
            await self._wait(_first(_gone(receive), self._transports.stopping.wait()), fault.seconds)
        answer.end()
        self._break(scope, in_order=isinstance(fault, (Truncate, Stall)))

    @staticmethod
    async def _wait(waited_for: Coroutine[Any, Any, object], seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(waited_for, seconds)

    def _break(self, scope: _Scope, *, in_order: bool) -> None:
        transport = self._transports.of(scope)
        if transport is None:
            return
        if in_order:
            transport.close()
        else:
            reset(transport)


class _Tampering:
    """Passes frames on to one event client, or commits faults on them."""

    def __init__(
        self, faults: FaultPlan, send: _Send, transport: Callable[[], asyncio.Transport | None]
    ) -> None:
        self._faults = faults
        self._send = send
        self._transport = transport
        self._silent = False
        self._delayed: _Message | None = None

    async def send(self, message: _Message) -> None:
        text = message.get("text")
        if message["type"] != "websocket.send" or text is None:
            await self._send(message)
            return
        is_event = text.startswith("5:")
        fault: Fault | None = None
        if not self._silent and (is_event or text.startswith("6:")):
            fault = self._faults.for_packet(acknowledgement=not is_event)
        self._silent = self._silent or isinstance(fault, Silence)
        if self._silent:
            return
        if isinstance(fault, (HalfFrame, ResetSocket, DropAcknowledgement)):
            self._cut(fault, text)
            return
        if isinstance(fault, DelayPacket):
            self._delayed = message
            return
        if isinstance(fault, MalformedPacket):
            await self._send({"type": "websocket.send", "text": fault.text})
        await self._send(message)
        if isinstance(fault, DuplicatePacket):
            await self._send(message)
        if is_event and self._delayed is not None:
            delayed, self._delayed = self._delayed, None
            await self._send(delayed)

    def _cut(self, fault: Fault, text: str) -> None:
        transport = self._transport()
        if transport is None:
            return
        if isinstance(fault, HalfFrame):
            transport.write(_half_frame(text))
            transport.close()
        else:
            reset(transport)


class _Answer:
    """Passes an answer on, or only its beginning."""

    def __init__(self, send: _Send, ended: Callable[[int | None], None]) -> None:
        """`ended` is called once, with the status, just before the answer is complete or given up."""
        self.status: int | None = None
        self.limit: int | None = None
        """Bytes of the body to pass on; None for all."""
        self.silent = False
        """Whether nothing at all is passed on."""
        self._send = send
        self._ended: Callable[[int | None], None] | None = ended

    def end(self) -> None:
        """Nothing more will be sent."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(self.status)

    async def send(self, message: _Message) -> None:
        if self.silent:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body" and self.limit is not None:
            body = message.get("body", b"")[: self.limit]
            self.limit -= len(body)
            # Never the last part: what is missing must not be taken for the whole.
            message = {"type": "http.response.body", "body": body, "more_body": True}
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            # Before the client can know: whoever has an answer finds it in the log.
            self.end()
        await self._send(message)

    async def whole(self, status: int, body: str, content_type: str, headers: list[tuple[str, str]]) -> None:
        content = body.encode()
        pairs = [("content-type", content_type), ("content-length", str(len(content))), *headers]
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in pairs],
            }
        )
        await self.send({"type": "http.response.body", "body": content})


async def _read(receive: _Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body.extend(message.get("body", b""))
        if not message.get("more_body", False):
            return bytes(body)


async def _drain(receive: _Receive) -> None:
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _replay(body: bytes, receive: _Receive) -> _Receive:
    """Give the body once more, then what comes after it."""
    given = False

    async def replaying() -> _Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying


async def _gone(receive: _Receive) -> None:
    """Wait for the client to leave."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first(*waited_for: Coroutine[Any, Any, object]) -> None:
    """Wait for one of several things, and no longer for the others."""
    tasks = [asyncio.ensure_future(this) for this in waited_for]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _actions(state: MutableMapping[str, Any]) -> tuple[str, ...]:
    operations = state.get("operations")
    if isinstance(operations, dict):
        operations = [operations]
    if not isinstance(operations, list):
        return ()
    return tuple(
        str(operation.get("action"))[:100] if isinstance(operation, dict) else "" for operation in operations
    )


def _user(scope: _Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"ftrack-user":
            return str(value.decode("utf-8", "replace"))
    query = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    for parameter in ("username", "api_user"):
        if parameter in query:
            return str(query[parameter][0])
    return None


def _half_frame(text: str) -> bytes:
    """Return the first half of a websocket text frame."""
    payload = text.encode("utf-8", "replace")
    if len(payload) < 126:
        header = struct.pack(">BB", 0x81, len(payload))
    elif len(payload) < 65536:
        header = struct.pack(">BBH", 0x81, 126, len(payload))
    else:
        header = struct.pack(">BBQ", 0x81, 127, len(payload))
    return header + payload[: len(payload) // 2]
