"""How the rooms of a server are put together around its API."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware

from .actions import Api
from .actions.accounts import Accounts
from .actions.invitations import Invitations, Outbox
from .actions.jobs import DelayedJobs
from .actions.questions import Questions
from .actions.widgets import WidgetAddresses, Widgets
from .errors import LocalServerError
from .events.hub import Hub
from .events.routes import EventServer, Timing
from .events.updates import Updates
from .files.actions import FileActions
from .files.encoding import Encoder
from .files.routes import FileServer
from .files.samples import Samples
from .files.store import FileStore
from .files.uploads import MAX_FILE, Uploads
from .hosts import KnownHosts
from .http import build_app
from .http.authentication import Authenticator
from .http.guards import HostGuard, cors
from .http.widgets import WidgetPages
from .storage import Storage
from .testing.faults import FaultPlan
from .testing.log import RequestLog
from .testing.middleware import TestingMiddleware
from .testing.settings import Settings
from .testing.transports import Transports

_SETTLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a server's rooms are told besides its schema and data."""

    timing: Timing = field(default_factory=Timing)
    files: Path | None = None
    """Directory of component files; None for a temporary one."""
    max_file_size: int = MAX_FILE
    """Largest file accepted, in bytes."""
    allow_origins: Sequence[str] = ()
    """Origins of web pages that may use the server; `*` for any."""
    hosts: KnownHosts = field(default_factory=lambda: KnownHosts("127.0.0.1"))
    """Names the server goes by."""


@dataclass(frozen=True, slots=True)
class Controls:
    """What a test may look at and change while the server runs."""

    faults: FaultPlan = field(default_factory=FaultPlan)
    requests: RequestLog = field(default_factory=RequestLog)
    settings: Settings = field(default_factory=Settings)
    outbox: Outbox = field(default_factory=Outbox)

    def reset(self) -> None:
        """Forget planned faults and logged requests, go back to the default settings."""
        self.faults.clear()
        self.requests.clear()
        self.outbox.clear()
        self.settings.reset()


class Rooms:
    """The web application with everything it needs, from files to events."""

    app: Starlette
    http_protocol: type[asyncio.Protocol]
    stopping: asyncio.Event
    """To be set when the server begins to stop."""

    def __init__(
        self, api: Api, storage: Storage, api_key: str | None, options: Options, controls: Controls
    ) -> None:
        """`api_key` is the one key accepted, None for any."""
        self._storage = storage
        self._store = FileStore(options.files)
        self._samples = Samples(api, self._store)
        self._encoder = Encoder(self._store, self._samples.find, api.handle)
        api.page_limit = lambda: controls.settings.page_size
        authenticator = Authenticator(api, api_key)
        hub = Hub()
        api.extend(Updates(hub.publish_threadsafe, lambda: hub.listening))
        uploads = Uploads(self._store, api.signer, options.max_file_size)
        api.extend(FileActions(self._store, uploads, api.signer, self._encoder))
        widgets = WidgetAddresses(api.signer)
        for extension in (
            Invitations(controls.outbox),
            Accounts(api.keys),
            DelayedJobs(api.handle),
            Widgets(widgets),
            Questions(),
        ):
            api.extend(extension)
        transports = Transports()
        self.stopping = transports.stopping
        self.http_protocol = transports.protocol()
        self.app = build_app(
            api,
            authenticator,
            routes=[
                *EventServer(hub, authenticator, options.timing).routes(),
                *FileServer(api, authenticator, self._store, uploads, self._samples).routes(),
                *WidgetPages(api, widgets).routes(),
            ],
            middleware=_middleware(options, controls, transports),
        )

    def snapshot(self) -> None:
        """Remember the present rows and files."""
        self._settle()
        self._storage.snapshot()
        self._store.snapshot()

    def restore(self) -> None:
        """Bring rows and files back to the last snapshot."""
        self._settle()
        self._storage.restore()
        self._store.restore()
        self._samples.restore()

    def close(self) -> None:
        """Stop what runs in the background and let go of files and database."""
        self._encoder.close()
        self._store.close()
        self._storage.close()

    def _settle(self) -> None:
        if not self._encoder.wait_until_idle(_SETTLE_SECONDS):
            raise LocalServerError(f"An encoding did not end within {_SETTLE_SECONDS:.0f} seconds.")


def _middleware(options: Options, controls: Controls, transports: Transports) -> list[Middleware]:
    testing = Middleware(
        TestingMiddleware,
        faults=controls.faults,
        log=controls.requests,
        settings=controls.settings,
        transports=transports,
    )
    return [testing, Middleware(HostGuard, hosts=options.hosts), *cors(options.allow_origins)]
