"""The example of an action works, across a server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftrack_entities import Note, Task
from ftrack_local import LocalServer
from ftrack_typed import Session

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Open = Callable[..., Session]


@pytest.fixture
def listening(open_session: Open) -> Iterator[Session]:
    """A session with the action, waiting in a thread of its own."""
    session = open_session(plugin_paths=[EXAMPLES / "action.py"])
    assert not session.plugins.failed, session.plugins
    session.event_hub.connect()
    assert session.event_hub.flush(30)
    thread = threading.Thread(target=session.event_hub.wait, daemon=True)
    thread.start()
    yield session
    session.event_hub.close()
    thread.join(30)


def test_a_press_of_the_button_is_answered(
    listening: Session, local_server: LocalServer, open_session: Open, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "FTRACK_SERVER": local_server.url,
        "FTRACK_API_USER": local_server.api_user,
        "FTRACK_API_KEY": local_server.api_key,
        "FTRACK_API_SCHEMA_CACHE_PATH": str(tmp_path),
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "action.py"), "press"],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    asked, answered = done.stdout.splitlines()
    assert asked == "It asks: Status, Why"
    assert answered.startswith("It answers: 3 tasks are “")
    session = open_session()
    tasks = session.query(Task).limit(3).load(Task.status.name).all()
    assert {task.status.name for task in tasks} == {answered.partition("“")[2].partition("”")[0]}
    notes = session.query(Note).where(Note.content == "Because.").all()
    assert {note.parent_id for note in notes} == {task.id for task in tasks}
