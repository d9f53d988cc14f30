"""Actions: what the menu is told, what runs, and what the user is told of it."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ftrack_entities import Asset, AssetVersion, Project, Task, TypedContext, User
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.actions import (
    Action,
    Form,
    MenuItem,
    Message,
    NumberField,
    Reply,
    Selection,
    TextField,
    Widget,
    show,
)
from ftrack_typed.entity import Entity
from ftrack_typed.errors import ActionError, NoResultFoundError
from ftrack_typed.events import Event
from ftrack_typed.events.topics import ActionDiscover, ActionLaunch

TABLES = {"Task": "task", "Project": "show", "AssetVersion": "assetversion", "Asset": "asset"}


def selected(entities: Sequence[Entity]) -> list[dict[str, str]]:
    return [{"entityId": entity["id"], "entityType": TABLES[entity.entity_type]} for entity in entities]


def told(session: Session, topic: str, data: dict[str, Any], user: str | None = None) -> list[Any]:
    """What the subscribers of a session answer to an event of the web interface."""
    source = {"user": {"username": session.api_user if user is None else user}}
    return session.event_hub.publish(Event(topic, data=data, source=source), synchronous=True)


def discovered(session: Session, entities: Sequence[Entity] = (), user: str | None = None) -> list[Any]:
    return told(session, "ftrack.action.discover", {"selection": selected(entities)}, user)


def launched(
    session: Session, identifier: str, entities: Sequence[Entity] = (), user: str | None = None, **data: Any
) -> list[Any]:
    data = {"selection": selected(entities), "actionIdentifier": identifier, **data}
    return told(session, "ftrack.action.launch", data, user)


class BurnIn(Action):
    label = "Burn in"
    identifier = "studio.burn-in"
    variant = "draft"
    description = "Writes names into pictures."
    icon = "default"

    handles = NumberField("handles", "Handles", 8)

    def discover(self, session: Session, entities: Selection, event: ActionDiscover) -> bool:
        return entities.only(Task)

    def form(self, session: Session, entities: Selection, event: ActionLaunch) -> Form | None:
        return Form(f"For {len(entities)} tasks", self.handles, title=self.label)

    def launch(
        self, session: Session, entities: Selection, event: ActionLaunch, values: Mapping[str, Any]
    ) -> Reply:
        for task in entities.of(Task):
            task.metadata["handles"] = str(self.handles.of(values))
        return f"{len(entities)} tasks burnt in."


class Plain(Action):
    label = "Plain"
    identifier = "studio.plain"
    answer: Callable[[Session], Any]

    def launch(
        self, session: Session, entities: Selection, event: ActionLaunch, values: Mapping[str, Any]
    ) -> Reply:
        answer: Reply = self.answer(session)
        return answer


def answering(session: Session, answer: Callable[[Session], Any]) -> Plain:
    action = Plain(session)
    action.answer = answer
    return action.register()


@pytest.fixture
def task(session: Session) -> Task:
    found = session.query(Task).first()
    assert found is not None
    return found


def test_an_action_is_offered_for_what_it_is_for(session: Session, task: Task) -> None:
    BurnIn(session).register()
    assert discovered(session, [task]) == [
        {
            "items": [
                {
                    "label": "Burn in",
                    "variant": "draft",
                    "description": "Writes names into pictures.",
                    "icon": "default",
                    "actionIdentifier": "studio.burn-in",
                }
            ]
        }
    ]
    assert discovered(session, [task, session.query(Project).one()]) == [None]
    assert discovered(session) == [None]


def test_it_asks_and_then_runs_with_what_was_entered(
    session: Session, open_session: Callable[..., Session], task: Task
) -> None:
    BurnIn(session).register()
    (form,) = launched(session, "studio.burn-in", [task])
    assert form["title"] == "Burn in"
    assert [item["type"] for item in form["items"]] == ["label", "number"]
    assert launched(session, "studio.burn-in", [task], values={"handles": "12"}) == [
        {"success": True, "message": "1 tasks burnt in."}
    ]
    again = open_session().get(Task, task.id)
    assert again is not None
    assert again.metadata["handles"] == "12"


def test_only_its_user_hears_of_it_unless_everyone_does(session: Session, task: Task) -> None:
    action = BurnIn(session).register()
    assert discovered(session, [task], user="somebody") == []
    assert launched(session, "studio.burn-in", [task], user="somebody") == []
    action.unregister()
    BurnIn(session, everyone=True).register()
    assert len(discovered(session, [task], user="somebody")) == 1
    assert len(launched(session, "studio.burn-in", [task], user="somebody")) == 1


def test_other_identifiers_are_not_its_own(session: Session) -> None:
    answering(session, lambda _: None)
    assert launched(session, "studio.other") == []
    assert launched(session, "studio.plain.more") == []


def test_registering_happens_once_and_ends(session: Session) -> None:
    action = Plain(session)
    assert not action.registered
    assert action.register().register() is action
    assert discovered(session) == [{"items": [{"label": "Plain", "actionIdentifier": "studio.plain"}]}]
    action.unregister()
    action.unregister()
    assert not action.registered
    assert discovered(session) == []


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (None, {"success": True, "message": "Plain: done."}),
        (True, {"success": True, "message": "Plain: done."}),
        (False, {"success": False, "message": "Plain: failed."}),
        ("Fine.", {"success": True, "message": "Fine."}),
        (Message("No licence.", success=False), {"success": False, "message": "No licence."}),
        (
            Form(TextField("name"), title="Next"),
            {"items": [{"type": "text", "name": "name", "label": "name", "value": ""}], "title": "Next"},
        ),
        (Widget("https://x"), {"type": "widget", "url": "https://x"}),
        (Widget("https://x", "Help"), {"type": "widget", "url": "https://x", "title": "Help"}),
        ({"success": True, "other": 1}, {"success": True, "other": 1}),
    ],
)
def test_what_a_launch_returns_becomes_the_reply(
    session: Session, answer: Any, reply: dict[str, Any]
) -> None:
    answering(session, lambda _: answer)
    assert launched(session, "studio.plain") == [reply]


def broken(session: Session) -> None:
    raise RuntimeError(f"https://x/?key={session.api_key}")


def quits(session: Session) -> None:
    raise SystemExit


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (broken, "Plain: RuntimeError: https://x/?key=…"),
        (quits, "Plain: SystemExit"),
        (lambda session: session.query(Task).where(Task.name == "nothing like this").one(), "Plain: "),
        (lambda session: 3, "Plain: The launch of Plain returned 3; "),
        (
            lambda session: TextField("x").of({"x": 3}) and NumberField("x", "Frames").of({"x": "a"}),
            "Frames takes",
        ),
    ],
)
def test_errors_become_messages(
    session: Session, answer: Callable[[Session], Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="ftrack_typed.actions")
    answering(session, answer)
    (reply,) = launched(session, "studio.plain")
    assert reply["success"] is False
    assert reply["message"].startswith(message)
    assert session.api_key not in caplog.text + str(reply)


def test_an_action_that_can_not_tell_is_not_offered(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    class Unsure(Plain):
        def discover(self, session: Session, entities: Selection, event: ActionDiscover) -> bool:
            raise LookupError(session.api_key)

    Unsure(session).register()
    with caplog.at_level(logging.DEBUG):
        assert discovered(session) == [None]
    assert "The action studio.plain failed: LookupError: …" in caplog.text
    assert session.api_key not in caplog.text


def test_an_error_takes_back_what_the_launch_changed(session: Session, task: Task) -> None:
    name = task.name

    def half(_: Session) -> None:
        task.name = "half"
        raise NoResultFoundError("nothing there")

    task.description = "before"
    answering(session, half)
    assert launched(session, "studio.plain") == [{"success": False, "message": "Plain: nothing there"}]
    assert task.name == name
    assert task.description == "before"
    session.rollback()


def test_a_commit_that_fails_is_told(session: Session, task: Task) -> None:
    def wrong(_: Session) -> str:
        session.create(Task, id=task.id, name="twice")
        return "made"

    answering(session, wrong)
    (reply,) = launched(session, "studio.plain")
    assert reply["success"] is False
    assert not session.recorded_operations


def test_entities_come_as_they_are_in_the_order_of_the_selection(
    session: Session, open_session: Callable[..., Session]
) -> None:
    other = open_session()
    tasks = list(other.query(Task).limit(3))
    version = other.query(AssetVersion).first()
    project = other.query(Project).first()
    assert version is not None
    assert project is not None
    asked = [tasks[2], version, tasks[0], project, tasks[1]]
    seen: list[Selection] = []

    class Looking(Plain):
        def discover(self, session: Session, entities: Selection, event: ActionDiscover) -> bool:
            seen.append(entities)
            return False

    Looking(session).register()
    gone = [{"entityId": "00000000-0000-4000-8000-000000000000", "entityType": "task"}]
    odd = [{"entityId": "x", "entityType": "nothing"}]
    told(session, "ftrack.action.discover", {"selection": [*odd, *selected(asked), *gone]})
    (selection,) = seen
    assert len(selection.selected) == 7
    assert list(selection) == asked
    assert selection.of(Task) == [tasks[2], tasks[0], tasks[1]]
    assert selection.of(TypedContext) == selection.of(Task)
    assert selection.of(Asset) == []
    assert not selection.only(Task)
    assert selection.only(Task, AssetVersion, Project)
    assert [entity.entity_type for entity in selection[1:3]] == ["AssetVersion", "Task"]


def test_nothing_is_asked_for_a_selection_nobody_looks_at(
    session: Session, task: Task, caplog: pytest.LogCaptureFixture
) -> None:
    Plain(session).register()
    assert session.schemas, "tells what is kept where"
    caplog.set_level(logging.DEBUG, logger="ftrack_typed.transport")
    discovered(session, [task])
    assert not caplog.records
    BurnIn(session).register()
    discovered(session, [task, task])
    assert len(caplog.records) == 1


def test_values_of_the_server_are_shown_not_remembered_ones(
    session: Session, open_session: Callable[..., Session], task: Task
) -> None:
    other = open_session()
    theirs = other.get(Task, task.id)
    assert theirs is not None
    before = theirs.name
    theirs.name = "renamed meanwhile"
    other.commit()
    seen: list[str] = []

    class Looking(Plain):
        def discover(self, session: Session, entities: Selection, event: ActionDiscover) -> bool:
            seen.extend(task.name for task in entities.of(Task))
            return False

    Looking(session).register()
    discovered(session, [task])
    assert seen == ["renamed meanwhile"]
    theirs.name = before
    other.commit()


def test_one_action_may_offer_several_items(session: Session) -> None:
    class Applications(Action):
        label = "Paint"
        identifier = "studio.launch-application"

        def items(self, session: Session, entities: Selection, event: ActionDiscover) -> list[MenuItem]:
            return [
                MenuItem(self.label, version, extra={"applicationIdentifier": f"paint_{version}"})
                for version in ("1", "2")
            ]

        def launch(
            self, session: Session, entities: Selection, event: ActionLaunch, values: Mapping[str, Any]
        ) -> Reply:
            return f"Starting {(event.model_extra or {})['applicationIdentifier']}"

    Applications(session).register()
    ((menu),) = discovered(session)
    assert [item["variant"] for item in menu["items"]] == ["1", "2"]
    item = menu["items"][1]
    assert launched(
        session, item["actionIdentifier"], applicationIdentifier=item["applicationIdentifier"]
    ) == [{"success": True, "message": "Starting paint_2"}]


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("Rendered.", {"type": "message", "success": True, "message": "Rendered."}),
        (
            Message("Not rendered.", success=False),
            {"type": "message", "success": False, "message": "Not rendered."},
        ),
        (Widget("https://x", "Frames"), {"type": "widget", "url": "https://x", "title": "Frames"}),
        (
            Form("# Report", title="Render"),
            {"type": "widget", "items": [{"type": "label", "value": "# Report"}]},
        ),
    ],
)
def test_a_user_is_shown_something_in_the_web_interface(
    session: Session, open_session: Callable[..., Session], what: Any, data: dict[str, Any]
) -> None:
    me = session.query(User).where(User.username == session.api_user).one()
    seen: list[Event] = []
    web = open_session().event_hub
    for name, user in (("me", me.id), ("somebody", "00000000-0000-4000-8000-000000000000")):
        metadata = {"id": f"{name}-{web.id}", "applicationId": "ftrack.client.web", "user": {"id": user}}
        web.subscribe("topic=ftrack.action.trigger-user-interface", seen.append, metadata)
    web.connect()
    assert web.flush(30)
    publication = show(session, me, what)
    assert publication.wait(30).value == "sent"
    for _ in range(100):
        web.wait(0.1)
        if seen:
            break
    (event,) = seen
    assert {name: event.data[name] for name in data} == data
    assert show(session, me.id, what).wait(30).value == "sent"


def test_an_action_says_what_it_is_called(session: Session) -> None:
    class Nameless(Action):
        label = "Nameless"

    class Starred(Plain):
        label = "Starred"
        identifier = "studio.*"

    class Idle(Action):
        label = "Idle"
        identifier = "studio.idle"

    with pytest.raises(ActionError, match="The action Nameless needs a text as its identifier"):
        Nameless(session)
    with pytest.raises(ActionError, match="ends with a star"):
        Starred(session)
    with pytest.raises(ActionError, match="The action Idle has no launch"):
        Idle(session)


def test_an_action_keeps_no_session_alive(local_server: LocalServer, tmp_path: Path) -> None:
    session = Session(
        local_server.url, local_server.api_key, local_server.api_user, schema_cache_path=tmp_path / "schemas"
    )
    action = Plain(session).register()
    reference = weakref.ref(session)
    session.close()
    del session
    gc.collect()
    assert reference() is None
    with pytest.raises(ActionError, match="does not exist any more"):
        _ = action.session
