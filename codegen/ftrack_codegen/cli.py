"""The command ``ftrack-typed regen``."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from ftrack_typed.command import Command

from . import fetch
from .package_name import require_package_name
from .pipeline import Step, regenerate
from .progress import shown
from .report import Report


def _configure(parser: ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--server",
        metavar="URL",
        help="server to ask for its schema (default: FTRACK_SERVER); the key comes from FTRACK_API_KEY",
    )
    source.add_argument(
        "--schema", metavar="FILE", type=Path, help="recorded answer to query_schemas to use instead"
    )
    parser.add_argument("--api-user", metavar="NAME", help="user to sign in as (default: FTRACK_API_USER)")
    parser.add_argument(
        "--schema-cache-path",
        metavar="DIR",
        type=Path,
        help="where schemas are kept between runs (default: as for sessions)",
    )
    parser.add_argument("--package", metavar="NAME", required=True, help="name of the package to generate")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="directory to put the package in; its files go to DIR/NAME",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; list what would change, and fail if anything would",
    )


def _run(arguments: Namespace) -> int:
    started = time.perf_counter()
    require_package_name(arguments.package)
    with shown(sys.stderr) as step:
        fetched = _fetched(arguments, step)
        report = regenerate(
            fetched.documents,
            arguments.package,
            arguments.out,
            server_version=fetched.server_version,
            schema_hash=fetched.schema_hash,
            check=arguments.check,
            step=step,
        )
    return _tell(report, arguments.check, time.perf_counter() - started)


def _fetched(arguments: Namespace, step: Step) -> fetch.Fetched:
    with step("Fetching the schema"):
        if arguments.schema is not None:
            return fetch.from_file(arguments.schema)
        return fetch.from_server(
            arguments.server, api_user=arguments.api_user, schema_cache_path=arguments.schema_cache_path
        )


def _tell(report: Report, check: bool, seconds: float) -> int:
    if report.omitted:
        print(
            f"left out, because they lead to types the schema doesn't have: {', '.join(report.omitted)}",
            file=sys.stderr,
        )
    if not check:
        print(f"{report.directory}: {report.summary()} ({seconds:.1f} s)")
        return 0
    for word, names in (
        ("missing", report.changes.added),
        ("outdated", report.changes.changed),
        ("superfluous", report.changes.removed),
    ):
        for name in names:
            print(f"{word}: {report.directory / name}")
    if report.current:
        print(f"{report.directory} is current.")
    return 0 if report.current else 1


REGEN: Final = Command(
    name="regen",
    summary="Generate the typed package for a server's schema.",
    extra="codegen",
    configure=_configure,
    run=_run,
)
"""Entry point of the group ``ftrack_typed.commands``."""
