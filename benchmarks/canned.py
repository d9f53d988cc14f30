"""A server that answers from memory, so that its speed doesn't count.

It runs in a process of its own. What a request is answered is worked out and encoded when it is seen for the first
time; whenever the same bytes come again, the bytes of the answer are sent again. Every measurement asks once before
the clock starts.
"""

from __future__ import annotations

import json
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from typing_extensions import Self

from benchmarks.answers import Studio

ROOT = Path(__file__).parent.parent
CONTROL = "/control"
"""Where the benchmark itself asks: sets ``latency`` in seconds, and is told the number of ``requests``."""

_START_SECONDS = 30
_STOP_SECONDS = 10


class CannedServer:
    """The server, as the process that started it sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.canned"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        guard = threading.Timer(_START_SECONDS, self._process.kill)
        guard.start()
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        guard.cancel()
        if not port:
            raise RuntimeError("The canned server did not start.")
        self._address = f"127.0.0.1:{port}"
        self.url: str = f"http://{self._address}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the process, which ends when its input does."""
        try:
            self._process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate(timeout=_STOP_SECONDS)

    def requests(self) -> int:
        """How many requests came in since it was last asked."""
        return int(self._control({})["requests"])

    def set_latency(self, seconds: float) -> None:
        """Let every answer take at least this long."""
        self._control({"latency": seconds})

    def _control(self, settings: dict[str, Any]) -> Any:
        # Without `requests`, which would heed a proxy.
        with closing(HTTPConnection(self._address, timeout=30)) as connection:
            connection.request("POST", CONTROL, json.dumps(settings))
            return json.load(connection.getresponse())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.latency: float = 0.0
        self.count: int = 0
        self._studio = Studio()
        self._known: dict[bytes, bytes] = {}
        self._lock = threading.Lock()

    def reply(self, path: str, body: bytes) -> bytes:
        if path == CONTROL:
            return self._control(json.loads(body))
        with self._lock:
            self.count += 1
            found = self._known.get(body)
            if found is None:
                found = self._known[body] = _response(self._studio.answer(json.loads(body)))
        if self.latency:
            time.sleep(self.latency)
        return found

    def _control(self, settings: dict[str, Any]) -> bytes:
        self.latency = settings.get("latency", self.latency)
        count, self.count = self.count, 0
        return _response({"requests": count})


class _Connection(socketserver.StreamRequestHandler):
    """Reads requests until the client closes the connection."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        while request := self.rfile.readline():
            length = 0
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = self.rfile.read(length)
            try:
                self.connection.sendall(server.reply(request.split()[1].decode(), body))
            except (BrokenPipeError, ConnectionResetError):
                return


def _response(document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def main() -> None:
    """Print the port, and serve until the input ends."""
    with _Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.socket.getsockname()[1], flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
