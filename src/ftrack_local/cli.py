"""`ftrack-typed serve`: run the local server from the command line.

Imports nothing of the server before it runs, so that the program can tell which extra is missing.
"""

from __future__ import annotations

import os
import sys
import threading
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import LocalServerError
from .hosts import is_loopback

if TYPE_CHECKING:
    from .server import LocalServer

_REPORTED_ROWS = 100_000


@dataclass(frozen=True)
class Command:
    """A subcommand as the program `ftrack-typed` finds it through its entry point."""

    name: str
    summary: str
    extra: str | None
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of `serve`."""
    parser.add_argument("--port", type=_port, default=0, help="TCP port; 0 (the default) for any free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--allow-remote", action="store_true", help="permit a --host that other machines can reach"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name the server goes by; on loopback it answers to no other than loopback names",
    )
    parser.add_argument(
        "--cors",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let web pages of this origin use the server, as in http://localhost:3000; * for any",
    )
    parser.add_argument(
        "--db", metavar="URL", help="SQLAlchemy URL such as sqlite:///studio.db; in memory by default"
    )
    parser.add_argument(
        "--files",
        metavar="DIR",
        help="where component files are kept; beside a database file, else temporary by default",
    )
    parser.add_argument(
        "--schema", metavar="FILE", help="a saved query_schemas answer; the stock schema by default"
    )
    parser.add_argument(
        "--seed",
        default="demo",
        metavar="demo|empty|FILE.json",
        help="what an empty database starts with (default: %(default)s)",
    )
    parser.add_argument(
        "--seed-size", type=_size, default=1, metavar="N", help="size of the demo seed (default: %(default)s)"
    )


def run(arguments: Namespace) -> int:
    """Serve until interrupted; return the exit code."""
    if not arguments.allow_remote and not is_loopback(arguments.host):
        print(
            f"error: {arguments.host} may be reached from other machines; add --allow-remote if that is wanted",
            file=sys.stderr,
        )
        return 2
    from .server import LocalServer

    server = LocalServer(
        schema=arguments.schema,
        seed=arguments.seed,
        db=arguments.db,
        port=arguments.port,
        host=arguments.host,
        size=arguments.seed_size,
        allow_origins=arguments.cors,
        allow_hosts=arguments.allow_host,
        allow_remote=arguments.allow_remote,
        files=arguments.files,
        progress=_report,
    )
    try:
        with server:
            print(_announcement(server), flush=True)
            _wait_for_interrupt()
    except LocalServerError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _report(rows: int) -> None:
    """Say how far the seed is, if it is one that takes a while."""
    if rows % _REPORTED_ROWS == 0:
        print(f"{rows:,} rows seeded", file=sys.stderr, flush=True)


def _announcement(server: LocalServer) -> str:
    variables = {
        "FTRACK_SERVER": server.url,
        "FTRACK_API_USER": server.api_user,
        "FTRACK_API_KEY": server.api_key,
    }
    line = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
    return "\n".join(
        [
            f"url:  {server.url}",
            f"user: {server.api_user}",
            f"key:  {server.api_key}",
            "",
            *(line.format(name, value) for name, value in variables.items()),
            "",
            "Press Ctrl-C to stop.",
        ]
    )


def _wait_for_interrupt() -> None:
    forever = threading.Event()
    # Windows delivers Ctrl-C only between waits.
    while not forever.wait(1.0):
        pass


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is no TCP port (0 to 65535)")
    return int(text)


def _size(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no size (1 or more)")
    return int(text)


SERVE = Command("serve", "Run a local ftrack server.", "local", configure, run)
"""Entry point `serve` of the group `ftrack_typed.commands`."""
