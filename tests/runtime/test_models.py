"""Entities as pydantic models: every public method works on what is loaded and none asks the server."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from ftrack_entities import REGISTRY, Note, Status, Task
from ftrack_typed import Entity, Session
from ftrack_typed.entity import Collection

Calls = Callable[[], int]


@pytest.fixture
def partial(session: Session) -> Task:
    """A task that holds a few attributes, a relation, a collection and a mapping."""
    found = session.query(
        "select name, start_date, link, status.name, notes.content, metadata.key from Task "
        "where start_date is_not none"
    )[0]
    assert isinstance(found, Task)
    return found


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_class_is_a_model(name: str) -> None:
    cls = REGISTRY[name]
    assert issubclass(cls, BaseModel)
    loose: Any = cls()
    assert json.loads(loose.model_dump_json()) == {}
    assert type(cls.model_validate({})) is cls
    assert cls.model_json_schema()["title"] == cls.__name__
    assert name in repr(loose)
    assert pickle.loads(pickle.dumps(loose)).entity_type == name


def test_values_of_metadata_are_written_as_far_as_they_are_loaded(
    session: Session, other_session: Session, partial: Task, calls: Calls
) -> None:
    held = other_session.get(Task, partial.id)
    assert held is not None
    held.metadata["written"] = "later"
    other_session.commit()
    found = session.query(f"select metadata.key from Task where id is {partial.id}").one()
    before = calls()
    assert "written" not in found.model_dump()["metadata"]
    assert "written" not in json.loads(found.model_dump_json())["metadata"]
    assert calls() == before
    assert found.metadata["written"] == "later"
    assert found.model_dump()["metadata"]["written"] == "later"
    del held.metadata["written"]
    other_session.commit()


def test_nothing_is_asked_of_the_server(session: Session, partial: Task, calls: Calls) -> None:
    loaded = set(vars(partial))
    before = calls()
    assert partial.model_dump()["name"] == partial.name
    assert json.loads(partial.model_dump_json())["name"] == partial.name
    assert partial.model_dump(include={"name"}) == {"name": partial.name}
    assert partial.model_dump(exclude_unset=True, mode="json")["id"] == partial.id
    assert partial.model_fields_set == loaded
    assert partial.model_extra is None
    assert partial.model_copy().name == partial.name
    assert partial.model_copy(update={"name": "x"}).name == "x"
    assert partial.model_copy(deep=True) == partial
    assert Task.model_validate(partial) is partial
    tasks = TypeAdapter(list[Task])
    assert tasks.validate_python([partial])[0] is partial
    assert json.loads(tasks.dump_json([partial]))[0]["id"] == partial.id
    assert partial == copy.copy(partial) == copy.deepcopy(partial)
    assert hash(partial) == hash(copy.copy(partial))
    assert repr(partial) == repr(pickle.loads(pickle.dumps(partial)))
    assert str(partial)
    assert f"{partial.notes!r} {partial.metadata!r}"
    assert partial != 3
    assert "name" in partial
    assert "no_such_key" not in partial.metadata
    assert all(key in partial.metadata for key in partial.metadata)
    assert isinstance(dir(partial), list)
    assert partial.primary_key == {"id": partial.id}
    assert calls() == before
    assert set(vars(partial)) == loaded


def test_a_dump_reads_back(partial: Task) -> None:
    dumped = partial.model_dump(include={"id", "name", "start_date", "link"})
    assert Task.model_validate(dumped).model_dump() == dumped
    text = partial.model_dump_json(include={"id", "name", "start_date", "link"})
    again = Task.model_validate_json(text)
    assert again == partial
    assert again.start_date == partial.start_date
    assert again.session is None


@pytest.mark.parametrize("wrong", [{"nmae": "x"}, {"bid": "long"}, {"start_date": "soon"}, 3, []])
def test_validation_refuses(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Task.model_validate(wrong)


def test_a_field_of_another_model(partial: Task) -> None:
    class Shift(BaseModel):
        task: Task
        others: list[Task] = []

    shift = Shift(task=partial)
    assert shift.task is partial
    assert shift.model_dump()["task"]["name"] == partial.name
    assert Shift.model_json_schema()["properties"]["task"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda task: task.model_copy()])
def test_a_copy_is_on_its_own(session: Session, partial: Task, duplicate: Callable[[Task], Task]) -> None:
    copied = duplicate(partial)
    count = len(partial.notes)
    link = copy.deepcopy(partial.link)
    assert isinstance(copied.notes, Collection)
    assert copied.notes.entity is copied
    copied.notes.append(Note(id="n-new"))
    copied.metadata["fresh"] = "x"
    copied.name = "another"
    assert len(partial.notes) == count
    assert "fresh" not in partial.metadata
    assert partial.name != "another"
    assert partial.link == link
    assert copied.session is None
    assert len(session.recorded_operations) == 0


def test_pickles_of_several_entities_keep_their_relations(session: Session) -> None:
    tasks = session.query("select name, status.name, parent.name, notes from Task limit 5").all()
    again = pickle.loads(pickle.dumps(tasks))
    assert again == tasks
    assert [type(task.parent) for task in again] == [type(task.parent) for task in tasks]
    assert [list(task.notes) for task in again] == [list(task.notes) for task in tasks]
    assert all(type(task.status) is Status and task.session is None for task in again)


def test_entities_without_key_are_equal_to_themselves_only() -> None:
    one, other = Status(name="x"), Status(name="x")
    assert one == one
    assert one != other
    assert len({one, other}) == 2
    assert isinstance(one, Entity)
