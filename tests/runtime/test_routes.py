"""What it takes to reach a server is worked out once, and again when it changes."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import ConnectionFailedError
from ftrack_typed.transport import HttpTransport, RetryPolicy

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


def transport_to(url: str, **settings: Any) -> HttpTransport:
    values = {
        "api_key": "s3cret-key",
        "api_user": "ada",
        "schema_cache_path": False,
        "timeout": 10,
        **settings,
    }
    return HttpTransport(Configuration.resolve(url, environment={}, **values), RetryPolicy(attempts=1))


@pytest.fixture
def transport(loopback: Loopback) -> Iterator[HttpTransport]:
    transport = transport_to(loopback.url, headers={"X-Studio": "blue"})
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


def test_a_proxy_is_told_its_password_and_the_server_is_not(
    loopback: Loopback, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.answer([])
    transport.send([])
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("all_proxy", loopback.url.replace("//", "//door:op%65n@"))
    transport.send([])
    direct, proxied = (request.headers.get("Proxy-Authorization") for request in loopback.received)
    assert direct is None
    assert proxied == "Basic " + base64.b64encode(b"door:open").decode()


def test_headers_of_the_settings_give_way_to_those_of_the_protocol(loopback: Loopback) -> None:
    loopback.answer([])
    given = {"accept": "text/html", "user-agent": "studio/1", "FTRACK-USER": "eve"}
    with_headers = transport_to(loopback.url, headers=given)
    with_headers.send([])
    with_headers.close()
    (request,) = loopback.received
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert len(sent) == len(request.headers)
    assert (sent["accept"], sent["user-agent"], sent["ftrack-user"]) == (
        "application/json",
        "studio/1",
        "ada",
    )


def test_cookies_of_the_settings_go_beside_those_of_the_server(loopback: Loopback) -> None:
    loopback.raw(b"[]", headers={"Set-Cookie": "node=7; Path=/"})
    both = transport_to(loopback.url, cookies={"studio": "blue", "floor": "2"})
    header = transport_to(loopback.url, cookies={"studio": "blue"}, headers={"Cookie": "mine=1"})
    for transport in (both, both, header):
        transport.send([])
    both.close()
    header.close()
    assert [request.headers.get("Cookie") for request in loopback.received] == [
        "studio=blue; floor=2",
        "studio=blue; floor=2; node=7",
        "mine=1",
    ]


def test_compressed_bodies_are_read(loopback: Loopback, transport: HttpTransport) -> None:
    whole = gzip.compress(b'[{"data": []}]')
    loopback.raw(whole, headers={"Content-Encoding": "gzip"})
    assert transport.send([]) == b'[{"data": []}]'


def test_a_body_that_can_not_be_read_was_answered(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.raw(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    with pytest.raises(ConnectionFailedError) as caught:
        transport.send([])
    assert caught.value.sent is True
