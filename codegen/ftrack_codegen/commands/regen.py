"""The command ``ftrack-typed regen``."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from typing import Final

from ftrack_codegen.pipeline import regenerate
from ftrack_codegen.progress import shown
from ftrack_codegen.report import Report
from ftrack_typed.command import Command

from .target import add_target_arguments, fetched, target_of, warn

_UNKNOWN_TYPES = "they lead to types the schema doesn't have"
_MOST_NAMED = 20
"""Attributes left out that are named; more are only counted."""


def _configure(parser: ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; list the files that would change, and fail if any would",
    )


def _run(arguments: Namespace) -> int:
    started = time.perf_counter()
    target = target_of(arguments)
    with shown(sys.stderr) as step:
        material = fetched(target, step)
        report = regenerate(
            material.documents,
            target.package,
            target.out,
            studio=material.studio,
            spellings=material.spellings,
            mixins=material.mixins,
            server_version=material.server_version,
            schema_hash=material.schema_hash,
            templates=material.templates,
            check=arguments.check,
            step=step,
        )
    is_selection = bool(target.source.settings.entity_types)
    _tell_left_out(
        "they lead to types that are not included" if is_selection else _UNKNOWN_TYPES, report.omitted
    )
    _tell_left_out("they apply to no entity type of the package", report.homeless)
    _tell_left_out("attributes have the names of their methods", report.without_helpers)
    return _tell(report, arguments.check, time.perf_counter() - started)


def _tell(report: Report, check: bool, seconds: float) -> int:
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


def _tell_left_out(why: str, names: tuple[str, ...]) -> None:
    if names:
        further = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        warn(f"left out, because {why}: {', '.join(names[:_MOST_NAMED])}{further}")


REGEN: Final = Command(
    name="regen",
    summary="Generate the typed package for a server's schema.",
    extra="codegen",
    configure=_configure,
    run=_run,
)
"""Entry point of the group ``ftrack_typed.commands``."""
