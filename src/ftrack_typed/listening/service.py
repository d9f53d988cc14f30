"""A listener as a service: one session, one module of handlers, and how it is doing."""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ftrack_typed.errors import ConfigurationValueError, EventHubConnectionError, JournalError
from ftrack_typed.events.durable import DurableListener, HandlingPolicy, Journal, Key, by_project
from ftrack_typed.events.state import HubState
from ftrack_typed.listening.health import HealthServer, write_health
from ftrack_typed.plugins import call_register, find_plugins, import_plugin

if TYPE_CHECKING:
    from ftrack_typed.session import Session

_logger = logging.getLogger("ftrack_typed.listening")

_FILE_EVERY = 5.0
_POISON_TOLD = 20


@dataclass(frozen=True)
class Service:
    """What to listen with. Every setting is checked when it is used."""

    module: str
    """Importable module, or path of a Python file, with a function ``register(session)``."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Further arguments of ``register``; it gets those it takes."""
    journal: Path | None = None
    """File to keep events in; None to handle them as they come, and lose what comes while the service is down."""
    key: Key = by_project
    """What orders events, with a journal."""
    policy: HandlingPolicy = field(default_factory=HandlingPolicy)
    """How events are handled, with a journal."""
    health_address: str | None = None
    """``HOST:PORT`` to answer with the health report."""
    health_file: Path | None = None
    """File to write the health report to, every few seconds."""

    def run(self, session: Session, stop: threading.Event) -> None:
        """Listen until `stop` is set.

        Raises:
            ConfigurationValueError: when the module can't be found or has no ``register``.
            JournalError: when the journal can't be used.
            Exception: whatever the module raises when it is imported and registered.
        """
        hub = session.event_hub
        call_register(load_module(self.module), session, self.arguments)
        with ExitStack() as stack:
            report = _Reporter(session)
            if self.journal is not None:
                journal = Journal(self.journal)
                stack.callback(journal.close)
                report.listener = DurableListener(hub, journal, key=self.key, policy=self.policy)
            if self.health_file is not None:
                stack.callback(self._write, report, stopped=True)
            if self.health_address is not None:
                server = HealthServer(self.health_address, report.make)
                stack.callback(server.close)
                _logger.info("Health is told at http://%s/.", server.address)
            if report.listener is not None:
                stack.callback(report.listener.stop)  # comes first, so that health is told meanwhile
                report.listener.start()
            elif hub.state is HubState.OFFLINE:
                hub.init_connection()
            self._stay(session, stop, report)
        _logger.info("Listening has ended.")

    def _stay(self, session: Session, stop: threading.Event, report: _Reporter) -> None:
        hub = session.event_hub
        due = time.monotonic()
        told = False
        # Nobody but a handler, or the number of attempts, can have ended the connection for good.
        while not stop.is_set() and hub.state not in (HubState.OFFLINE, HubState.CLOSED):
            if self.health_file is not None and time.monotonic() >= due:
                self._write(report)
                due = time.monotonic() + _FILE_EVERY
            if not told and hub.flush(0.0):
                told = True
                _logger.info("Listening to %s with %s.", session.server_url, self.module)
            with contextlib.suppress(EventHubConnectionError):  # it was disconnected just now
                hub.wait(0.25)

    def _write(self, report: _Reporter, *, stopped: bool = False) -> None:
        assert self.health_file is not None
        made = report.make()
        if stopped:
            made.update(healthy=False, state="stopped")
        try:
            write_health(self.health_file, made)
        except OSError as error:
            _logger.warning("The health file can't be written: %s", error)


def load_module(name: str) -> ModuleType:
    """Import what holds the handlers.

    Args:
        name: Dotted name of a module, or path of a Python file.

    Raises:
        ConfigurationValueError: when there is none, or it has no function ``register``.
        Exception: whatever it raises when it is imported.
    """
    path = Path(name)
    if path.suffix == ".py" or len(path.parts) > 1:
        files, skipped = find_plugins([path.absolute()])
        if path.is_dir() or not files:
            told = f": {skipped[0].problem}" if skipped else ""
            raise ConfigurationValueError(
                f"{name} can't be listened with{told}. Name a Python file.", setting="module"
            )
        module = import_plugin(files[0])
    else:
        directory = str(Path.cwd())
        if directory not in sys.path:
            sys.path.insert(0, directory)  # as `python -m` does
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
                raise
            raise ConfigurationValueError(
                f"There is no module {name!r}, neither here nor installed. Name a module, or a file ending in .py.",
                setting="module",
            ) from error
    if not callable(getattr(module, "register", None)):
        raise ConfigurationValueError(
            f"{name} has no function register(session); it is where handlers subscribe.", setting="module"
        )
    return module


class _Reporter:
    """Makes the health report."""

    listener: DurableListener | None
    """Who handles events, with a journal."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.listener = None
        self._since = datetime.now(timezone.utc).isoformat(timespec="seconds")

    def make(self) -> dict[str, Any]:
        """The report as it is now."""
        hub = self._session.event_hub
        report: dict[str, Any] = {
            "healthy": hub.connected,
            "state": hub.state.value,
            "server": self._session.server_url,
            "user": self._session.api_user,
            "since": self._since,
            "hub": asdict(hub.statistics),
            "listener": None,
            "journal": None,
        }
        if self.listener is not None:
            listener = self.listener.statistics
            report["listener"] = asdict(listener)
            report["journal"] = told = self._journal(self.listener)
            report["healthy"] = (
                hub.connected and listener.stuck < self.listener.policy.workers and told["problem"] is None
            )
        return report

    @staticmethod
    def _journal(listener: DurableListener) -> dict[str, Any]:
        """What is in the journal; a journal that can't be read is part of the report, not the end of it."""
        journal = listener.journal
        told: dict[str, Any] = {"path": str(journal.path), "problem": None}
        try:
            counts = journal.counts()
            poisoned = journal.poisoned(_POISON_TOLD) if counts.set_aside else []
        except JournalError as error:
            told["problem"] = str(error)
            return told
        if not journal.in_place:
            told["problem"] = f"The journal {journal.path} was deleted or replaced."
        oldest = counts.oldest_waiting
        told.update(
            waiting=counts.waiting,
            lag=None if oldest is None else max(0.0, listener.policy.clock() - oldest),
            set_aside=counts.set_aside,
            poisoned=[
                {
                    "id": entry.event_id,
                    "topic": entry.topic,
                    "error": entry.errors[-1] if entry.errors else None,
                }
                for entry in poisoned
            ],
        )
        return told


__all__ = ["Service", "load_module"]
