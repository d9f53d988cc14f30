"""Schemas kept on disk between sessions, one file for each server."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from ftrack_typed.schema.hash import schema_hash
from ftrack_typed.wire.decoding import decode_json

logger: Final = logging.getLogger("ftrack_typed.schema")


class SchemaCache:
    """Keeps the last schema of each server in a directory.

    A cache only ever saves time: a file that is missing, corrupt, unreadable or cannot be written is logged
    and never raises. Files are replaced as a whole, so that processes that share a directory never see half
    a file.

    Args:
        directory: Where the files lie; made when needed. None for a cache that keeps nothing.
    """

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    def __repr__(self) -> str:
        return f"SchemaCache({str(self.directory) if self.directory else None!r})"

    def path(self, server_url: str) -> Path | None:
        """Return the file for a server, or None if nothing is kept. Its name holds no credentials."""
        return None if self.directory is None else self.directory / _file_name(server_url)

    def has(self, server_url: str, expected_hash: str) -> bool:
        """Whether a schema with this hash seems to be kept for a server; only its first line is looked at."""
        path = self.path(server_url)
        try:
            if path is not None:
                with path.open("rb") as file:
                    return file.readline(_LONGEST_HEAD) == _head(expected_hash).encode("ascii", "replace")
        except OSError:
            pass  # loading it tells what is the matter
        return False

    def load(self, server_url: str, expected_hash: str) -> list[dict[str, Any]] | None:
        """Return the schema documents kept for a server if their hash is *expected_hash*, else None."""
        path = self.path(server_url)
        if path is None:
            return None
        try:
            kept = decode_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("The schema cache %s cannot be used and is fetched anew: %s", path, error)
            return None
        documents = kept.get("schemas") if isinstance(kept, dict) else None
        if not is_document_list(documents):
            logger.warning("The schema cache %s holds no schema and is fetched anew.", path)
            return None
        if schema_hash(documents) != expected_hash:
            logger.debug("The schema cache %s is out of date.", path)
            return None
        return documents

    def store(self, server_url: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Keep the schema documents of a server."""
        path = self.path(server_url)
        if path is None:
            return
        partial = path.with_name(f".{path.stem}-{uuid.uuid4().hex}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                text = f'{_head(schema_hash(documents))}"schemas": {json.dumps(documents, indent=1)}}}\n'
                partial.write_text(text, encoding="utf-8", newline="\n")
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        except (OSError, TypeError, ValueError) as error:
            logger.warning("The schema cache %s cannot be written: %s", path, error)


_LONGEST_HEAD = 200


def _head(hash_of_schema: str) -> str:
    """The first line of a file: it tells which schema is in it."""
    return f'{{"schema_hash": {json.dumps(hash_of_schema)},\n'


def is_document_list(documents: object) -> TypeGuard[list[dict[str, Any]]]:
    """Whether *documents* has the shape of a ``query_schemas`` result."""
    return isinstance(documents, list) and all(isinstance(document, dict) for document in documents)


def _file_name(server_url: str) -> str:
    parts = urlsplit(server_url)
    slug = re.sub(r"[^a-z0-9.]+", "-", f"{parts.hostname or ''}-{parts.port or ''}".lower()).strip("-.")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    digest = hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:10]
    return f"schema-{slug[:60]}-{digest}.json"
