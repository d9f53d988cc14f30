"""The command ``ftrack-typed snapshot``."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from ftrack_codegen import fetch
from ftrack_codegen.errors import OutputError
from ftrack_codegen.progress import shown
from ftrack_typed.command import Command

from .target import settings_of


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--server", metavar="URL", help="server to ask (default: as configured, else FTRACK_SERVER)"
    )
    parser.add_argument("--api-user", metavar="NAME", help="user to sign in as (default: FTRACK_API_USER)")
    parser.add_argument(
        "--settings", metavar="FILE", type=Path, help="file with the table [tool.ftrack-typed]"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="file to write")


def _run(arguments: Namespace) -> int:
    server = arguments.server or settings_of(arguments).server
    with shown(sys.stderr) as step, step("Asking the server"):
        fetched = fetch.from_server(server, api_user=arguments.api_user, schema_cache_path=False)
    text = json.dumps(fetched.snapshot(), indent=1, sort_keys=True, ensure_ascii=False, default=str)
    try:
        arguments.out.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"Can't write {arguments.out}: {error.strerror or error}.") from error
    rows = sum(len(rows) for rows in fetched.sections.values())
    print(f"{arguments.out}: {len(fetched.documents)} types, {rows} rows of configuration")
    return 0


SNAPSHOT: Final = Command(
    name="snapshot",
    summary="Record a server's schema and configuration.",
    extra="codegen",
    configure=_configure,
    run=_run,
)
"""Entry point of the group ``ftrack_typed.commands``."""
