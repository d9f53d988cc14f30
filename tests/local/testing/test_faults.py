"""Planned faults, as clients experience them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from ftrack_local import LocalServer
from ftrack_local.testing import (
    DelayPacket,
    DropAcknowledgement,
    DropReply,
    DuplicatePacket,
    Fault,
    HalfFrame,
    Html,
    MalformedPacket,
    Reset,
    ResetSocket,
    Silence,
    Stall,
    Status,
    Truncate,
)

STUDIO = Path(__file__).parents[1] / "small_studio.json"
QUERY = {"action": "query", "expression": "select name, bid from Task"}
RENAME = {"action": "update", "entity_type": "Task", "entity_key": ["t-1"], "entity_data": {"name": "new"}}


@pytest.fixture(scope="module")
def running() -> Iterator[LocalServer]:
    with LocalServer(seed=STUDIO) as server:
        server.snapshot()
        yield server


@pytest.fixture
def server(running: LocalServer) -> Iterator[LocalServer]:
    yield running
    running.restore()


def post(server: LocalServer, *operations: dict[str, Any], timeout: float = 20) -> requests.Response:
    """Send a batch over a connection of its own."""
    headers = {"ftrack-user": server.api_user, "ftrack-api-key": server.api_key}
    return requests.post(f"{server.url}/api", json=list(operations), headers=headers, timeout=timeout)


def name_of_task(server: LocalServer) -> str:
    query = {"action": "query", "expression": "select name from Task where id is t-1"}
    name: str = post(server, query).json()[0]["data"][0]["name"]
    return name


def test_a_status_comes_instead_of_the_work(server: LocalServer) -> None:
    fault = server.faults.add(Status(503, retry_after=2, body="later"))
    assert not fault.consumed
    answer = post(server, RENAME)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "later", "2")
    assert fault.consumed
    assert name_of_task(server) == "comp"
    assert "Retry-After" not in post(server, QUERY).headers


def test_a_web_page_comes_with_success(server: LocalServer) -> None:
    server.faults.add(Html())
    answer = post(server, QUERY)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html>" in answer.text


@pytest.mark.parametrize(
    ("fault", "applied"),
    [(Reset(), False), (DropReply(), True), (Reset(after=10), True), (Truncate(after=10), True)],
)
def test_broken_connections_leave_the_work_done_or_undone_as_said(
    server: LocalServer, fault: Fault, applied: bool
) -> None:
    planned = server.faults.add(fault, action="update")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        post(server, RENAME)
    assert planned.consumed
    assert server.requests[-1].fault == type(fault).__name__
    assert name_of_task(server) == ("new" if applied else "comp")


@pytest.mark.parametrize("fault", [Reset(after=10), Truncate(after=10), Stall(0.05, after=10)])
def test_answers_break_off_after_so_many_bytes(server: LocalServer, fault: Fault) -> None:
    whole = post(server, QUERY).content
    server.faults.add(fault)
    headers = {"ftrack-user": server.api_user, "ftrack-api-key": server.api_key}
    answer = requests.post(f"{server.url}/api", json=[QUERY], headers=headers, timeout=20, stream=True)
    assert answer.headers["Content-Length"] == str(len(whole))
    received = b""
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):  # noqa: PT012
        for part in answer.iter_content(1):
            received += part
    assert whole.startswith(received)
    assert len(received) <= 10
    if not isinstance(fault, Reset):  # what was on its way is lost with a reset
        assert len(received) == 10


def test_a_stall_lasts_until_the_client_gives_up(server: LocalServer) -> None:
    fault = server.faults.add(Stall(600))
    with pytest.raises(requests.ReadTimeout):
        post(server, RENAME, timeout=0.3)
    assert fault.consumed
    assert name_of_task(server) == "new"


def test_a_stall_does_not_hold_up_a_server_that_stops() -> None:
    with LocalServer(seed="empty") as server:
        server.faults.add(Stall(600))
        failures: list[Exception] = []

        def wait() -> None:
            try:
                post(server, QUERY, timeout=60)
            except requests.RequestException as failure:
                failures.append(failure)

        waiting = threading.Thread(target=wait)
        waiting.start()
        deadline = time.monotonic() + 20
        while server.faults.pending and time.monotonic() < deadline:
            pass
    waiting.join(20)
    assert len(failures) == 1


def test_faults_choose_by_action_order_and_number(server: LocalServer) -> None:
    fault = server.faults.add(Status(500), action="query", nth=2, times=2)
    assert post(server, RENAME).status_code == 200
    assert [post(server, RENAME, QUERY).status_code for _ in range(4)] == [200, 500, 500, 200]
    assert fault.hits == 2
    assert server.faults.pending == []


def test_faults_choose_by_path(server: LocalServer) -> None:
    fault = server.faults.add(Status(502), path="/component/*")
    assert post(server, QUERY).status_code == 200
    assert requests.get(f"{server.url}/component/get?id=x", timeout=20).status_code == 502
    assert fault.consumed


def test_each_fault_strikes_once_and_in_order(server: LocalServer) -> None:
    server.faults.add(Status(500))
    server.faults.add(Status(501))
    assert [post(server, QUERY).status_code for _ in range(3)] == [500, 501, 200]


def test_faults_can_be_taken_back(server: LocalServer) -> None:
    fault = server.faults.add(Status(500))
    assert server.faults.pending == [fault]
    server.faults.clear()
    assert post(server, QUERY).status_code == 200
    assert not fault.consumed


def test_an_event_can_break_off_in_the_middle_of_its_frame(server: LocalServer, hear: Any) -> None:
    client = hear(server)
    fault = server.faults.add(HalfFrame())
    client.publish("news")
    with pytest.raises(ConnectionError):
        client.next()
    assert fault.consumed


def test_a_malformed_packet_comes_before_the_event(server: LocalServer, hear: Any) -> None:
    client = hear(server)
    fault = server.faults.add(MalformedPacket("5:::{oops"))
    client.publish("news")
    assert client.next() == "5:::{oops"
    assert '"topic":"news"' in client.next()
    assert fault.consumed


def test_an_event_client_can_be_cut_off(server: LocalServer, hear: Any) -> None:
    client, other = hear(server), hear(server)
    fault = server.faults.add(ResetSocket(), times=2)
    client.publish("news")
    for cut_off in (client, other):
        with pytest.raises(ConnectionError):
            cut_off.next()
    assert fault.consumed


def test_what_was_carried_out_may_not_be_acknowledged(server: LocalServer, hear: Any) -> None:
    client, other = hear(server), hear(server)
    fault = server.faults.add(DropAcknowledgement())
    client.publish("news", number="2+")
    assert '"topic":"news"' in other.next()
    assert '"topic":"news"' in client.next()
    with pytest.raises(ConnectionError):
        client.next()
    assert fault.consumed


def test_an_event_client_can_be_left_in_silence(server: LocalServer, hear: Any) -> None:
    client, other = hear(server), hear(server)
    fault = server.faults.add(Silence())
    client.publish("news")
    assert '"topic":"news"' in other.next()
    assert fault.consumed
    client.publish("more news", number="2+")
    assert '"topic":"more news"' in other.next()
    client.socket.settimeout(0.05)
    with pytest.raises(websocket.WebSocketTimeoutException):
        client.socket.recv()


def test_events_can_be_doubled_and_delayed(server: LocalServer, hear: Any) -> None:
    client = hear(server)
    server.faults.add(DuplicatePacket())
    server.faults.add(DelayPacket())
    for topic in ("first", "second", "third"):
        client.publish(topic)
    came = [client.next() for _ in range(4)]
    assert [
        next(topic for topic in ("first", "second", "third") if f'"{topic}"' in frame) for frame in came
    ] == [
        "first",
        "first",
        "third",
        "second",
    ]


def test_plans_that_make_no_sense_are_refused(server: LocalServer) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        server.faults.add(Reset(), nth=0)
    with pytest.raises(ValueError, match="HalfFrame strikes event clients"):
        server.faults.add(HalfFrame(), action="query")
