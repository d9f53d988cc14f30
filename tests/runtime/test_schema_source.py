"""Where schemas come from, their cache, and what a server says of itself."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.runtime.schema_documents import entity

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import MalformedResponseError, ServerCompatibilityError
from ftrack_typed.schema import SchemaCache, check_compatibility, fetch_information, load_schema, schema_hash
from ftrack_typed.transport import HttpTransport

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


# Cache and source


@pytest.fixture
def transport(loopback: Loopback) -> Iterator[HttpTransport]:
    transport = HttpTransport(Configuration.resolve(loopback.url, "key", "ada", environment={}))
    yield transport
    transport.close()


DOCUMENTS = [entity("Größe"), entity("Bar")]
CURRENT = {"version": "4.13.0", "schema_hash": schema_hash(DOCUMENTS)}


def load(transport: HttpTransport, cache: SchemaCache, information: Any = CURRENT) -> bool:
    documents, cached = load_schema(transport, information, cache)
    assert documents == DOCUMENTS
    return cached


def test_the_second_time_comes_from_the_cache(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path
) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(tmp_path / "new" / "folder")
    assert not load(transport, cache)
    assert load(transport, cache)
    assert [request.operations for request in loopback.received] == [[{"action": "query_schemas"}]]
    assert [path.suffix for path in (tmp_path / "new" / "folder").iterdir()] == [".json"]


@pytest.mark.parametrize("announced", [None, "", "0" * 32])
def test_without_a_matching_hash_the_server_is_asked(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, announced: str | None
) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(tmp_path)
    assert not load(transport, cache, {"schema_hash": announced})
    assert not load(transport, cache, {"schema_hash": announced})
    assert not load(transport, SchemaCache(tmp_path / "other"), {})
    assert load(transport, cache)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b"null", b"[1]", b"{}", b"[]", b"[" * 100_000])
def test_a_corrupt_cache_is_replaced(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, content: bytes
) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(tmp_path)
    path = cache.path(loopback.url)
    assert path is not None
    path.write_bytes(content)
    assert not load(transport, cache)
    assert load(transport, cache)


def test_a_cache_that_cannot_be_used_is_only_logged(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loopback.answer([DOCUMENTS])
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING, "ftrack_typed.schema"):
        assert not load(transport, SchemaCache(blocked))
    assert "cannot be written" in caplog.text
    cache = SchemaCache(tmp_path)
    path = cache.path(loopback.url)
    assert path is not None
    path.mkdir()
    assert not load(transport, cache)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["file", path.name])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows folders have no write permission of this kind")
def test_an_unwritable_directory(loopback: Loopback, transport: HttpTransport, tmp_path: Path) -> None:
    loopback.answer([DOCUMENTS])
    tmp_path.chmod(0o500)
    try:
        load(transport, SchemaCache(tmp_path))
    finally:
        tmp_path.chmod(0o700)


def test_no_cache(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(None)
    assert cache.path(loopback.url) is None
    assert not load(transport, cache)
    assert not load(transport, cache)


def test_servers_do_not_share_a_file(tmp_path: Path) -> None:
    cache = SchemaCache(tmp_path)
    urls = [
        "https://studio.example",
        "http://studio.example",
        "https://studio.example:8080",
        "https://studio.example/b",
    ]
    paths = [cache.path(url) for url in urls]
    assert len(set(paths)) == len(urls)
    for path in paths:
        assert path is not None
        assert path.name.startswith("schema-studio.example")
    assert cache.path("https://ada:s3cret@studio.example") == cache.path("https://studio.example")


def test_concurrent_writers_never_leave_half_a_file(tmp_path: Path) -> None:
    cache = SchemaCache(tmp_path)
    versions = [[entity("Foo", description=str(index) * 5000)] for index in range(4)]
    hashes = [schema_hash(version) for version in versions]
    cache.store("http://h", versions[0])
    torn: list[bytes] = []

    def write(version: list[dict[str, Any]]) -> None:
        for _ in range(10):
            cache.store("http://h", version)

    writers = [threading.Thread(target=write, args=(version,)) for version in versions]
    for writer in writers:
        writer.start()
    path = cache.path("http://h")
    assert path is not None
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes()
        kept = json.loads(content)
        if kept["schema_hash"] not in hashes or schema_hash(kept["schemas"]) != kept["schema_hash"]:
            torn.append(content)
    assert torn == []
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("answer", [[], [[]], [None], [[1]], [DOCUMENTS, DOCUMENTS]])
def test_an_answer_that_is_no_schema(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, answer: object
) -> None:
    loopback.answer(answer)
    with pytest.raises(MalformedResponseError, match="no schema"):
        load_schema(transport, CURRENT, SchemaCache(tmp_path))
    assert list(tmp_path.iterdir()) == []


# Server information


def test_server_information(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([CURRENT])
    assert fetch_information(transport) == CURRENT
    assert loopback.received[0].operations == [{"action": "query_server_information"}]


@pytest.mark.parametrize("answer", [[], [None], [[]], [{}, {}]])
def test_an_answer_that_is_no_information(
    loopback: Loopback, transport: HttpTransport, answer: object
) -> None:
    loopback.answer(answer)
    with pytest.raises(MalformedResponseError, match="about itself"):
        fetch_information(transport)


@pytest.mark.parametrize("version", ["3.3.11", "3.4", "3.10.0", "4.13.5.1234", "dev", "4.0.0-rc1"])
def test_versions_this_client_works_with(version: str) -> None:
    check_compatibility({"version": version})


@pytest.mark.parametrize("version", ["3.3.10", "2.99.99", "3.2.12-rc1", "", None])
def test_versions_this_client_does_not_work_with(version: str | None) -> None:
    with pytest.raises(ServerCompatibilityError, match="version"):
        check_compatibility({} if version is None else {"version": version})
