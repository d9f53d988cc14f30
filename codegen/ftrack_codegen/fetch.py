"""Where the schema documents come from: a server, with the cache sessions use, or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import MalformedResponseError
from ftrack_typed.schema import SchemaCache, check_compatibility, fetch_information, load_schema
from ftrack_typed.transport import HttpTransport
from ftrack_typed.wire.decoding import decode_json

from .errors import InputError


@dataclass(frozen=True)
class Fetched:
    """A schema and what is known about where it comes from."""

    documents: Sequence[Mapping[str, Any]]
    server_version: str | None = None
    schema_hash: str | None = None
    """As the server told it; None for a file."""


def from_server(
    server_url: str | None = None,
    *,
    api_user: str | None = None,
    schema_cache_path: str | Path | Literal[False] | None = None,
) -> Fetched:
    """Ask a server, or the cache if that holds the server's current schema.

    Args:
        server_url: Else the environment variable ``FTRACK_SERVER``. User and key come from the environment
            as for a session.
        api_user: Else ``FTRACK_API_USER``.
        schema_cache_path: Directory of the cache, False for none, None for that of sessions.

    Raises:
        Error: what configuration, transport and authentication raise.
    """
    configuration = Configuration.resolve(server_url, api_user=api_user, schema_cache_path=schema_cache_path)
    transport = HttpTransport(configuration)
    try:
        information = fetch_information(transport)
        check_compatibility(information)
        documents, _ = load_schema(transport, information, SchemaCache(configuration.schema_cache_path))
    finally:
        transport.close()
    return Fetched(documents, _text(information.get("version")), _text(information.get("schema_hash")))


def from_file(path: Path) -> Fetched:
    """Read a recorded schema: the list of documents itself, or a reply that holds it.

    Raises:
        InputError: when the file can't be read or holds no schema.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"Can't read the schema {path}: {error.strerror or error}.") from error
    try:
        document = decode_json(content)
    except (ValueError, MalformedResponseError) as error:
        raise InputError(f"The schema {path} is no JSON: {error}") from error
    documents = _documents(document)
    if documents is None:
        raise InputError(
            f"{path} holds no schema; it takes the answer to query_schemas: a list of objects with an id."
        )
    return Fetched(documents)


def _documents(document: object) -> Sequence[Mapping[str, Any]] | None:
    """Find the list of schema documents in what a file holds: bare, or in the reply of a batch."""
    if isinstance(document, Mapping):
        for key in ("schemas", "data"):
            if key in document:
                return _documents(document[key])
        return None
    if not isinstance(document, list) or not document:
        return None
    if all(isinstance(entry, Mapping) and "id" in entry for entry in document):
        return document
    for entry in document:
        found = _documents(entry) if isinstance(entry, (list, Mapping)) else None
        if found is not None:
            return found
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
