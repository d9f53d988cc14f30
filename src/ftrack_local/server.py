"""The face of the local server: one object that starts and stops everything."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from .actions import Api
from .actions.invitations import Outbox
from .catalogue import build_model
from .composition import Controls, Options, Rooms
from .errors import LocalServerError
from .events.protocol import PatientWebSocket
from .events.routes import Timing
from .files.store import beside
from .files.uploads import MAX_FILE
from .hosts import KnownHosts, is_loopback
from .http.guards import cors
from .schema_file import read_schema
from .seeds import seed as plant
from .storage import Storage
from .tables import build_tables
from .testing.faults import FaultPlan
from .testing.log import RequestLog
from .testing.settings import Settings

DEVELOPMENT_KEY = "ftrack-typed-local-development-key"
"""The API key of servers with a built-in seed. No secret: it guards nothing but made-up data."""

_START_SECONDS = 15.0
_STOP_SECONDS = 5.0


class LocalServer:
    """A local ftrack server on a thread of its own.

    Use it as a context manager, or call :meth:`start` and :meth:`stop`::

        with LocalServer() as server:
            session = Session(server.url, server.api_key, server.api_user)
    """

    def __init__(
        self,
        schema: str | os.PathLike[str] | Sequence[Any] | None = None,
        seed: str | os.PathLike[str] = "demo",
        db: str | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        size: int = 1,
        heartbeat: float = 10.0,
        files: str | os.PathLike[str] | None = None,
        max_file_size: int = MAX_FILE,
        allow_origins: Sequence[str] = (),
        allow_hosts: Sequence[str] = (),
        allow_remote: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Prepare a server; nothing happens before :meth:`start`.

        Args:
            schema: A saved `query_schemas` answer (file, or the decoded list); None for the stock schema.
            seed: What an empty database starts with: `demo`, `empty` or a JSON file of rows.
            db: SQLAlchemy URL; None for a database in memory. A database with rows is not seeded again.
            port: TCP port; 0 for any free one.
            host: Address to listen on.
            size: Size of the demo seed; 1 has about a thousand tasks.
            heartbeat: Seconds between the event server's signs of life; clients give up after fifteen.
            files: Directory of component files; None for one beside the database file, or a temporary one.
            max_file_size: Largest component file accepted, in bytes.
            allow_origins: Origins of web pages that may use the server (CORS), `*` for any; none by default.
            allow_hosts: Further names the server goes by; requests sent to any other name are refused while
                it listens on loopback.
            allow_remote: Permit a `host` that other machines can reach.
            progress: Called while the database is filled, every few thousand rows, with their number so far.
        """
        self._schema = schema
        self._seed = seed
        self._db = db
        self._port = port
        self._host = host
        self._size = size
        self._progress = progress
        directory = _beside_database(db) if files is None else Path(files)
        self._options = Options(
            Timing(heartbeat, close=6 * heartbeat),
            directory,
            max_file_size,
            tuple(allow_origins),
            KnownHosts(host, allow_hosts),
        )
        self._allow_remote = allow_remote
        self._controls = Controls()
        self._running: _Running | None = None

    def __repr__(self) -> str:
        return f"<LocalServer {self._running.url if self._running else 'not started'}>"

    @property
    def url(self) -> str:
        """Address of the running server, without a trailing slash."""
        return self._require().url

    @property
    def api_user(self) -> str:
        """Name of a user that may connect."""
        return self._require().api_user

    @property
    def api_key(self) -> str:
        """Key to connect with."""
        return DEVELOPMENT_KEY

    @property
    def faults(self) -> FaultPlan:
        """Faults the server is to show (:mod:`ftrack_local.testing`)."""
        return self._controls.faults

    @property
    def requests(self) -> RequestLog:
        """The latest requests the server got."""
        return self._controls.requests

    @property
    def outbox(self) -> Outbox:
        """Invitations the server would have mailed."""
        return self._controls.outbox

    @property
    def settings(self) -> Settings:
        """Latency and page size."""
        return self._controls.settings

    def snapshot(self) -> None:
        """Remember the present rows and files, for :meth:`restore` to come back to; SQLite only."""
        self._require().rooms.snapshot()

    def restore(self) -> None:
        """Bring rows and files back to the last snapshot, forget faults and requests, reset the settings."""
        self._require().rooms.restore()
        self._controls.reset()

    def start(self) -> LocalServer:
        """Build the schema, fill the database and start answering; return self.

        Raises :class:`LocalServerError` when the schema, seed, database or address cannot be used.
        """
        if self._running is not None:
            raise LocalServerError(f"The server is running already, at {self._running.url}.")
        if not self._allow_remote and not is_loopback(self._host):
            raise LocalServerError(
                f"{self._host} may be reached from other machines; allow that with allow_remote=True if it is wanted."
            )
        cors(self._options.allow_origins)
        # The address first: it is the cheapest thing to be wrong.
        listening = _listen(self._host, self._port)
        try:
            self._running = _Running(listening, self._host, *self._build())
        except BaseException:
            listening.close()
            raise
        return self

    def stop(self) -> None:
        """Stop answering and let go of the database; does nothing when the server is not running."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __enter__(self) -> LocalServer:
        return self.start()

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _require(self) -> _Running:
        if self._running is None:
            raise LocalServerError("The server is not running; start it or use it in a `with` statement.")
        return self._running

    def _build(self) -> tuple[Rooms, str]:
        schema = self._schema
        documents = read_schema(Path(schema)) if isinstance(schema, (str, os.PathLike)) else schema
        model = build_model(documents)
        if "User" not in model.types or "username" not in model.types["User"].attributes:
            raise LocalServerError("The schema has no type User with a `username`, so nobody could connect.")
        tables = build_tables(model)
        storage = Storage(self._db)
        try:
            storage.create_all(tables)
            api = Api(model, storage, tables)
            source = self._seed if self._seed in ("demo", "empty") else Path(self._seed)
            if storage.is_empty(tables):
                result = plant(storage, model, source, self._size, tables, self._progress)  # type: ignore[arg-type]
                api_user = result.api_user
            else:
                api_user = _first_user(api)
            key = None if isinstance(source, Path) else DEVELOPMENT_KEY
            return Rooms(api, storage, key, self._options, self._controls), api_user
        except BaseException:
            storage.close()
            raise


class _Running:
    """A server that answers: its socket, thread and database."""

    def __init__(self, listening: socket.socket, host: str, rooms: Rooms, api_user: str) -> None:
        self.api_user = api_user
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{listening.getsockname()[1]}"
        self.rooms = rooms
        self._socket = listening
        config = uvicorn.Config(
            rooms.app,
            http=rooms.http_protocol,
            ws=PatientWebSocket,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config, rooms.stopping)
        self._thread = threading.Thread(target=self._serve, name="ftrack-local-server", daemon=True)
        self._thread.start()
        if not self._server.answering.wait(_START_SECONDS) or not self._thread.is_alive():
            self.stop()
            raise LocalServerError(f"The server did not start within {_START_SECONDS:.0f} seconds.")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(_STOP_SECONDS)
        self._socket.close()
        self.rooms.close()

    def _serve(self) -> None:
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self._server.serve(sockets=[self._socket]))
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            self._server.answering.set()


class _Server(uvicorn.Server):
    """Tells when it answers and when it begins to stop."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.answering = threading.Event()
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answering.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; raise a clear error when it is taken or unknown."""
    if not 0 <= port <= 65535:
        raise LocalServerError(f"{port} is no TCP port; choose 0 (any free port) to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise LocalServerError(f"The host {host!r} is unknown: {error.strerror or error}.") from None
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # Elsewhere the option would let two servers share the port.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise LocalServerError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}. Another program may be using the port; "
            "choose another one, or 0 for any free one."
        ) from None
    return listening


def _beside_database(url: str | None) -> Path | None:
    """Return where the files of a database kept in a file belong."""
    try:
        parsed = make_url(url or "sqlite://")
    except ArgumentError:
        return None  # opening the database says what is wrong
    named = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return beside(parsed.database or "") if named else None


def _first_user(api: Api) -> str:
    """Return the first active user of a database that has rows already."""
    users = api.compiler.source(api.model.types["User"])
    statement = select(users.attribute("username")).order_by(users.column("_order"))
    of_type = users.is_a(api.model, users.entity)
    if of_type is not None:
        statement = statement.where(of_type)
    if "is_active" in users.entity.attributes:
        statement = statement.where(users.attribute("is_active").is_not(False))
    with api.storage.reading() as connection:
        name = connection.scalar(statement.limit(1))
    if name is None:
        raise LocalServerError("The database has rows but no active user to connect as.")
    return str(name)
