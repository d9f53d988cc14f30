"""The examples of docs/typed-events.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_entities import Status, Task
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.events import Event

from .conftest import SECONDS, handle_until

GUIDE = Path(__file__).parents[2] / "docs" / "typed-events.md"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    with LocalServer() as running:
        monkeypatch.setenv("FTRACK_SERVER", running.url)
        monkeypatch.setenv("FTRACK_API_USER", running.api_user)
        monkeypatch.setenv("FTRACK_API_KEY", running.api_key)
        yield running


@pytest.fixture
def artist(server: LocalServer) -> Iterator[Session]:
    """The session of somebody who works elsewhere."""
    with Session() as session:
        yield session


def run(number: int, waiting: str = "", **given: Any) -> dict[str, Any]:
    """Run an example, which does something else where it would wait without end; return its names."""
    found = re.findall(r"^```python.*?\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, Any] = {"__name__": "example", **given}
    code = found[number].replace("session.event_hub.wait()", waiting)
    exec(compile(code, str(GUIDE), "exec", dont_inherit=True), names)
    return names


def test_a_change_of_status_is_heard(artist: Session, capsys: pytest.CaptureFixture[str]) -> None:
    with run(0, "session.event_hub.connect()")["session"] as session:
        assert session.event_hub.flush(SECONDS)
        task = artist.query(Task).first()
        assert task is not None
        other = artist.query(Status).where(Status.id != task.status_id).first()
        assert other is not None
        task.status = other
        artist.commit()
        told = ""

        def is_told() -> bool:
            nonlocal told
            told += capsys.readouterr().out
            return bool(told)

        handle_until(session.event_hub, is_told)
    assert re.search(rf"^{re.escape(task.name)} \S+ → {other.id} by ", told, re.M)


def test_a_topic_of_ones_own_is_read(artist: Session) -> None:
    with run(1)["session"] as session:
        session.event_hub.connect()
        assert session.event_hub.flush(SECONDS)
        replies: list[Any] = []
        artist.event_hub.publish(
            Event("studio.render.done", data={"shotId": "sh010", "frames": [1, 2, 3]}),
            on_reply=lambda reply: replies.append(reply.data),
        )
        assert artist.event_hub.flush(SECONDS)
        handle_until(session.event_hub, lambda: session.event_hub.statistics.handled)
        handle_until(artist.event_hub, lambda: replies)
    assert replies == [{"frames": 3}]


def test_entities_follow(artist: Session) -> None:
    names: list[str] = []

    def follow(session: Session) -> None:
        session.event_hub.connect()
        held = session.query(Task).first()
        assert held is not None
        assert session.event_hub.flush(SECONDS)
        task = artist.get(Task, held.id)
        assert task is not None
        assert held.name == task.name
        task.name = "renamed elsewhere"
        artist.commit()
        handle_until(session.event_hub, lambda: session.event_hub.statistics.handled)
        names.append(held.name)
        session.close()

    run(2, "follow(session)", follow=follow)
    assert names == ["renamed elsewhere"]
