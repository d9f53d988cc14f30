"""Rebuild what is generated from the authored schema: ``schemas/stock.json`` and the package ``ftrack_entities``.

The package is made from what a local server answers when asked for its schema, the way a studio makes its
own from theirs. The server's version is left out of it: a local server's says nothing about a real one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ftrack_codegen import regenerate
from ftrack_local import LocalServer
from ftrack_local.catalogue.reader import load_catalogue, schema_directory
from ftrack_local.catalogue.wire import build_documents, document_text
from ftrack_typed.configuration import Configuration
from ftrack_typed.schema import fetch_schema
from ftrack_typed.transport import HttpTransport

PACKAGE = "ftrack_entities"
OUT = Path(__file__).parent.parent / "generated"


def main() -> int:
    """Write what is out of date, or with ``--check`` only tell; return the exit code."""
    parser = argparse.ArgumentParser(description="Rebuild the stock schema and the stock entities.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if anything is out of date")
    check = parser.parse_args().check

    document = schema_directory() / "stock.json"
    text = document_text(build_documents(load_catalogue()))
    document_current = document.is_file() and document.read_text(encoding="utf-8") == text
    if not document_current and not check:
        document.write_text(text, encoding="utf-8", newline="\n")

    report = regenerate(_served_schema(), PACKAGE, OUT, check=check)
    if not check:
        state = "unchanged" if document_current else "written"
        print(f"{document.name}: {state}\n{PACKAGE}: {report.summary()}")
        return 0
    for name, current in ((document.name, document_current), (PACKAGE, report.current)):
        print(f"{name}: {'current' if current else 'out of date, run `make regen`'}")
    return 0 if document_current and report.current else 1


def _served_schema() -> list[dict[str, Any]]:
    with LocalServer(seed="empty") as server:
        configuration = Configuration.resolve(server.url, server.api_key, server.api_user)
        transport = HttpTransport(configuration)
        try:
            return fetch_schema(transport)
        finally:
            transport.close()


if __name__ == "__main__":
    sys.exit(main())
