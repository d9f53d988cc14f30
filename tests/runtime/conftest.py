"""Fixtures of the runtime's tests."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from ftrack_local import LocalServer
from ftrack_typed import RetryPolicy, Session

# A busy machine is no failure.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@dataclass
class Reply:
    """What the loopback server answers once."""

    body: bytes = b"[]"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    announced_length: int | None = None
    """Content length to announce; the connection is closed after the body."""
    stall: bool = False
    """Answer nothing until the test is over."""
    gate: threading.Event | None = None
    """Answer only once this is set."""
    stall_body: bool = False
    """Answer the body as far as it goes and keep the connection until the test is over."""


@dataclass
class Received:
    """A request the loopback server got."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def operations(self) -> Any:
        return json.loads(self.body)


class Loopback:
    """A real HTTP server that answers what a test tells it; the last reply is repeated."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.received: list[Received] = []
        self.over = threading.Event()
        self.waiting = threading.Event()
        """A request stands before a closed gate."""
        self.connections: set[int] = set()
        """Ports of the clients' connections."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, document: object, status: int = 200) -> None:
        """Queue a JSON reply."""
        self.replies.append(Reply(json.dumps(document).encode(), status))

    def raw(self, body: bytes = b"", **facts: Any) -> None:
        """Queue any reply; *facts* are fields of `Reply`."""
        self.replies.append(Reply(body, **facts))

    def answer_once(self, document: object, *, gate: threading.Event | None = None) -> None:
        """Make this the next reply, and the one repeated from then on."""
        self.replies[:] = [Reply(json.dumps(document).encode(), gate=gate)]

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                loopback.received.append(Received(self.path, dict(self.headers), body))
                loopback.connections.add(self.client_address[1])
                reply = loopback.replies.pop(0) if len(loopback.replies) > 1 else loopback.replies[0]
                if reply.stall:
                    loopback.over.wait(10)
                    self.close_connection = True
                    return
                if reply.gate is not None:
                    loopback.waiting.set()
                    reply.gate.wait(10)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                length = len(reply.body) if reply.announced_length is None else reply.announced_length
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(reply.body)
                if reply.stall_body:
                    self.wfile.flush()
                    loopback.over.wait(10)
                self.close_connection = reply.announced_length is not None

            def do_GET(self) -> None:
                self.do_POST()

        return Handler


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxy settings of the machine out of loopback requests."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A loopback HTTP server; queue what it answers with `answer` or `raw`."""
    server = Loopback()
    yield server
    server.close()


@pytest.fixture(scope="session")
def stock_documents() -> list[dict[str, Any]]:
    """The stock schema as servers describe it."""
    path = Path(__file__).parents[2] / "schemas" / "stock.json"
    documents: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return documents


@pytest.fixture
def scripted(loopback: Loopback, stock_documents: list[dict[str, Any]]) -> Iterator[Session]:
    """A session whose server answers what the test queues; nothing is fetched unasked."""
    loopback.answer([{"version": "4.13.8"}])
    loopback.answer([stock_documents])
    with Session(
        loopback.url,
        "scripted-k3y",
        "ada",
        auto_populate=False,
        schema_cache_path=False,
        retries=RetryPolicy(attempts=1),
    ) as session:
        loopback.answer_once([])
        loopback.received.clear()
        yield session


@pytest.fixture(scope="session")
def local_server() -> Iterator[LocalServer]:
    """A local server with the demo seed, for the whole run; tests leave its own rows as they are."""
    with LocalServer(seed="demo") as server:
        yield server


@pytest.fixture
def server_url(local_server: LocalServer) -> str:
    return local_server.url


@pytest.fixture
def server_user(local_server: LocalServer) -> str:
    return local_server.api_user


@pytest.fixture
def server_key(local_server: LocalServer) -> str:
    return local_server.api_key


@pytest.fixture
def open_session(local_server: LocalServer, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """Opens sessions that are closed after the test."""
    opened: list[Session] = []

    def open_one(**options: Any) -> Session:
        options.setdefault("schema_cache_path", tmp_path / "schemas")
        session = Session(local_server.url, local_server.api_key, local_server.api_user, **options)
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    return open_session()


@pytest.fixture(scope="session")
def shared_session(local_server: LocalServer) -> Iterator[Session]:
    """One session for tests that only need it to belong to; they leave it as it is."""
    with Session(
        local_server.url, local_server.api_key, local_server.api_user, schema_cache_path=False
    ) as session:
        yield session


@pytest.fixture
def other_session(open_session: Callable[..., Session]) -> Session:
    """A second session: what it reads comes from the server, not from the first one's memory."""
    return open_session()


@pytest.fixture
def calls() -> Iterator[Callable[[], int]]:
    """Counts the requests sent so far, by the line each one logs."""
    counted: list[logging.LogRecord] = []

    class Counter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            counted.append(record)

    logger = logging.getLogger("ftrack_typed.transport")
    handler, level = Counter(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lambda: len(counted)
    logger.setLevel(level)
    logger.removeHandler(handler)
