"""Where a session's schema comes from: the cache if it is current, else the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_typed.errors import MalformedResponseError
from ftrack_typed.schema.cache import SchemaCache, is_document_list
from ftrack_typed.schema.information import Transport
from ftrack_typed.wire import payloads
from ftrack_typed.wire.decoding import decode


def load_schema(
    transport: Transport, information: Mapping[str, Any], cache: SchemaCache
) -> tuple[list[dict[str, Any]], bool]:
    """Return the server's schema documents, and whether they came from *cache*.

    A server that names no hash is always asked; what it answers is still kept, for tools that work offline.

    Args:
        transport: The way to the server.
        information: What the server told about itself, with its ``schema_hash``.
        cache: Where schemas are kept.

    Raises:
        Error: Whatever the transport raises.
        MalformedResponseError: If the answer is no list of schema documents.
    """
    announced = information.get("schema_hash")
    if isinstance(announced, str) and announced:
        kept = cache.load(transport.server_url, announced)
        if kept is not None:
            return kept, True
    documents = fetch_schema(transport)
    cache.store(transport.server_url, documents)
    return documents, False


def fetch_schema(transport: Transport) -> list[dict[str, Any]]:
    """Return the schema documents of the server, asking it."""
    results = decode(transport.send([payloads.schemas()]))
    documents = results[0] if len(results) == 1 else None
    if not documents or not is_document_list(documents):
        raise MalformedResponseError(f"{transport.server_url} answered no schema when asked for it.")
    return documents
