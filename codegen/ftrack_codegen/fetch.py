"""Where the schema and the studio's configuration come from: a server, with the cache sessions use, or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import MalformedResponseError
from ftrack_typed.schema import Schema, SchemaCache, check_compatibility, fetch_information, load_schema
from ftrack_typed.transport import HttpTransport
from ftrack_typed.wire.decoding import decode_json

from .errors import InputError
from .studio import SECTIONS, ask


@dataclass(frozen=True)
class Fetched:
    """A schema and what is known about where it comes from."""

    documents: Sequence[Mapping[str, Any]]
    server_version: str | None = None
    schema_hash: str | None = None
    """As the server told it; None for a file."""
    sections: Mapping[str, Any] = field(default_factory=dict)
    """The studio's configuration as rows, by section; empty when it wasn't asked for."""

    def snapshot(self) -> dict[str, Any]:
        """Everything as one JSON document, which :func:`from_file` reads."""
        return {
            "information": {"version": self.server_version, "schema_hash": self.schema_hash},
            "schemas": list(self.documents),
            **{section: self.sections[section] for section in SECTIONS if section in self.sections},
        }


def from_server(
    server_url: str | None = None,
    *,
    api_user: str | None = None,
    schema_cache_path: str | Path | Literal[False] | None = None,
    studio: bool = True,
) -> Fetched:
    """Ask a server, or for the schema the cache, if that holds the server's current one.

    Args:
        server_url: Else the environment variable ``FTRACK_SERVER``. User and key come from the environment
            as for a session.
        api_user: Else ``FTRACK_API_USER``.
        schema_cache_path: Directory of the cache, False for none, None for that of sessions.
        studio: Whether to ask for the studio's configuration too.

    Raises:
        Error: what configuration, transport and authentication raise.
    """
    configuration = Configuration.resolve(server_url, api_user=api_user, schema_cache_path=schema_cache_path)
    transport = HttpTransport(configuration)
    try:
        information = fetch_information(transport)
        check_compatibility(information)
        documents, _ = load_schema(transport, information, SchemaCache(configuration.schema_cache_path))
        sections = ask(transport, Schema.from_wire(documents)) if studio else {}
    finally:
        transport.close()
    return Fetched(
        documents, _text(information.get("version")), _text(information.get("schema_hash")), sections
    )


def from_file(path: Path) -> Fetched:
    """Read a recorded schema: the list of documents itself, a reply that holds it, or a snapshot.

    Raises:
        InputError: when the file can't be read or holds no schema.
    """
    document = _json(path, "schema")
    documents = _documents(document)
    if documents is None:
        raise InputError(
            f"{path} holds no schema; it takes the answer to query_schemas: a list of objects with an id."
        )
    if not isinstance(document, Mapping):
        return Fetched(documents)
    information = document.get("information")
    known = information if isinstance(information, Mapping) else {}
    return Fetched(
        documents, _text(known.get("version")), _text(known.get("schema_hash")), _sections(document)
    )


def with_configuration(fetched: Fetched, path: Path) -> Fetched:
    """Take the studio's configuration from a file: a snapshot, or the rows of custom attributes alone.

    Raises:
        InputError: when the file can't be read or holds neither.
    """
    document = _json(path, "configuration")
    if isinstance(document, list):
        replies = [one for one in document if isinstance(one, Mapping) and "data" in one]
        rows = replies[0]["data"] if len(replies) == 1 == len(document) else document
        return replace(fetched, sections={**fetched.sections, "custom_attributes": rows})
    sections = _sections(document) if isinstance(document, Mapping) else {}
    if not sections:
        raise InputError(
            f"{path} holds no configuration; it takes a list of custom attribute configurations, or an object "
            f"with some of {', '.join(SECTIONS)}."
        )
    return replace(fetched, sections={**fetched.sections, **sections})


def _json(path: Path, what: str) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"Can't read the {what} {path}: {error.strerror or error}.") from error
    try:
        return decode_json(content)
    except (ValueError, MalformedResponseError) as error:
        raise InputError(f"The {what} {path} is no JSON: {error}") from error


def _sections(document: Mapping[str, Any]) -> dict[str, Any]:
    return {section: document[section] for section in SECTIONS if section in document}


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
