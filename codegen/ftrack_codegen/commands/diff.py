"""The command ``ftrack-typed diff``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from ftrack_codegen import fetch
from ftrack_codegen.comparison import find_package, picture_of_directory
from ftrack_codegen.errors import InputError
from ftrack_codegen.pipeline import Step, generate
from ftrack_codegen.progress import shown
from ftrack_codegen.settings import Settings
from ftrack_typed.command import Command
from ftrack_typed.drift import FORMATS, Picture, compare, read_package, report

from .target import material, settings_of

_KINDS = "a schema file, a snapshot, a server's URL, or a generated package (its directory or name)"


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help=_KINDS)
    parser.add_argument("new", metavar="NEW", help=_KINDS)
    parser.add_argument(
        "--format", choices=sorted(FORMATS), default="text", help="how to tell it (default: text)"
    )
    parser.add_argument(
        "--fail-on",
        choices=["breaking", "any"],
        help="exit with 1 when there are such differences (default: never)",
    )
    parser.add_argument("--api-user", metavar="NAME", help="user to sign in as (default: FTRACK_API_USER)")
    parser.add_argument(
        "--settings", metavar="FILE", type=Path, help="file with the table [tool.ftrack-typed]"
    )


def _run(arguments: Namespace) -> int:
    settings = settings_of(arguments)
    with shown(sys.stderr) as step:
        old, new = (
            _picture(name, settings, arguments.api_user, step) for name in (arguments.old, arguments.new)
        )
    changes = compare(old, new)
    print(report(changes, arguments.format))
    counted = changes if arguments.fail_on == "any" else [one for one in changes if one.breaking]
    return 1 if arguments.fail_on and counted else 0


def _picture(name: str, settings: Settings, api_user: str | None, step: Step) -> Picture:
    if name.startswith(("http://", "https://")):
        with step(f"Asking {name}"):
            return _generated(fetch.from_server(name, api_user=api_user), settings, step)
    path = Path(name)
    if path.is_dir():
        return picture_of_directory(path)
    if path.is_file():
        return _generated(fetch.from_file(path), settings, step)
    package = find_package(name)
    if package is None:
        raise InputError(f"There is no {name!r}; name {_KINDS}.")
    return picture_of_directory(package)


def _generated(fetched: fetch.Fetched, settings: Settings, step: Step) -> Picture:
    """The picture of what would be generated."""
    found = material(fetched, settings)
    files, _ = generate(
        found.documents, "compared", studio=found.studio, spellings=found.spellings, step=step
    )
    return read_package({name: text for name, text in files.items() if name.endswith(".py")})


DIFF: Final = Command(
    name="diff",
    summary="Tell what differs between two schemas, servers or packages.",
    extra="codegen",
    configure=_configure,
    run=_run,
)
"""Entry point of the group ``ftrack_typed.commands``."""
