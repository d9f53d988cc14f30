"""The occasions of a session that plugins subscribe to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ftrack_entities import Context, Task, User
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import EntityExtensionError
from ftrack_typed.plugins.topics import file_type

Write = Callable[[str, str], Path]
Open = Callable[..., Session]

COUNTING = """
    TOPICS = ("configure-location", "ready", "reset")

    def register(session, told):
        def tell(event):
            assert event["data"]["session"] is session
            told.append(event["topic"].rpartition(".")[2])
        for topic in TOPICS:
            session.event_hub.subscribe(f"topic=ftrack.api.session.{topic}", tell)
        told.append("registered")
"""


def test_plugins_hear_of_start_and_reset(open_session: Open, write: Write, plugins: Path) -> None:
    write("a.py", COUNTING)
    told: list[str] = []
    session = open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert told == ["registered", "configure-location", "ready"]
    assert not session.event_hub.connected
    session.reset()
    session.reset()
    assert told[3:] == ["configure-location", "reset"] * 2


def test_a_handler_that_raises_harms_nothing(open_session: Open, write: Write, plugins: Path) -> None:
    write(
        "a.py",
        "def register(session): session.event_hub.subscribe('topic=ftrack.api.session.*', lambda event: 1 / 0)",
    )
    write("b.py", COUNTING)
    told: list[str] = []
    session = open_session(plugin_paths=[plugins], plugin_arguments={"told": told})
    assert told == ["registered", "configure-location", "ready"]
    assert session.query(Task).first() is not None


ANSWERING = """
    from ftrack_entities import Task

    class StudioTask(Task):
        def shout(self):
            return self.name.upper()

    def answer(event):
        assert any(schema is event["data"]["schema"] for schema in event["data"]["schemas"])
        return StudioTask if event["data"]["schema"]["id"] == "Task" else None

    def register(session):
        session.event_hub.subscribe("topic=ftrack.api.session.construct-entity-type", answer)
"""


def test_the_class_of_an_entity_type_can_be_given(open_session: Open, write: Write, plugins: Path) -> None:
    write("a.py", ANSWERING)
    session = open_session(plugin_paths=[plugins])
    assert session.types["Task"].__name__ == "StudioTask"
    task = session.query("Task").first()
    assert task is not None
    assert task.shout() == task.name.upper()
    assert session.types["User"] is User
    assert session.types["Context"] is Context
    session.reset()
    assert session.types["Task"].__name__ == "StudioTask"


def test_several_classes_for_one_type_are_refused(open_session: Open, write: Write, plugins: Path) -> None:
    write("a.py", ANSWERING)
    write("b.py", ANSWERING.replace("StudioTask", "OtherTask"))
    with pytest.raises(EntityExtensionError, match="for Task: StudioTask, OtherTask") as caught:
        open_session(plugin_paths=[plugins])
    assert isinstance(caught.value, ValueError)
    assert caught.value.entity_type == "Task"


def test_other_answers_than_classes_are_refused(open_session: Open, write: Write, plugins: Path) -> None:
    write("a.py", ANSWERING.replace("return StudioTask if", "return 3 if"))
    with pytest.raises(EntityExtensionError, match="3 can't stand for the entity type"):
        open_session(plugin_paths=[plugins])


def test_plugins_may_extend_classes_in_register(open_session: Open, write: Write, plugins: Path) -> None:
    write(
        "a.py",
        """
        from ftrack_entities import Task

        class Shouting:
            def shout(self):
                return self.name.upper()

        def register(session):
            session.types.extend(Task, Shouting)
        """,
    )
    session, other = open_session(plugin_paths=[plugins]), open_session()
    task, plain = session.query(Task).first(), other.query(Task).first()
    assert task is not None
    assert task.shout() == task.name.upper()  # type: ignore[attr-defined]
    assert not hasattr(type(plain), "shout")


def test_plugins_say_what_type_a_file_has(open_session: Open, write: Write, plugins: Path) -> None:
    write(
        "a.py",
        """
        def answer(event):
            return ".bgeo.sc" if event["data"]["file_path"].endswith(".bgeo.sc") else None

        def register(session):
            session.event_hub.subscribe("topic=ftrack.api.session.get-file-type-from-string", answer)
        """,
    )
    session = open_session(plugin_paths=[plugins])
    assert file_type(session, "/proj/sim.0001.bgeo.sc") == ".bgeo.sc"
    assert file_type(session, "/proj/plate.exr") == ".exr"
    assert file_type(session, "/proj/notes") == ""
    assert file_type(open_session(), "/proj/sim.0001.bgeo.sc") == ".sc"


def test_what_nobody_subscribed_to_costs_nothing(open_session: Open, write: Write, plugins: Path) -> None:
    write("a.py", "def register(session): session.event_hub.subscribe('topic=ftrack.update', print)")
    session = open_session(plugin_paths=[plugins])
    session.reset()
    assert session.event_hub.statistics.handled == 0
    assert not session.event_hub.has_subscribers("ftrack.api.session.reset")


def test_events_are_imported_only_where_somebody_asks_for_them(
    local_server: LocalServer, tmp_path: Path
) -> None:
    script = """
import sys
from ftrack_typed import Session
with Session(*sys.argv[1:4], schema_cache_path=sys.argv[4], plugin_paths=[]) as session:
    session.reset()
    from ftrack_typed.plugins.topics import file_type
    assert file_type(session, "a.exr") == ".exr"
print([name for name in sys.modules if name.startswith(("ftrack_typed.events", "websocket"))])
"""
    arguments = [local_server.url, local_server.api_key, local_server.api_user, str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
