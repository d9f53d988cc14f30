"""Reading through a session, against the local server."""

from __future__ import annotations

import gc
import pickle
import threading
import weakref
from collections.abc import Callable
from datetime import timezone

import pytest

import ftrack_entities
from ftrack_entities import Context, Metadata, Project, Shot, Status, Task, TypedContext, User
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import (
    AuthenticationError,
    ConnectionClosedError,
    EntityTypeError,
    MultipleResultsFoundError,
    NoResultFoundError,
    QueryError,
    ServerError,
    UnknownAttributeError,
    UnrecognisedEntityTypeError,
)

Calls = Callable[[], int]


def test_text_and_class_give_the_same_objects(session: Session) -> None:
    by_text = session.query("select name from Task order by name limit 5").all()
    by_class = session.query(Task).load(Task.name).order_by(Task.name).limit(5).all()
    assert len(by_text) == 5
    assert all(one is other for one, other in zip(by_text, by_class, strict=True))
    assert all(type(task) is Task for task in by_class)


def test_values_are_typed(session: Session) -> None:
    task = (
        session.query(Task)
        .load(Task.name, Task.bid, Task.status, Task.status.name, Task.start_date, Task.parent, Task.link)
        .where(Task.start_date != None)
        .first()
    )
    assert task is not None
    assert isinstance(task.name, str)
    assert isinstance(task.bid, float)
    assert isinstance(task.status, Status)
    assert task.start_date is not None
    assert task.start_date.tzinfo is timezone.utc
    assert isinstance(task.parent, Context)
    assert type(task.parent) is not Context
    assert task.link is not None
    assert task.link[-1]["id"] == task.id


def test_a_projection_needs_no_further_request(session: Session, calls: Calls) -> None:
    tasks = (
        session.query(Task)
        .load(Task.name, Task.status.name, Task.parent.name, Task.project.full_name)
        .limit(20)
        .all()
    )
    before = calls()
    for task in tasks:
        assert task.name
        assert task.status.name
        assert task.parent is not None
        assert task.parent.name
        assert task["project"]["full_name"]
    assert calls() == before


def test_nothing_is_fetched_before_it_is_looked_at(session: Session, calls: Calls) -> None:
    before = calls()
    query = session.query(Task).where(Task.name != "")
    result = session.query("Task")
    assert calls() == before
    assert str(query).startswith("select ")
    assert str(result).startswith("select ")


def test_a_missing_attribute_is_fetched_once(session: Session, calls: Calls) -> None:
    task = session.query("select id from Task")[0]
    before = calls()
    assert isinstance(task.bid, float)
    assert isinstance(task["bid"], float)
    assert calls() == before + 1
    assert task.status.name
    assert task.status["name"]


def test_without_auto_populate_missing_values_are_not_set(session: Session, calls: Calls) -> None:
    task = session.query("select id from Task")[0]
    before = calls()
    with session.auto_populating(False):
        assert task.bid is NOT_SET
        assert task["status"] is NOT_SET
        assert task["children"] is NOT_SET
        assert not session.auto_populate
    assert calls() == before
    assert task.bid is not NOT_SET
    assert session.auto_populate


def test_auto_populate_is_per_thread(session: Session) -> None:
    seen: list[bool] = []
    with session.auto_populating(False):
        thread = threading.Thread(target=lambda: seen.append(session.auto_populate))
        thread.start()
        thread.join(10)
    assert seen == [True]


def test_every_attribute_of_a_task_can_be_read(session: Session) -> None:
    task = session.query(Task).first()
    assert task is not None
    unset = [name for name in task.keys() if task[name] is NOT_SET]  # noqa: SIM118
    assert unset == []


def test_populate_loads_for_all_in_one_request(session: Session, calls: Calls) -> None:
    tasks = session.query("select id from Task limit 30").all()
    before = calls()
    session.populate(tasks, "bid, status.name")
    session.populate(tasks, [Task.name, Task.type.name])
    assert calls() == before + 2
    assert all(isinstance(task.bid, float) and task.status.name and task.type.name for task in tasks)
    assert calls() == before + 2


def test_populate_of_a_composite_key(session: Session) -> None:
    row = session.query("select parent_id, key from Metadata")[0]
    assert row is not None
    session.populate(row, "value")
    assert "value" in vars(row)


# -- results ---------------------------------------------------------------------------------------


def test_paging_costs_what_is_looked_at(session: Session, calls: Calls) -> None:
    expected = [task.id for task in session.query("select id from Task order by id limit 25")]
    result = session.query("select id from Task order by id limit 25", page_size=10)
    before = calls()
    assert bool(result)
    assert result[2].id == expected[2]
    assert calls() == before + 1
    assert result[12].id == expected[12]
    assert calls() == before + 2
    assert [task.id for task in result] == expected
    assert calls() == before + 3
    assert len(result) == 25
    assert calls() == before + 3


def test_negative_indices_and_slices_before_anything_is_fetched(session: Session) -> None:
    expected = [task.id for task in session.query("select id from Task order by id limit 25")]

    def fresh() -> list[str]:
        return expected

    for index in (-1, -25, 24):
        assert (
            session.query("select id from Task order by id limit 25", page_size=10)[index].id
            == fresh()[index]
        )
    for cut in (slice(2, 5), slice(-3, None), slice(None, None, -1), slice(20, 99), slice(None, -20)):
        result = session.query("select id from Task order by id limit 25", page_size=10)
        assert [task.id for task in result[cut]] == expected[cut]
    with pytest.raises(IndexError):
        session.query("select id from Task limit 3")[3]


def test_limit_and_offset(session: Session) -> None:
    everything = session.query("select id from Task order by id limit 40").all()
    assert (
        session.query("select id from Task order by id offset 2 limit 8", page_size=6).all()
        == everything[2:10]
    )
    assert session.query(Task).order_by(Task.id).offset(2).limit(8).all() == everything[2:10]
    assert session.query("Task limit 0").all() == []
    assert not session.query("Task limit 0")


def test_a_string_that_holds_a_limit_is_left_alone(session: Session) -> None:
    session.create(Project, name="limit 5 of offset 3", project_schema=session.query("ProjectSchema")[0])
    session.commit()
    found = session.query('select name from Project where name is "limit 5 of offset 3"').all()
    assert [project.name for project in found] == ["limit 5 of offset 3"]


def test_first_and_one(session: Session) -> None:
    assert session.query(Task).where(Task.name == "no such task").first() is None
    with pytest.raises(NoResultFoundError):
        session.query(Task).where(Task.name == "no such task").one()
    with pytest.raises(MultipleResultsFoundError):
        session.query("Task").one()
    with pytest.raises(QueryError, match="limit"):
        session.query("Task limit 3").first()
    with pytest.raises(QueryError, match="offset"):
        session.query("Task offset 3").one()
    user = session.query(User).where(User.username == session.api_user).one()
    assert user.username == session.api_user


@pytest.mark.parametrize("bad", [-1, "3", True, None, 1.5])
def test_a_limit_is_a_number(session: Session, bad: int) -> None:
    with pytest.raises(QueryError):
        session.query(Task).limit(bad)


# -- get -------------------------------------------------------------------------------------------


def test_get_by_class_and_name(session: Session, calls: Calls) -> None:
    task = session.query(Task).first()
    assert task is not None
    before = calls()
    found: list[object] = [
        session.get(Task, task.id),
        session.get("Task", task.id),
        session.get("Task", [task.id]),
        session.get(TypedContext, task.id),
        session.get(Context, task.id),
    ]
    assert all(each is task for each in found)
    assert calls() == before
    assert session.get(Shot, task.id) is None
    assert session.get(Task, "no such id") is None


def test_get_of_a_composite_key(session: Session) -> None:
    row = session.query("select parent_id, key, value from Metadata")[0]
    found: list[object] = [
        session.get(Metadata, [row.parent_id, row.key]),
        session.get("Metadata", {"parent_id": row.parent_id, "key": row.key}),
    ]
    assert all(each is row for each in found)
    with pytest.raises(QueryError, match="parent_id, key"):
        session.get(Metadata, "one part")


# -- relations -------------------------------------------------------------------------------------


def test_polymorphic_relations_have_their_concrete_class(session: Session) -> None:
    kinds = {type(context) for context in session.query("select name, parent.name from TypedContext")}
    assert {Task, Shot} <= kinds
    task = session.query(Task).where(Task.parent.cast(Shot).name != "").first()
    assert task is not None
    assert isinstance(task.parent, Shot)


def test_collections_hold_entities(session: Session, calls: Calls) -> None:
    shot = session.query(Shot).load(Shot.name, Shot.children).where(Shot.children.any()).first()
    assert shot is not None
    before = calls()
    assert len(shot.children) > 0
    assert shot.children[0].parent is shot or shot.children[0].parent_id == shot.id
    assert shot.children == list(reversed(list(shot.children)))
    assert calls() <= before + 1


def test_metadata_is_a_mapping(session: Session) -> None:
    row = session.query("select parent_id, parent_type, key from Metadata")[0]
    owner = session.query(f"select metadata from {row.parent_type} where metadata any ()")[0]
    assert len(owner.metadata) >= 1
    key = next(iter(owner.metadata))
    assert owner["metadata"][key] == owner.metadata[key]
    with pytest.raises(KeyError):
        owner.metadata["no such key"]


def test_custom_attributes_are_a_mapping(session: Session) -> None:
    shot = session.query(Shot).load(Shot.custom_attributes).first()
    assert shot is not None
    assert len(shot.custom_attributes) > 0
    with pytest.raises(KeyError):
        shot.custom_attributes["no such key"]


# -- entities --------------------------------------------------------------------------------------


def test_the_mapping_protocol(session: Session, calls: Calls) -> None:
    task = session.query("select name from Task")[0]
    before = calls()
    assert "name" in task
    assert "no_such" not in task
    assert task.get("no_such") is None
    assert set(task.keys()) == set(task)
    assert len(task) == len(list(task))
    assert calls() == before
    with pytest.raises(KeyError, match="Did you mean 'status'"):
        task["staus"]
    with pytest.raises(AttributeError, match="Did you mean 'status'"):
        task.staus  # noqa: B018
    assert dict(task)["name"] == task.name


def test_printing_comparing_and_pickling_never_ask_the_server(session: Session, calls: Calls) -> None:
    task = session.query("select name, status.name, children from Task")[0]
    before = calls()
    assert task.name in repr(task)
    assert str(task.id) in str(task)
    copy = pickle.loads(pickle.dumps(task))
    assert copy == task
    assert copy is not task
    assert hash(copy) == hash(task)
    assert copy.name == task.name
    assert copy.status == task.status
    assert copy.session is None
    assert task.model_dump()["status"] == {"__entity_type__": "Status", "id": task.status.id}
    assert task.model_dump_json()
    assert task.model_copy().name == task.name
    assert task != session.api_user
    assert calls() == before


def test_sessions_do_not_share_entities(session: Session, other_session: Session) -> None:
    here = session.query("select name from Task order by id")[0]
    there = other_session.query("select name from Task order by id")[0]
    assert here is not there
    assert here == there
    assert len({here, there}) == 1


# -- the session itself ----------------------------------------------------------------------------


def test_facts(session: Session) -> None:
    session.server_information["version"] = "changed"
    assert session.server_information["version"] != "changed"
    assert {document["id"] for document in session.schemas} >= {"Task", "Shot", "User"}
    assert session.types["Task"] is Task
    assert session.api_key not in repr(session)


def test_a_wrong_key_is_an_authentication_error(server_url: str, server_user: str) -> None:
    with pytest.raises(AuthenticationError) as caught:
        Session(server_url, "wrong-key-4711", server_user)
    assert "wrong-key-4711" not in str(caught.value)


def test_unknown_types(session: Session) -> None:
    for ask in (
        lambda: session.query("Tsak"),
        lambda: session.query("select name from Tsak"),
        lambda: session.get("Tsak", "1"),
        lambda: session.create("Tsak", {}),
    ):
        with pytest.raises(UnrecognisedEntityTypeError, match="Did you mean 'Task'"):
            ask()
    with pytest.raises(EntityTypeError, match="neither an entity class"):
        session.query(int)  # type: ignore[type-var]  # pyright: ignore


def test_a_misspelt_attribute_in_a_query_is_named(open_session: Callable[..., Session]) -> None:
    session = open_session(validate_queries=False)
    with pytest.raises(ServerError, match="staus") as caught:
        session.query("select staus from Task").all()
    assert "status" in str(caught.value)
    with pytest.raises(ServerError, match="nmae"):
        session.query('Task where nmae is "x"').all()


def test_an_entity_class_of_another_package_is_refused(session: Session) -> None:
    class Stray(ftrack_entities.Task):
        __registry__ = type(ftrack_entities.REGISTRY)("stray", {})
        __entity__ = ftrack_entities.Task.__entity__

    with pytest.raises(EntityTypeError, match="pass entities=stray"):
        session.query(Stray)


def test_close(server_url: str, server_key: str, server_user: str) -> None:
    with Session(server_url, server_key, server_user) as session:
        task = session.query("select id from Task")[0]
    assert session.closed
    session.close()
    with pytest.raises(ConnectionClosedError):
        session.query("Task").all()
    with pytest.raises(ConnectionClosedError):
        task.name  # noqa: B018


def test_a_dropped_session_can_be_collected(server_url: str, server_key: str, server_user: str) -> None:
    session = Session(server_url, server_key, server_user)
    session.query("select name, status.name from Task limit 10").all()
    session.create("Task", {"name": "x"})
    dropped = weakref.ref(session)
    del session
    gc.collect()
    assert dropped() is None


def test_raw_calls_give_entities(session: Session) -> None:
    (reply,) = session.call([{"action": "query", "expression": "select name, start_date from Task limit 2"}])
    assert all(type(task) is Task for task in reply["data"])
    assert reply["data"][0] is session.get(Task, reply["data"][0].id)


def test_unknown_attribute_error_fits_both_worlds(session: Session) -> None:
    task = session.query(Task).first()
    assert task is not None
    assert not hasattr(task, "no_such")
    with pytest.raises(UnknownAttributeError):
        task["no_such"]
