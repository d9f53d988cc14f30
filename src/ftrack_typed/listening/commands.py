"""The commands ``ftrack-typed listen`` and ``ftrack-typed journal``."""

from __future__ import annotations

import logging
import math
import signal
import sys
import threading
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from ftrack_typed.command import Command
from ftrack_typed.errors import ConfigurationValueError
from ftrack_typed.events.durable import (
    HandlingPolicy,
    Journal,
    Key,
    by_entity,
    by_path,
    by_project,
    unordered,
)
from ftrack_typed.listening.service import Service
from ftrack_typed.session import Session

_KEYS: Final[dict[str, Key]] = {"project": by_project, "entity": by_entity, "none": unordered}
_LEVELS: Final = ("debug", "info", "warning", "error")
_DEFAULTS: Final = HandlingPolicy()
_NEEDS_JOURNAL: Final = ("key", "workers", "handler_timeout", "attempts", "grace")


def _configure_listen(parser: ArgumentParser) -> None:
    parser.add_argument(
        "module", metavar="MODULE", help="module, or Python file, with a function register(session)"
    )
    parser.add_argument(
        "--argument",
        metavar="NAME=VALUE",
        type=_pair,
        action="append",
        default=[],
        help="further argument of register, as text; may be repeated",
    )
    parser.add_argument(
        "--journal", metavar="FILE", type=Path, help="keep events in a file until they are handled"
    )
    journal = parser.add_argument_group("with a journal")
    journal.add_argument(
        "--key",
        metavar="KEY",
        type=_key,
        help="what orders events: project (default), entity, none, or a path such as data.shot",
    )
    journal.add_argument("--workers", metavar="N", type=int, help="events handled at once (default: 1)")
    journal.add_argument(
        "--handler-timeout",
        metavar="SECONDS",
        type=float,
        help=f"after which a handler counts as failed (default: {_DEFAULTS.handler_timeout:g}; 0 for never)",
    )
    journal.add_argument(
        "--attempts",
        metavar="N",
        type=int,
        help=f"failures after which an event is set aside (default: {_DEFAULTS.attempts})",
    )
    journal.add_argument(
        "--grace",
        metavar="SECONDS",
        type=float,
        help=f"that handlers have to end when the service stops (default: {_DEFAULTS.grace:g})",
    )
    health = parser.add_argument_group("health")
    health.add_argument("--health", metavar="HOST:PORT", help="answer requests there with the state as JSON")
    health.add_argument(
        "--health-file", metavar="FILE", type=Path, help="write the state there every few seconds"
    )
    parser.add_argument("--log-level", choices=_LEVELS, default="info", help="(default: info)")


def _listen(arguments: Namespace) -> int:
    given = {name: getattr(arguments, name) for name in _NEEDS_JOURNAL}
    if arguments.journal is None:
        for name, value in given.items():
            if value is not None:
                option = f"--{name.replace('_', '-')}"
                raise ConfigurationValueError(f"{option} works with --journal FILE only.", setting=name)
    if given["handler_timeout"] == 0:
        given["handler_timeout"] = math.inf
    key = given.pop("key") or by_project
    service = Service(
        arguments.module,
        arguments=dict(arguments.argument),
        journal=arguments.journal,
        key=key,
        policy=HandlingPolicy(**{name: value for name, value in given.items() if value is not None}),
        health_address=arguments.health,
        health_file=arguments.health_file,
    )
    logging.basicConfig(
        level=arguments.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    with _stopped_by_signals() as stop, Session(plugin_paths=(), auto_connect_event_hub=False) as session:
        service.run(session, stop)
    return 0


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that is set when the process is asked to end; asked again, it ends at once."""
    stop = threading.Event()
    before: dict[signal.Signals, Any] = {}

    def asked(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last one on Windows only
        number = getattr(signal, name, None)
        if number is not None:
            before[number] = signal.signal(number, asked)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _key(text: str) -> Key:
    if text in _KEYS:
        return _KEYS[text]
    if "." not in text:
        raise ArgumentTypeError(f"{text!r} is none of {', '.join(_KEYS)}, nor a path such as data.shot")
    try:
        return by_path(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


# -- the journal -----------------------------------------------------------------------------------


def _configure_journal(parser: ArgumentParser) -> None:
    parser.add_argument(
        "journal", metavar="FILE", type=Path, help="journal of a listener that is not running"
    )
    parser.add_argument(
        "--retry",
        metavar="ID",
        action="append",
        default=[],
        help="have an event handled again; may be repeated",
    )
    parser.add_argument(
        "--discard", metavar="ID", action="append", default=[], help="forget an event; may be repeated"
    )


def _journal(arguments: Namespace) -> int:
    if not arguments.journal.is_file():
        raise ConfigurationValueError(f"There is no journal {arguments.journal}.", setting="journal")
    journal = Journal(arguments.journal)
    try:
        for event_id in arguments.retry:
            journal.retry(event_id)
        for event_id in arguments.discard:
            journal.discard(event_id)
        counts = journal.counts()
        print(f"{counts.waiting} events wait, {counts.set_aside} are set aside")
        for entry in journal.poisoned():
            stored = datetime.fromtimestamp(entry.received, timezone.utc).isoformat(timespec="seconds")
            print(f"{entry.event_id}  {stored}  {entry.topic}  {entry.attempts} attempts")
            for error in entry.errors:
                print(f"    {' '.join(error.split())}")
    finally:
        journal.close()
    return 0


LISTEN: Final = Command(
    name="listen",
    summary="Run a module of event handlers as a service.",
    extra=None,
    configure=_configure_listen,
    run=_listen,
)
"""Entry point of the group ``ftrack_typed.commands``."""

JOURNAL: Final = Command(
    name="journal",
    summary="Show what waits in a listener's journal; retry or discard what was set aside.",
    extra=None,
    configure=_configure_journal,
    run=_journal,
)
"""Entry point of the group ``ftrack_typed.commands``."""

__all__ = ["JOURNAL", "LISTEN"]
