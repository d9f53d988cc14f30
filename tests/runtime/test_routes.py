"""What it takes to reach a server is worked out once, and again when it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ftrack_typed.configuration import Configuration
from ftrack_typed.transport import HttpTransport, RetryPolicy

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


@pytest.fixture
def transport(loopback: Loopback) -> Iterator[HttpTransport]:
    settings = Configuration.resolve(
        loopback.url,
        environment={},
        api_key="s3cret-key",
        api_user="ada",
        schema_cache_path=False,
        timeout=10,
        headers={"X-Studio": "blue"},
    )
    transport = HttpTransport(settings, RetryPolicy(attempts=1))
    yield transport
    transport.close()


def test_a_proxy_of_the_environment_is_used_from_then_on(
    loopback: Loopback, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.answer([])
    transport.send([])
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, loopback.url)
    transport.send([])
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    transport.send([])
    # A proxy is asked by the whole address.
    assert [request.path for request in loopback.received] == ["/api", f"{loopback.url}/api", "/api"]


def test_cookies_of_the_server_come_back_to_it(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.raw(b"[]", headers={"Set-Cookie": "node=7; Path=/"})
    loopback.raw(b"[]", headers={"Set-Cookie": "node=8; Path=/"})
    loopback.raw(b"[]", headers={"Set-Cookie": "node=; Max-Age=0; Path=/"})
    for _ in range(4):
        transport.send([])
    assert [request.headers.get("Cookie") for request in loopback.received] == [
        None,
        "node=7",
        "node=8",
        None,
    ]


def test_each_request_is_complete(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([])
    for size in (1, 1000, 10):
        transport.send([{"action": "x" * size}])
    assert [len(request.body) for request in loopback.received] == [
        int(request.headers["Content-Length"]) for request in loopback.received
    ]
    first, *others = [
        {name: value for name, value in request.headers.items() if name != "Content-Length"}
        for request in loopback.received
    ]
    assert others == [first, first]
    assert first["X-Studio"] == "blue"
    assert first["ftrack-user"] == "ada"
    assert {"User-Agent", "Accept-Encoding"} <= first.keys()
