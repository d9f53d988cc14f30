"""How the thread of a hub waits: for its socket, for a time, and for being woken."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

from ftrack_typed.events.connection import Connection

_LONGEST = 3600.0


class Waiter:
    """Waits until a connection can be read, a time is over, or another thread calls `wake`.

    It owns the connection, so that whoever ends the thread need not know of it.
    """

    connection: Connection | None
    """The connection waited for."""

    def __init__(self) -> None:
        self.connection = None
        self._watched = -1
        self._selector = selectors.DefaultSelector()
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._selector.register(self._ours, selectors.EVENT_READ)
        self._woken = False
        self._closed = False
        self._lock = threading.Lock()

    def watch(self, connection: Connection) -> None:
        """Wait for this connection from now on."""
        self.connection = connection
        # The connection may lose its number before it is let go of.
        self._watched = connection.fileno()
        self._selector.register(self._watched, selectors.EVENT_READ)

    def release(self, *, goodbye: bool) -> None:
        """Close the connection and wait for none."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._selector.unregister(self._watched)
        if goodbye:
            connection.close()
        else:
            connection.abandon()

    def readable(self) -> bool:
        """Whether the connection has something to read right now."""
        if self.connection is None:
            return False
        return self.connection.buffered() or any(
            key.fileobj is not self._ours for key, _ in self._selector.select(0)
        )

    def wait(self, seconds: float) -> None:
        """Wait; what `wake` was called for before this returns is still to be looked at."""
        if self.connection is not None and self.connection.buffered():
            return
        self._selector.select(min(max(seconds, 0.0), _LONGEST))
        with self._lock:
            self._woken = False
            with contextlib.suppress(BlockingIOError):
                while self._ours.recv(1024):
                    pass

    def wake(self) -> None:
        """End the wait. May be called by any thread, also after `close`."""
        with self._lock:
            if self._woken or self._closed:
                return
            self._woken = True
            with contextlib.suppress(OSError):
                self._theirs.send(b"\0")

    def interrupt(self) -> None:
        """Have the thread find its connection gone. May be called by any thread."""
        connection = self.connection
        if connection is not None:
            connection.interrupt()

    def close(self) -> None:
        """Close the connection, and wait no more."""
        self.release(goodbye=True)
        with self._lock:
            self._closed = True
            self._selector.close()
            self._ours.close()
            self._theirs.close()

    def in_forked_process(self) -> None:
        """Let go of everything without a word: it is the parent's. The selector may not be changed, it is shared."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.abandon()
        self._closed = True
        self._selector.close()
        self._ours.close()
        self._theirs.close()
