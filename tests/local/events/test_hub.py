"""Connecting, subscribing and publishing, over real sockets."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import requests
import websocket

from ftrack_local import LocalServer
from ftrack_local.events.hub import Hub

if TYPE_CHECKING:
    from tests.local.events.conftest import HubClient

    Join = Callable[..., HubClient]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="empty") as running:
        yield running


def handshake(server: LocalServer, **options: dict[str, str]) -> requests.Response:
    return requests.get(f"{server.url}/socket.io/1/", timeout=30, **options)  # type: ignore[arg-type]


def test_the_handshake_takes_headers_and_parameters(server: LocalServer) -> None:
    headers = {"ftrack-user": server.api_user, "ftrack-api-key": server.api_key}
    parameters = {"api_user": server.api_user, "api_key": server.api_key, "t": "1234"}
    for answer in (handshake(server, headers=headers), handshake(server, params=parameters)):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        sid, heartbeat, close, transports = answer.text.split(":")
        assert len(sid) == 32
        assert (heartbeat, close, transports) == ("10", "60", "websocket")


@pytest.mark.parametrize("key", ["wrong", ""])
def test_the_handshake_refuses_unknown_credentials(server: LocalServer, key: str) -> None:
    for options in (
        {"headers": {"ftrack-user": server.api_user, "ftrack-api-key": key}},
        {"params": {"api_user": server.api_user, "api_key": key}},
    ):
        answer = handshake(server, **options)
        assert answer.status_code == 401
        assert "ftrack-user" in answer.text


def test_a_session_id_opens_one_socket_and_no_other_does(server: LocalServer) -> None:
    headers = {"ftrack-user": server.api_user, "ftrack-api-key": server.api_key}
    sid = handshake(server, headers=headers).text.split(":")[0]
    address = f"{server.url.replace('http', 'ws')}/socket.io/1/websocket"
    first = websocket.create_connection(f"{address}/{sid}", timeout=20)
    assert first.recv() == "1::"
    for used in (sid, "0" * 32):
        # The same request as a client's, which would leave its socket open when refused.
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        refused = requests.get(f"{server.url}/socket.io/1/websocket/{used}", headers=upgrade, timeout=30)
        assert refused.status_code == 403
    first.shutdown()  # type: ignore[no-untyped-call]


def test_heartbeats_keep_their_pace_while_events_are_sent(join: Join) -> None:
    with LocalServer(seed="empty", heartbeat=0.05) as server:
        client = join(server)
        client.subscribe("topic=busy")
        published = 0
        while client.heartbeats < 3:
            client.publish("busy")
            published += 1
        assert published > 3


def test_a_client_that_falls_silent_is_let_go(join: Join) -> None:
    with LocalServer(seed="empty", heartbeat=0.05) as server:
        client = join(server)
        heard = set()
        while frame := client.socket.recv():  # without answering any heartbeat
            heard.add(frame)
        assert heard == {"2::"}


def test_an_event_reaches_each_connection_once_and_its_publisher_too(server: LocalServer, join: Join) -> None:
    ada, bob = join(server), join(server)
    for client in (ada, bob):
        assert client.subscribe("topic=studio.*", "one") == {"success": True}
        assert client.subscribe("topic=studio.render and data.frames=3", "two") == {"success": True}
    bob.subscribe("topic=studio.render", "three")
    assert ada.publish("studio.render", data={"frames": 3}) == {"success": True}
    ada.publish("other")
    for client in (ada, bob):
        found = client.events_until_marker()
        assert [event["topic"] for event in found] == ["studio.render"]
        assert found[0]["data"] == {"frames": 3}


def test_the_source_names_the_publisher(server: LocalServer, join: Join) -> None:
    client = join(server)
    client.subscribe("topic=who")
    client.publish("who", source={"id": "hub-1", "host": "ws-7", "user": {"username": server.api_user}})
    source = client.event()["source"]
    assert source["id"] == "hub-1"
    assert source["host"] == "ws-7"
    assert source["user"]["username"] == server.api_user
    assert len(source["user"]["id"]) == 36
    client.publish("who", source={"id": "hub-1"})
    assert client.event()["source"]["user"] == source["user"]
    client.publish("who", source={"id": "hub-1", "user": {"username": "somebody"}})
    assert client.event()["source"]["user"] == {"username": "somebody"}


def test_keys_that_would_make_clients_drop_an_event_are_left_out(server: LocalServer, join: Join) -> None:
    client = join(server)
    client.subscribe("topic=extra")
    client.publish("extra", id="e-1", sent=None, server_time=12)
    event = client.event()  # checks the keys
    assert event["id"] == "e-1"


def test_targets_choose_among_subscribers(server: LocalServer, join: Join) -> None:
    maya, nuke, everyone = join(server), join(server), join(server)
    maya.subscribe("topic=launch", "m", application="maya")
    nuke.subscribe("topic=launch", "n", application="nuke")
    everyone.publish("launch", target="application=maya and not id=x")
    assert [event["topic"] for event in maya.events_until_marker()] == ["launch"]
    assert nuke.events_until_marker() == []


def test_replies_find_their_way_back(server: LocalServer, join: Join) -> None:
    asking, answering = join(server), join(server)
    asking.subscribe("topic=ftrack.meta.reply", "hub-asking")
    answering.subscribe("topic=question")
    asking.publish("question", id="q-1", source={"id": "hub-asking"})
    question = answering.event()
    answering.publish(
        "ftrack.meta.reply",
        data={"answer": 42},
        target=f"id={question['source']['id']}",
        inReplyToEvent=question["id"],
    )
    reply = asking.event()
    assert (reply["inReplyToEvent"], reply["data"]) == ("q-1", {"answer": 42})


def test_unsubscribing_and_leaving_end_delivery(server: LocalServer, join: Join) -> None:
    client, other = join(server), join(server)
    client.subscribe("topic=news", "reader")
    assert client.publish("ftrack.meta.unsubscribe", data={"subscriber": {"id": "reader"}}) == {
        "success": True
    }
    client.publish("news")
    assert client.events_until_marker() == []
    client.send("0::")
    assert client.receive() == ""
    assert other.publish("news") == {"success": True}


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"topic": "ftrack.meta.subscribe", "data": {}}, "needs its `subscriber`"),
        ({"topic": "ftrack.meta.subscribe", "data": {"subscriber": {"id": "x"}}}, "`subscription`"),
        (
            {
                "topic": "ftrack.meta.subscribe",
                "data": {"subscriber": {"id": "x"}, "subscription": "topic"},
            },
            "Failed to parse: topic. ",
        ),
        ({"topic": "ftrack.meta.unsubscribe", "data": {"subscriber": {"id": "x"}}}, "no subscriber x"),
        ({"topic": "t", "target": "a=b and"}, "Failed to parse: a=b and. "),
        ({"topic": "t", "target": 7}, "`target`"),
        ({"topic": "t", "source": "me"}, "`source`"),
        ({"topic": ""}, "needs its `topic`"),
        ({}, "needs its `topic`"),
    ],
)
def test_what_cannot_be_passed_on_is_acknowledged_as_failed(
    server: LocalServer, join: Join, event: dict[str, object], message: str
) -> None:
    answer = join(server).emit(event)
    assert answer["success"] is False
    assert message in answer["message"]


def test_a_subscriber_id_is_taken_once_per_connection(server: LocalServer, join: Join) -> None:
    first, second = join(server), join(server)
    assert first.subscribe("topic=a", "same") == {"success": True}
    assert second.subscribe("topic=a", "same") == {"success": True}
    refused = first.subscribe("topic=b", "same")
    assert refused["success"] is False
    assert "same" in refused["message"]


@pytest.mark.parametrize(
    "frame", ["", "nonsense", "2::", "2:::", "3:::text", "4:::{}", "5:::{", "5:::[]", "7:::", "8::", "99::"]
)
def test_frames_that_mean_nothing_do_no_harm(server: LocalServer, join: Join, frame: str) -> None:
    client = join(server)
    client.send(frame)
    client.socket.send_binary(b"\x00\xff")
    assert client.publish("still.there") == {"success": True}


def test_a_packet_that_cannot_be_read_is_acknowledged_as_failed(server: LocalServer, join: Join) -> None:
    client = join(server)
    client.send("5:9+::{broken")
    number, _, arguments = client.receive().removeprefix("6:::").partition("+")
    assert number == "9"
    assert json.loads(arguments)[0]["success"] is False


def test_text_of_every_kind_arrives(server: LocalServer, join: Join) -> None:
    client = join(server)
    client.subscribe("topic=text")
    data = {"text": 'Ärger 猫 \u2028 : \\ " 🎬', "half": "\ud83c", "numbers": [1, 2.5, None, True]}
    client.publish("text", data=data)
    assert client.event()["data"] == data


def test_a_client_that_does_not_read_is_given_up_and_harms_nobody(server: LocalServer, join: Join) -> None:
    slow, quick = join(server, receive_buffer=4096), join(server)
    slow.subscribe("topic=flood")
    payload = {"bytes": "x" * 16_384}
    for _ in range(1200):
        assert quick.publish("flood", data=payload) == {"success": True}
    received = 0
    while slow.receive():
        received += 1
        assert received < 1200
    assert quick.publish("flood") == {"success": True}


def test_what_waits_for_one_client_is_bounded() -> None:
    async def run() -> tuple[int, list[str | None]]:
        hub = Hub(max_waiting=3)
        connection = hub.connect("u-1", "ada")
        for number in range(10):
            connection.send(str(number))
        waiting = connection.outbox.qsize()
        return waiting, [connection.outbox.get_nowait() for _ in range(waiting)]

    assert asyncio.run(run()) == (3, ["1", "2", None])


def test_stopping_closes_event_connections_in_bounded_time(join: Join) -> None:
    before = set(threading.enumerate())
    server = LocalServer(seed="empty").start()
    clients = [join(server) for _ in range(5)]
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 10
    for client in clients:
        assert client.receive() == ""
    assert not [thread for thread in threading.enumerate() if thread not in before]
