"""The program ``ftrack-typed``.

Subcommands live in packages that the runtime does not import: they are found through the entry points of
the group ``ftrack_typed.commands``, and only the one that was chosen is loaded. Exit codes: 0 success, 1
the command failed, 2 wrong usage or a missing extra, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple

from ftrack_typed._version import __version__
from ftrack_typed.command import CommandLike
from ftrack_typed.errors import Error, MissingExtraError, suggestion

_PROGRAM = "ftrack-typed"
_GROUP = "ftrack_typed.commands"
_OWN_PACKAGES = ("ftrack_typed", "ftrack_local", "ftrack_codegen", "ftrack_entities")

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class Known(NamedTuple):
    """What the help text tells about a command without importing it."""

    summary: str
    extra: str | None


KNOWN_COMMANDS: dict[str, Known] = {
    "check": Known("Fail when a generated package no longer matches its server.", "codegen"),
    "diff": Known("Tell what differs between two schemas, servers or packages.", "codegen"),
    "journal": Known("Show what waits in a listener's journal; retry or discard what was set aside.", None),
    "listen": Known("Run a module of event handlers as a service.", None),
    "regen": Known("Generate the typed package for a server's schema.", "codegen"),
    "serve": Known("Run a local ftrack server.", "local"),
    "snapshot": Known("Record a server's schema and configuration.", "codegen"),
}
"""The commands of this distribution. Further ones may be installed by others."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code.

    Args:
        arguments: Command line without the program's name; else that of the process.

    Raises:
        SystemExit: From argparse, after help, version or wrong usage.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # As with modules, the first on the path wins.
    available = {entry.name: entry for entry in reversed(list(entry_points(group=_GROUP)))}
    chosen = next((word for word in words if not word.startswith("-")), None)
    parser, subparsers = _parser(available)
    if chosen is None:
        parser.parse_args(words)
        parser.print_help(sys.stderr)
        return EXIT_USAGE
    if chosen not in subparsers:
        parser.error(f"there is no command {chosen!r}.{suggestion(chosen, subparsers)}")
    try:
        command = _load(available[chosen])
        command.configure(subparsers[chosen])
        code = command.run(parser.parse_args(words))
        sys.stdout.flush()  # a reader that has gone is noticed here, not while the interpreter ends
        return code
    except BrokenPipeError:
        # What is left in the buffer has nowhere to go; without this Python complains when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except MissingExtraError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    except ModuleNotFoundError as error:
        extra = _missing_extra(chosen, error)
        if extra is None:
            raise
        print(MissingExtraError(f"{_PROGRAM} {chosen}", extra), file=sys.stderr)
        return EXIT_USAGE
    except Error as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def _parser(
    available: dict[str, EntryPoint],
) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Typed access to ftrack: generate a studio's package, run a local server.",
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    group = parser.add_subparsers(title="commands", metavar="COMMAND")
    subparsers = {}
    for name in sorted(available):
        known = KNOWN_COMMANDS.get(name)
        summary = known.summary if known else f"Provided by {available[name].module}."
        subparsers[name] = group.add_parser(name, help=summary, description=summary)
    return parser, subparsers


def _load(entry: EntryPoint) -> CommandLike:
    command = entry.load()
    if not isinstance(command, CommandLike):
        raise Error(f"The entry point {entry.name!r} of {_GROUP} is {type(command).__name__}, not a Command.")
    return command


def _missing_extra(name: str, error: ModuleNotFoundError) -> str | None:
    """Return the extra that would bring the module *error* names; None if no extra would."""
    known = KNOWN_COMMANDS.get(name)
    module = (error.name or "").partition(".")[0]
    if known is None or not module or module in _OWN_PACKAGES:
        return None
    return known.extra
