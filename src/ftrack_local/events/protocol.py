"""The websocket protocol class the server runs with."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class PatientWebSocket(WebSocketsSansIOProtocol):
    """Sends no faster than the client reads, so that what waits can be counted and bounded.

    uvicorn does so itself from 0.53 on; before, whatever a client does not read piles up in memory.
    """

    def pause_writing(self) -> None:
        """Called by the transport when its buffer is full."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Called by the transport when its buffer has room again."""
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called when the connection is gone; nobody may go on waiting for room."""
        self.writable.set()
        super().connection_lost(exc)
