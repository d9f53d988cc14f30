"""The command ``ftrack-typed check``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from ftrack_codegen.comparison import picture_of_directory
from ftrack_codegen.pipeline import generate
from ftrack_codegen.progress import shown
from ftrack_codegen.write import Changes, compare
from ftrack_typed import drift
from ftrack_typed.command import Command

from .target import Target, add_target_arguments, fetched, target_of

_PROVENANCE = "_provenance.py"


def _configure(parser: ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument(
        "--format",
        choices=sorted(drift.FORMATS),
        default="text",
        help="how to tell the differences (default: text)",
    )


def _run(arguments: Namespace) -> int:
    target = target_of(arguments)
    with shown(sys.stderr) as step:
        material = fetched(target, step)
        files, _ = generate(
            material.documents,
            target.package,
            studio=material.studio,
            spellings=material.spellings,
            mixins=material.mixins,
            server_version=material.server_version,
            schema_hash=material.schema_hash,
            templates=material.templates,
            step=step,
        )
        changes = compare(files, target.directory)
    if _is_current(changes):
        print(f"{target.directory} matches.")
        return 0
    print(_told(files, target, changes, arguments.format))
    return 1


def _is_current(changes: Changes) -> bool:
    """Whether the package is what would be generated. Another version of the same schema doesn't count."""
    return not (changes.added or changes.removed or set(changes.changed) - {_PROVENANCE})


def _told(files: dict[str, str], target: Target, changes: Changes, form: str) -> str:
    if not Path(target.directory / "__init__.py").is_file():
        return f"{target.directory} does not exist; run `ftrack-typed regen`."
    sources = {name: text for name, text in files.items() if name.endswith(".py")}
    found = drift.compare(picture_of_directory(target.directory), drift.read_package(sources))
    if found or form != "text":
        return drift.report(found, form)
    # Descriptions, or a newer generator: nothing that code could notice.
    names = sorted({*changes.added, *changes.changed, *changes.removed} - {_PROVENANCE})
    return "\n".join(f"outdated: {target.directory / name}" for name in names)


CHECK: Final = Command(
    name="check",
    summary="Fail when a generated package no longer matches its server.",
    extra="codegen",
    configure=_configure,
    run=_run,
)
"""Entry point of the group ``ftrack_typed.commands``."""
