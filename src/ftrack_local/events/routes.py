"""The event server's two doors: the handshake over HTTP and the websocket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ftrack_local.errors import InvalidCredentialsError
from ftrack_local.http.authentication import Authenticator, Options

from . import packets
from .envelope import EnvelopeError
from .expressions import ExpressionError
from .hub import Connection, Hub

_logger = logging.getLogger("ftrack_local.events")

_PENDING_SECONDS = 60.0
_MAX_PENDING = 10_000


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a sign of life is asked for and how long one may be missing, in seconds.

    Clients close a connection that is silent for fifteen seconds, whatever the handshake told them.
    """

    heartbeat: float = 10.0
    close: float = 60.0


class EventServer:
    """Serves the socket.io handshake and websocket for a hub."""

    def __init__(self, hub: Hub, authenticator: Authenticator, timing: Timing) -> None:
        self._hub = hub
        self._authenticator = authenticator
        self._timing = timing
        self._pending: dict[str, tuple[str, str, float]] = {}

    def routes(self) -> list[Route | WebSocketRoute]:
        """Return the routes to mount."""
        return [
            Route("/socket.io/1/", self.handshake, methods=["GET", "POST"]),
            Route("/socket.io/1", self.handshake, methods=["GET", "POST"]),
            WebSocketRoute("/socket.io/1/websocket/{sid}", self.websocket),
        ]

    async def handshake(self, request: Request) -> Response:
        """Answer `sid:heartbeat:close:transports`; the sid is the credential of the websocket."""
        try:
            caller = await run_in_threadpool(
                self._authenticator.authenticate,
                _credentials(request.headers, request.query_params),
                "",
                Options(strict=True, denormalize=False),
            )
        except InvalidCredentialsError as error:
            return PlainTextResponse(error.content, status_code=error.status)
        sid = secrets.token_hex(16)
        now = time.monotonic()
        self._pending = {
            known: entry for known, entry in self._pending.items() if now - entry[2] < _PENDING_SECONDS
        }
        if len(self._pending) >= _MAX_PENDING:
            return PlainTextResponse("Too many handshakes without a connection.", status_code=503)
        self._pending[sid] = (caller.user_id, caller.username, now)
        heartbeat = max(1, round(self._timing.heartbeat))
        close = max(heartbeat + 1, round(self._timing.close))
        return PlainTextResponse(f"{sid}:{heartbeat}:{close}:websocket")

    async def websocket(self, websocket: WebSocket) -> None:
        """Serve one client until it leaves, falls silent or the server stops."""
        entry = self._pending.pop(websocket.path_params["sid"], None)
        if entry is None:
            await websocket.close(1008)
            return
        await websocket.accept()
        connection = self._hub.connect(entry[0], entry[1])
        connection.send(packets.CONNECTED)
        tasks = [
            asyncio.create_task(self._read(websocket, connection)),
            asyncio.create_task(self._write(websocket, connection)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.disconnect(connection)
            pending = set(tasks)
            while pending:
                for task in pending:
                    task.cancel()
                # Before Python 3.12 `wait_for` swallows a cancellation that comes together with what it waits for.
                _, pending = await asyncio.wait(pending, timeout=0.1)
            for finished in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(finished, Exception):
                    _logger.error("An event connection broke off.", exc_info=finished)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await websocket.close(1013 if connection.overrun else 1000)

    async def _read(self, websocket: WebSocket, connection: Connection) -> None:
        while True:
            try:
                message = await asyncio.wait_for(websocket.receive(), self._timing.close)
            except asyncio.TimeoutError:
                _logger.info("An event client of %s fell silent.", connection.username)
                return
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("text")
            if frame is None:
                _logger.debug("A binary frame was ignored.")
            elif not self._take(connection, frame):
                return

    async def _write(self, websocket: WebSocket, connection: Connection) -> None:
        clock = asyncio.get_running_loop().time
        next_beat = clock() + self._timing.heartbeat
        while True:
            # Clients count heartbeats only, so these keep their pace while events are sent.
            frame: str | None = packets.BEAT
            wait = next_beat - clock()
            if wait > 0:
                with contextlib.suppress(asyncio.TimeoutError):
                    frame = await asyncio.wait_for(connection.outbox.get(), wait)
            if frame is None:
                return
            if frame is packets.BEAT:
                next_beat = clock() + self._timing.heartbeat
            try:
                await websocket.send_text(frame)
            except (WebSocketDisconnect, RuntimeError, OSError):
                return

    def _take(self, connection: Connection, frame: str) -> bool:
        """Handle a frame; return False when the client says goodbye."""
        try:
            packet = packets.decode(frame)
        except packets.PacketError as error:
            _logger.debug("A frame was ignored: %s.", error)
            return True
        if packet.code == packets.DISCONNECT:
            return False
        if packet.code == packets.EVENT:
            self._take_event(connection, packet)
        return True

    def _take_event(self, connection: Connection, packet: packets.Packet) -> None:
        failure: str | None = None
        try:
            for event in packet.arguments():
                self._hub.receive(connection, event)
        except packets.PacketError as error:
            failure = f"The packet cannot be read: {error}."
        except (EnvelopeError, ExpressionError) as error:
            failure = str(error)
        if packet.id:
            connection.send(packets.acknowledgement(packet.id, failure))


def _credentials(headers: Mapping[str, str], query: Mapping[str, str]) -> Mapping[str, str]:
    """Python clients send headers, JavaScript ones parameters (wire: handshake)."""
    if "ftrack-user" in headers or "api_user" not in query:
        return headers
    # Header values are read as latin-1 while parameters are UTF-8 already.
    return {
        "ftrack-user": query["api_user"],
        "ftrack-api-key": query.get("api_key", ""),
    }
