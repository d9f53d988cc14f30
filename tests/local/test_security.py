"""What the server refuses to anybody it does not know, over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests
import websocket
from hypothesis import given
from hypothesis import strategies as st

from ftrack_local import LocalServer, LocalServerError
from ftrack_local.hosts import KnownHosts, check_origin, host_of, is_loopback
from ftrack_local.query.parser import MAX_LENGTH

if TYPE_CHECKING:
    from tests.local.conftest import Client

PAGE = "http://localhost:3000"
HEADERS = "ftrack-user,ftrack-api-key,content-type,ftrack-strict-api,ftrack-api-options,ftrack-clienttoken"


# Names


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST:80", "[::1]:8000", "127.8.9.1:1", "studio.localhost", "localhost."]
)  # fmt: skip
def test_loopback_names_are_answered(demo: Client, host: str) -> None:
    assert demo.post([], Host=host).json() == []


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.0.4",
        "[",
        "x:y:z",
    ],
)
@pytest.mark.parametrize("path", ["/api", "/socket.io/1/", "/component/get"])
def test_a_page_that_has_its_name_lead_here_is_refused(demo: Client, host: str, path: str) -> None:
    answer = demo.http.post(f"{demo.server.url}{path}", json=[], headers={"Host": host}, timeout=30)
    assert answer.status_code == 421
    assert answer.json()["exception"] == "ForeignHostError"
    assert "--allow-host" in answer.json()["content"]


def test_a_socket_is_not_opened_under_a_foreign_name(demo: Client) -> None:
    address = f"ws{demo.server.url.removeprefix('http')}/socket.io/1/websocket/none"
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(address, host="evil.example", timeout=10)


def test_further_names_can_be_allowed(connect: Callable[[LocalServer], Client]) -> None:
    with LocalServer(seed="empty", allow_hosts=["ftrack.studio.example"]) as server:
        client = connect(server)
        assert client.post([], Host="FTRACK.studio.example:80").json() == []
        assert client.post([]).json() == []
        assert client.post([], Host="other.studio.example").status_code == 421


def test_a_server_for_other_machines_needs_permission_and_goes_by_any_name(
    connect: Callable[[LocalServer], Client],
) -> None:
    with pytest.raises(LocalServerError, match="allow_remote"):
        LocalServer(seed="empty", host="0.0.0.0").start()
    assert "studio.example" in KnownHosts("0.0.0.0")
    assert "studio.example" in KnownHosts("0.0.0.0", ["studio.example"])
    assert "other.example" not in KnownHosts("0.0.0.0", ["studio.example"])


@given(st.text(max_size=40))
def test_any_host_header_is_understood_or_refused(header: str) -> None:
    name = host_of(header)
    assert (header in KnownHosts("127.0.0.1")) == (name != "" and is_loopback(name))


# Pages of other origins


def test_pages_of_other_origins_stay_out(demo: Client) -> None:
    answer = demo.post([], Origin=PAGE)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    preflight = demo.http.options(
        f"{demo.server.url}/api",
        headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"},
        timeout=30,
    )
    assert preflight.status_code == 405
    assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize("allowed", [PAGE, "*"])
def test_pages_of_allowed_origins_get_in(allowed: str, connect: Callable[[LocalServer], Client]) -> None:
    with LocalServer(seed="empty", allow_origins=[allowed]) as server:
        client = connect(server)
        preflight = requests.options(
            f"{server.url}/api",
            headers={
                "Origin": PAGE,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": HEADERS,
            },
            timeout=30,
        )
        assert preflight.status_code == 200
        permitted = {
            name.strip().lower() for name in preflight.headers["access-control-allow-headers"].split(",")
        }
        assert set(HEADERS.split(",")) <= permitted
        for answer in (preflight, client.post([], Origin=PAGE)):
            assert answer.headers["access-control-allow-origin"] == PAGE
            assert answer.headers["access-control-allow-credentials"] == "true"
        assert "etag" in client.post([], Origin=PAGE).headers["access-control-expose-headers"].lower()
        other = client.post([], Origin="http://evil.example").headers.get("access-control-allow-origin")
        assert other == (None if allowed == PAGE else "http://evil.example")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("HTTPS://Studio.example/", "https://studio.example"),
        ("https://studio.example:443", "https://studio.example"),
        ("http://[::1]:5173", "http://[::1]:5173"),
    ],
)
def test_origins_are_read_as_browsers_send_them(written: str, meant: str) -> None:
    assert check_origin(written) == meant


@pytest.mark.parametrize(
    "origin",
    ["localhost:3000", "localhost", "ftp://x", "http://", "http://x/page", "http://a:b@x", "http://*.x", "http://x:99999"],
)  # fmt: skip
def test_what_is_no_origin_is_refused_before_the_start(origin: str) -> None:
    with pytest.raises(LocalServerError, match="no origin"):
        LocalServer(seed="empty", allow_origins=[origin]).start()


# Sizes and secrets


def test_an_expression_beyond_the_limit_is_refused(small: Client) -> None:
    error = small.refuse("Task where id in (" + "x," * (MAX_LENGTH // 2) + "x)")
    assert error["exception"] == "ParseError"
    assert str(MAX_LENGTH) in error["content"]
    assert len(error["content"]) < 5000


def test_nothing_secret_is_logged_or_answered(fresh: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"ftrack-user": "ada", "ftrack-api-key": "the-secret-key"}
    reset = {"action": "reset_remote", "reset_type": "api_key", "entity_type": "User", "entity_key": "u-ada"}
    made = ""
    for body in (
        [],
        [reset],
        [{"action": "dance"}],
        [{"action": "query", "expression": "Task wher"}],
        "x",
        None,
    ):
        answer = requests.post(f"{fresh.server.url}/api", json=body, headers=headers, timeout=30)
        assert "the-secret-key" not in answer.text
        if body == [reset]:
            made = answer.json()[0]["data"]["api_key"]
    assert made
    ours = [
        record.getMessage()
        for record in caplog.records
        if "ftrack" in record.name or "uvicorn" in record.name
    ]
    assert not [message for message in ours if "the-secret-key" in message or made in message]
    assert "the-secret-key" not in repr(fresh.server)
