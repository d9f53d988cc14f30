"""Our event hub and the official clients exchange events and replies through the local server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed.events import Event, EventHub

from .conftest import HERE, NODE, ROOT

SECONDS = 60


@pytest.fixture
def command(request: pytest.FixtureRequest) -> list[str]:
    """How to start the other client."""
    if request.param == "python":
        return [str(request.getfixturevalue("peer_python")), "-m", "tests.conformance.python_meeting"]
    node = request.getfixturevalue("node")
    return [node, str(shutil.copy(HERE / "javascript_meeting.mjs", NODE))]


@pytest.fixture
def hub(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[EventHub]:
    monkeypatch.setenv("NO_PROXY", "*")
    with EventHub(server.url, server.api_user, server.api_key) as opened:
        opened.connect()
        yield opened


@pytest.fixture
def peer(command: list[str], server: LocalServer, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The other client at work."""
    foreign = ("FTRACK_", "PYTHONPATH", "NODE_OPTIONS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {
        "FTRACK_SERVER": server.url,
        "FTRACK_API_USER": server.api_user,
        "FTRACK_API_KEY": server.api_key,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as started:
        yield started
        started.kill()


@pytest.mark.parametrize("command", ["python", "javascript"], indirect=True)
def test_events_and_replies_are_exchanged(
    hub: EventHub, peer: subprocess.Popen[str], request: pytest.FixtureRequest
) -> None:
    by = request.node.callspec.params["command"]
    greetings: list[Event] = []
    answers: list[Any] = []
    deadline = time.monotonic() + SECONDS

    def welcome(event: Event) -> dict[str, str]:
        greetings.append(event)
        return {"welcome": "ünïted"}

    def handle_until(count: int) -> None:
        while len(answers) < count:
            assert time.monotonic() < deadline
            assert peer.poll() is None, peer.communicate()
            hub.wait(0.05)

    hub.subscribe("topic=meeting.hello", welcome)
    while not greetings:
        assert time.monotonic() < deadline
        assert peer.poll() is None, peer.communicate()
        hub.wait(0.05)
    assert greetings[0].data == {"greeting": "grüß"}
    assert greetings[0].source["user"]["username"] == peer_user(hub)
    # It subscribed to questions before it greeted, on the same connection.
    hub.publish(
        Event("meeting.question", data={"number": 1}), on_reply=lambda reply: answers.append(reply.data)
    )
    handle_until(1)
    private = Event("meeting.private", data={"number": 10}, target=f'role=peer and id="{by}-peer"')
    hub.publish(private, on_reply=lambda reply: answers.append(reply.data))
    handle_until(2)
    assert answers == [{"answer": 2, "by": by}, {"answer": 11, "by": by}]
    hub.publish(Event("meeting.private", data={"number": 0}, target="role=nobody"))
    hub.publish(Event("meeting.end"))
    assert hub.flush()
    output, errors = peer.communicate(timeout=SECONDS)
    assert peer.returncode == 0, errors
    assert json.loads(output.splitlines()[-1]) == {
        "welcome": {"welcome": "ünïted"},
        "in reply": True,
        "questions": [{"number": 1}, {"number": 10}],
        "users": [peer_user(hub)],
    }


def peer_user(hub: EventHub) -> str:
    """Both act as the same user."""
    event = Event("meeting.nobody")
    hub.publish(event, synchronous=True)
    user: str = event.source["user"]["username"]
    return user
