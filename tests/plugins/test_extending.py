"""Methods that a session adds to entity classes."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ftrack_entities import Context, Shot, Status, Task, TypedContext, User
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import EntityExtensionError, UnrecognisedEntityTypeError

Open = Callable[..., Session]


class Burns:
    SUFFIX: ClassVar[str] = " burns"
    annotated: int = 3

    def burn(self) -> str:
        return str(self["name"]) + self.SUFFIX  # type: ignore[index]

    @property
    def burnt(self) -> str:
        return self.burn() + "!"


class BurnsBrightly:
    def burn(self) -> str:
        return super().burn() + " brightly"  # type: ignore[misc,no-any-return]


class StudioTask(Task):
    def shout(self) -> str:
        return self.name.upper()


def test_entities_get_the_methods_of_a_mixin(session: Session) -> None:
    session.types.extend(Task, Burns)
    task: Any = session.query(Task).first()
    assert task.burn() == f"{task.name} burns"
    assert task.burnt == f"{task.name} burns!"
    assert isinstance(task, Task)
    assert type(task) is session.types["Task"]


def test_entities_of_all_ways_in_have_them(session: Session) -> None:
    session.types.extend("Task", Burns)
    first = session.query("select parent_id from Task where parent.object_type.name is Shot").first()
    assert first is not None
    shot = session.get(Shot, first["parent_id"])
    assert shot is not None
    ways: list[Any] = [
        first,
        session.get(Task, first["id"]),
        session.get("Context", first["id"]),
        session.query("Context where id is " + first["id"]).one(),
        session.query(TypedContext).where(TypedContext.id == first["id"]).one(),
        next(child for child in shot.children if isinstance(child, Task)),
        session.create(Task, name="new", parent=shot),
        session.create("Task", {"name": "new", "parent": shot}),
        session.call([{"action": "query", "expression": f"select name from Task where id is {first['id']}"}])[
            0
        ]["data"][0],
        copy.copy(first),
        session.merge(Task(id="00000000-0000-4000-8000-000000000000", name="merged")),
    ]
    assert all(way.burn().endswith(" burns") for way in ways)
    session.rollback()


def test_types_below_get_them_too(session: Session) -> None:
    session.types.extend(TypedContext, Burns)
    session.types.extend(Task, BurnsBrightly)
    task: Any = session.query(Task).first()
    shot: Any = session.query(Shot).first()
    assert task.burn() == f"{task.name} burns brightly"
    assert shot.burn() == f"{shot.name} burns"
    assert isinstance(task, session.types["TypedContext"])
    assert not hasattr(session.types["Context"], "burnt")


def test_later_mixins_go_before_earlier_ones(session: Session) -> None:
    session.types.extend(Task, Burns)
    session.types.extend(Task, BurnsBrightly)
    session.types.extend(Task, Burns)
    task: Any = session.query(Task).first()
    assert task.burn() == f"{task.name} burns brightly"


def test_entities_that_are_there_already_get_them(session: Session) -> None:
    task: Any = session.query(Task).first()
    status = task.status
    session.types.extend(Task, Burns)
    assert task.burn() == f"{task.name} burns"
    again: Any = session.query(Task).where(Task.id == task.id).one()
    assert again is task
    assert task.status is status
    task.name = "changed"
    session.types.extend(Task, BurnsBrightly)
    assert task.burn() == "changed burns brightly"
    session.rollback()


def test_other_sessions_see_nothing_of_it(session: Session, open_session: Open) -> None:
    other = open_session()
    session.types.extend(Context, Burns)
    session.types["Task"] = StudioTask
    task = other.query(Task).first()
    assert type(task) is Task
    assert not hasattr(Task, "burn")
    assert not hasattr(Context, "burn")


def test_forked_sessions_share_it(session: Session) -> None:
    session.types.extend(Task, Burns)
    with session.fork() as other:
        held: Any = other.query(Task).first()
        assert held.burn()
        other.types.extend(Task, BurnsBrightly)
        task: Any = session.query(Task).first()
        assert held.burn() == task.burn() == f"{task.name} burns brightly"


def test_sessions_with_the_same_mixins_have_the_same_class(session: Session, open_session: Open) -> None:
    other = open_session()
    session.types.extend(Task, Burns)
    other.types.extend(Task, Burns)
    assert session.types["Task"] is other.types["Task"]


def test_classes_may_be_extended_while_others_read(session: Session) -> None:
    stop, errors = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            try:
                with session.fork() as other:
                    tasks: list[Any] = other.query(
                        "select name, status.name, parent.name from Task limit 20"
                    ).all()
                    assert len(tasks) == 20
            except Exception as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=read, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20):
        session.types.extend("Context", type(f"Mixin{number}", (), {f"method_{number}": lambda self: True}))
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert errors == []
    task: Any = session.query(Task).first()
    assert all(getattr(task, f"method_{number}")() for number in range(20))


def test_what_a_session_added_goes_with_it(open_session: Open) -> None:
    session = open_session()
    session.types.extend(
        Status, type("Passing", (), {"passes": lambda self: True})
    )  # no other session has it
    extended = weakref.ref(session.types["Status"])
    session.close()
    session.types.extend(Status, BurnsBrightly)
    gc.collect()
    assert extended() is None


def test_pickles_hold_the_class_everybody_knows(session: Session) -> None:
    session.types.extend(Task, Burns)
    session.types.extend(Status, Burns)
    task = session.query(Task).load(Task.name, Task.status.name).first()
    assert task is not None
    copied = pickle.loads(pickle.dumps(task))
    assert type(copied) is Task
    assert copied == task
    assert type(copied.status) is Status


def test_annotations_of_a_mixin_are_no_attributes(session: Session) -> None:
    session.types.extend(Task, Burns)
    cls = session.types["Task"]
    assert "annotated" not in cls.__attributes__
    assert cls.__attributes__ == Task.__attributes__
    assert cls.model_fields == {}
    assert session.query(Task).where(cls.name == "x").all() == []  # type: ignore[attr-defined]


def test_a_subclass_can_stand_for_the_type(session: Session) -> None:
    held = session.query(Task).first()
    assert held is not None
    session.types["Task"] = StudioTask
    task = session.query(StudioTask).where(StudioTask.name == held.name).first()
    assert isinstance(task, StudioTask)
    assert task.shout() == held.name.upper()
    by_name = session.query("Task").first()
    assert isinstance(by_name, StudioTask)
    assert isinstance(held, StudioTask)
    session.types.extend("TypedContext", Burns)
    assert by_name.burn()  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(task)).shout() == task.shout()


def test_types_only_the_server_has_can_be_extended(tmp_path: Path) -> None:
    documents = json.loads((Path(__file__).parents[2] / "schemas" / "stock.json").read_text(encoding="utf-8"))
    shot = next(document for document in documents if document["id"] == "Shot")
    kind = shot["properties"]["object_type_id"]["default"]
    planet = json.loads(
        json.dumps({**shot, "id": "Planet"}).replace(kind, "5f0c0b5e-0000-4000-8000-00000000aaaa")
    )
    with (
        LocalServer(schema=[*documents, planet]) as server,
        Session(server.url, server.api_key, server.api_user, schema_cache_path=tmp_path) as session,
    ):
        project = session.query("Project").first()
        made: Any = session.create("Planet", {"name": "Mars", "parent": project, "project": project})
        plain = type(made)
        session.types.extend("Context", Burns)
        assert made.burn() == "Mars burns"
        assert isinstance(made, plain)
        assert isinstance(made, session.types["Context"])
        assert not hasattr(plain, "burn")
        session.rollback()


class Named:
    def name(self) -> str:
        return "?"


class Bid:
    bid = 3


class Begins:
    def __init__(self) -> None:
        self.state = 1


class Slotted:
    __slots__ = ("state",)


@pytest.mark.parametrize(
    ("entity_type", "mixin", "message"),
    [
        (Task, Named, "defines name, which is an attribute of Task"),
        (Context, Bid, "defines bid, which is an attribute of "),
        (Task, Begins, "defines __init__, which entities work by"),
        (Task, Slotted, "has __slots__"),
        (Task, StudioTask, r"a subclass of the entity class goes into session\.types\[\"Task\"\]"),
        (Task, Burns(), "Task takes plain classes as mixins"),
    ],
)
def test_what_would_break_entities_is_refused(
    session: Session, entity_type: Any, mixin: Any, message: str
) -> None:
    before = session.types["Task"]
    with pytest.raises(EntityExtensionError, match=message) as caught:
        session.types.extend(entity_type, mixin)
    assert isinstance(caught.value, TypeError)
    assert session.types["Task"] is before


@pytest.mark.parametrize(
    ("offered", "message"),
    [
        (User, "User can't stand for the entity type Task: derive it from ftrack_entities.Task"),
        (Context, "Context can't stand for"),
        (Burns, "Burns can't stand for"),
        ("StudioTask", "'StudioTask' can't stand for"),
    ],
)
def test_only_a_subclass_can_stand_for_a_type(session: Session, offered: Any, message: str) -> None:
    with pytest.raises(EntityExtensionError, match=message):
        session.types["Task"] = offered


def test_a_subclass_must_not_hide_an_attribute() -> None:
    make: Any = type(Task)
    with pytest.raises(
        EntityExtensionError, match="class Hiding defines name, which is an attribute of Task"
    ):
        make("Hiding", (Task,), {"name": lambda self: "?"})


def test_unknown_types_are_told(session: Session) -> None:
    with pytest.raises(UnrecognisedEntityTypeError, match="Did you mean 'Task'"):
        session.types.extend("Tusk", Burns)
    with pytest.raises(UnrecognisedEntityTypeError):
        session.types["Tusk"] = StudioTask
