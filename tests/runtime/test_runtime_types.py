"""Types and attributes that the server has and the generated package has not."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ftrack_entities import Context, Shot, Task, TypedContext
from ftrack_local import LocalServer
from ftrack_typed import NOT_SET, Session
from ftrack_typed.entity import EntityRegistry
from ftrack_typed.errors import (
    ConfigurationError,
    OperationError,
    UnknownAttributeError,
    ValueTypeError,
)


def extended(stock: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stock schema with a custom object type, a table of its own, and further attributes."""
    documents = copy.deepcopy(stock)
    by_id = {document["id"]: document for document in documents}
    stage = copy.deepcopy(by_id["Shot"])
    stage["id"] = "Stage"
    stage["alias_for"] = {
        "id": "Task",
        "classifiers": {"object_type_id": "5e7a6e00-0000-4000-8000-000000000001"},
    }
    stage["properties"]["object_type_id"]["default"] = "5e7a6e00-0000-4000-8000-000000000001"
    documents.append(stage)
    documents.append(
        {
            "id": "Lens",
            "type": "object",
            "primary_key": ["id"],
            "required": ["id"],
            "immutable": ["id"],
            "computed": [],
            "default_projections": ["id", "maker"],
            "properties": {
                "id": {"type": "string", "default": "{uid}"},
                "maker": {"type": "string"},
                "from": {"type": "string"},
                "length": {"type": "number"},
                "task_id": {"type": "string"},
                "task": {"$ref": "Task"},
            },
        }
    )
    by_id["Task"]["properties"]["moon_phase"] = {"type": "string"}
    by_id["Task"]["properties"]["global"] = {"type": "integer"}
    return documents


@pytest.fixture(scope="module")
def newer_server(
    stock_documents: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalServer]:
    path = tmp_path_factory.mktemp("newer") / "schema.json"
    path.write_text(json.dumps(extended(stock_documents)), encoding="utf-8")
    with LocalServer(schema=path, seed="demo") as server:
        yield server


def open_session(server: LocalServer, directory: Path, **options: Any) -> Session:
    return Session(server.url, server.api_key, server.api_user, schema_cache_path=directory, **options)


@pytest.fixture
def newer(newer_server: LocalServer, tmp_path: Path) -> Iterator[Session]:
    with open_session(newer_server, tmp_path) as session:
        yield session


def test_a_table_of_its_own(newer: Session, newer_server: LocalServer, tmp_path: Path) -> None:
    task = newer.query("select name from Task")[0]
    lens: Any = newer.create("Lens", {"maker": "Zebra", "length": 50, "task": task, "from": "shelf"})
    built: object = type(lens)
    assert built is newer.types["Lens"]
    assert lens.from_ == lens["from"] == "shelf"
    assert lens.task_id == task.id
    newer.commit()
    lens.length = 85.0
    with pytest.raises(ValueTypeError, match=r"Lens\.length"):
        lens.length = "long"
    newer.commit()
    with open_session(newer_server, tmp_path) as other:
        found = other.query(f'select maker, length, from, task.name from Lens where id is "{lens.id}"').one()
        assert (found.maker, found.length, found["from"], found.task) == ("Zebra", 85.0, "shelf", task)
        assert found["task"] is other.get(Task, task.id)
        other.delete(found)
        other.commit()


def test_a_custom_object_type(newer: Session) -> None:
    stage_class = newer.types["Stage"]
    assert issubclass(stage_class, TypedContext)
    assert newer.types["Stage"] is stage_class
    parent = newer.query(Shot).first()
    assert parent is not None
    stage = newer.create("Stage", {"name": "stage", "parent": parent})
    below = newer.create(Task, name="below", parent=stage)
    assert isinstance(stage, Context)
    assert below.parent is stage
    listed = newer.query("TypedContextList")[0]
    listed["items"].append(stage)
    newer.rollback()


def test_a_further_attribute_of_a_known_class(
    newer: Session, newer_server: LocalServer, tmp_path: Path
) -> None:
    task = newer.query("select name from Task")[0]
    task.moon_phase = "full"
    task["global"] = 3
    assert (task["moon_phase"], task.global_) == ("full", 3)
    assert newer.modified == [task]
    newer.commit()
    assert newer.modified == []
    with pytest.raises(ValueTypeError, match="global"):
        task["global"] = "x"
    with pytest.raises(UnknownAttributeError):
        task.moon_face = "x"
    with open_session(newer_server, tmp_path) as other:
        found = other.get(Task, task.id)
        assert found is not None
        loose: Any = found
        assert loose.moon_phase == "full"
        assert loose["global"] == 3
        assert loose.model_dump()["moon_phase"] == "full"
        assert pickle.loads(pickle.dumps(loose)).moon_phase == "full"
        assert other.query("select moon_phase from Task where moon_phase is full").one() is found
        with other.auto_populating(False):
            assert other.get(Shot, "none") is None
    task.moon_phase = "new"
    del task["moon_phase"]
    assert task.moon_phase == "full"
    task.moon_phase = "new"
    newer.rollback()
    assert task.moon_phase == "full"


def test_creating_with_a_further_attribute(newer: Session, newer_server: LocalServer, tmp_path: Path) -> None:
    parent = newer.query(Shot).first()
    made: Any = newer.create("Task", {"name": "x", "parent": parent, "moon_phase": "half", "global": 4})
    assert (made.moon_phase, made["global"]) == ("half", 4)
    newer.commit()
    with open_session(newer_server, tmp_path) as other:
        (found,) = other.query(f'select moon_phase, global from Task where id is "{made.id}"')
        assert (found.moon_phase, found["global"]) == ("half", 4)


def test_without_any_generated_class(newer_server: LocalServer, tmp_path: Path) -> None:
    bare = ModuleType("bare_entities")
    bare.REGISTRY = EntityRegistry("bare_entities", {})  # type: ignore[attr-defined]
    with open_session(newer_server, tmp_path, entities=bare) as session:
        tasks = session.query("select name, status.name, parent.name, metadata from Task limit 20").all()
        assert len(tasks) == 20
        assert {type(task) for task in tasks} == {session.types["Task"]}
        assert session.types["Task"] is not Task
        assert issubclass(session.types["Task"], session.types["Context"])
        assert session.get("TypedContext", tasks[0].id) is tasks[0]
        tasks[0].name = "renamed"
        made = session.create("Task", {"name": "made", "parent": tasks[0].parent})
        session.commit()
        assert session.get("Task", made.id) is made
        assert tasks[0].bid is not NOT_SET
        for name in session.types:
            assert session.types[name].__entity__.name == name


def test_a_package_that_is_none(newer_server: LocalServer, tmp_path: Path) -> None:
    for wrong in ("no_such_package_anywhere", "json", json):
        with pytest.raises(ConfigurationError, match="entities"):
            open_session(newer_server, tmp_path, entities=wrong)


def test_an_entity_of_a_class_built_at_run_time_can_not_be_pickled(newer: Session) -> None:
    parent = newer.query(Shot).first()
    lens = newer.create("Lens", {"maker": "Zebra"})
    stage = newer.create("Stage", {"name": "stage", "parent": parent})
    for entity in (lens, stage):
        with pytest.raises(OperationError, match=r"ftrack-typed regen.*session\.encode"):
            pickle.dumps(entity)
    again = newer.decode(newer.encode(stage))
    assert again == stage
    newer.rollback()


def test_relations_to_such_entities_do_not_keep_others_from_being_pickled(newer: Session) -> None:
    parent = newer.query(Shot).first()
    stage = newer.create("Stage", {"name": "stage", "parent": parent})
    below = newer.create(Task, name="below", parent=stage)
    again = pickle.loads(pickle.dumps(below))
    assert again.name == "below"
    assert type(again.parent) is TypedContext
    assert again.parent == stage
    listed = newer.query("TypedContextList")[0]
    listed["items"].append(stage)
    assert stage in pickle.loads(pickle.dumps(listed))["items"]
    newer.rollback()
