"""Where a session's schema comes from: the cache if it is current, else the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_typed.errors import MalformedResponseError
from ftrack_typed.locks import ForkSafeLock
from ftrack_typed.schema.cache import SchemaCache, is_document_list
from ftrack_typed.schema.hash import schema_hash
from ftrack_typed.schema.information import SharedTransport, Transport
from ftrack_typed.wire import payloads
from ftrack_typed.wire.decoding import decode

if TYPE_CHECKING:
    from ftrack_typed.schema.model import Schema


class ServerSchema:
    """The schema of one server, read when it is first needed. May be used from several threads.

    Args:
        transport: The way to the server.
        information: What the server told about itself, with its ``schema_hash``.
        cache: Where schemas are kept.
    """

    def __init__(
        self, transport: SharedTransport, information: Mapping[str, Any], cache: SchemaCache
    ) -> None:
        self._transports = [transport]
        self._information = information
        self._cache = cache
        self._lock = ForkSafeLock()
        self._documents: list[dict[str, Any]] | None = None
        self._schema: Schema | None = None

    @property
    def hash(self) -> str:
        """What tells it from others; only a server that names none is asked for the whole of it."""
        announced = self._information.get("schema_hash")
        return announced if isinstance(announced, str) and announced else schema_hash(self.documents)

    def prepare(self) -> None:
        """Have it at hand: fetch it now, unless it is kept on disk and can be read when it is needed.

        Raises:
            Error: as :func:`load_schema` does.
        """
        announced = self._information.get("schema_hash")
        if not (isinstance(announced, str) and self._cache.has(self._transports[0].server_url, announced)):
            self.documents  # noqa: B018 - reading it loads it

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The schema as it is on the wire.

        Raises:
            Error: as :func:`load_schema` does.
        """
        with self._lock:
            if self._documents is None:
                transport = next((one for one in self._transports if not one.closed), self._transports[-1])
                self._documents, _ = load_schema(transport, self._information, self._cache)
            return self._documents

    @property
    def schema(self) -> Schema:
        """The schema as data.

        Raises:
            Error: as :func:`load_schema` does.
            SchemaError: when it makes no sense.
        """
        with self._lock:
            if self._schema is None:
                from ftrack_typed.schema.model import Schema  # seldom needed

                self._schema = Schema.from_wire(self.documents)
            return self._schema

    def reach_through(self, transport: SharedTransport) -> None:
        """Name another way to the server, for when the first is closed."""
        self._transports = [*(one for one in self._transports if not one.closed), transport]


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
