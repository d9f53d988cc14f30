"""Fixtures of the tests of queries: sessions with a local server over HTTP."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tests.sparse_rows import with_sparse_rows

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.schema import Schema, SchemaVocabulary

ROOT = Path(__file__).resolve().parents[2]

# A busy machine is no failure.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxy settings of the machine out of loopback requests."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="session")
def stock_documents() -> list[dict[str, Any]]:
    """The stock schema as it travels."""
    documents: list[dict[str, Any]] = json.loads((ROOT / "schemas/stock.json").read_text(encoding="utf-8"))
    return documents


@pytest.fixture(scope="session")
def sparse_documents(stock_documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The schema of a server that has rows of custom attributes only for values that were set."""
    return with_sparse_rows(stock_documents)


@pytest.fixture(scope="session")
def local_server() -> Iterator[LocalServer]:
    """A local server with the demo seed; tests leave its own rows as they are."""
    with LocalServer(seed="demo") as server:
        yield server


@pytest.fixture
def open_session(local_server: LocalServer) -> Iterator[Callable[..., Session]]:
    """Opens sessions that are closed after the test."""
    opened: list[Session] = []

    def open_one(**options: Any) -> Session:
        options.setdefault("schema_cache_path", False)
        opened.append(Session(local_server.url, local_server.api_key, local_server.api_user, **options))
        return opened[-1]

    yield open_one
    for session in opened:
        session.rollback()
        session.close()


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    return open_session()


@pytest.fixture
def other_session(open_session: Callable[..., Session]) -> Session:
    """A second session: what it reads comes from the server, not from the first one's memory."""
    return open_session()


@pytest.fixture
def calls() -> Iterator[Callable[[], int]]:
    """Counts the requests sent so far, by the line each one logs."""
    counted: list[logging.LogRecord] = []

    class Counter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            counted.append(record)

    logger = logging.getLogger("ftrack_typed.transport")
    handler, level = Counter(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lambda: len(counted)
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.fixture(scope="session")
def vocabulary(stock_documents: list[dict[str, Any]]) -> SchemaVocabulary:
    """The names of the stock schema."""
    return SchemaVocabulary(Schema.from_wire(stock_documents), stock_documents)
