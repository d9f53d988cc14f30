"""Rebuilds ``schemas/stock.json`` from the authored files: ``python -m ftrack_local.catalogue``."""

from __future__ import annotations

from ftrack_local.catalogue.reader import load_catalogue, schema_directory
from ftrack_local.catalogue.wire import build_documents, document_text


def main() -> None:
    """Write the wire document beside the files it comes from."""
    path = schema_directory() / "stock.json"
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(document_text(build_documents(load_catalogue())))
    print(f"{path.name}: written")


if __name__ == "__main__":
    main()
