"""What people pass by mistake: an error that says so, at once, and nothing recorded."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_entities import Note, Shot, Task, User
from ftrack_typed import NOT_SET, Session
from ftrack_typed import formatter as typed_formatter
from ftrack_typed import inspection as typed_inspection
from ftrack_typed.entity import Entity
from ftrack_typed.errors import (
    ConfigurationTypeError,
    DuplicateItemInCollectionError,
    EntityTypeError,
    ImmutableAttributeError,
    InvalidStateError,
    QueryError,
    QueryNameError,
    UnknownAttributeError,
)

Do = Callable[[Any, Any], object]

inspection: Any = typed_inspection  # checkers refuse most of what is passed here
formatter: Any = typed_formatter


@pytest.fixture
def task(session: Session) -> Any:
    """A task of its own for the test, with three notes."""
    shot, author = session.query(Shot).first(), session.query(User).first()
    made = session.create("Task", {"name": "misused", "parent": shot})
    made["notes"].extend(session.create("Note", {"content": text, "author": author}) for text in "abc")
    session.commit()
    return made


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda session, task: session.delete("x"), "delete takes an entity, not 'x'"),
        (lambda session, task: session.delete([task]), "delete takes an entity, not "),
        (lambda session, task: session.delete(None), "delete takes an entity, not None"),
        (lambda session, task: session.populate(5, "name"), "Loading takes an entity, not 5"),
        (lambda session, task: session.populate("Task", "name"), "Loading takes an entity, not 'Task'"),
        (lambda session, task: session.prefetch([task, None], "name"), "Loading takes an entity, not None"),
        (lambda session, task: session.entity_reference("Task"), "entity_reference takes an entity"),
        (lambda session, task: inspection.state(5), "state takes an entity, not 5"),
        (lambda session, task: inspection.states([None]), "state takes an entity, not None"),
        (lambda session, task: inspection.identity({}), "identity takes an entity"),
        (lambda session, task: inspection.primary_key("x"), "primary_key takes an entity"),
        (lambda session, task: session.decode(None), "decode takes the text of a JSON document"),
        (lambda session, task: session.call({"action": "query"}), "a list of operations, not dict"),
        (lambda session, task: session.call(None), "a list of operations, not NoneType"),
        (lambda session, task: session.call(["query"]), "An operation is a mapping"),
        (lambda session, task: session.call([{"entity_type": "Task"}]), "An operation is a mapping"),
        (
            lambda session, task: session.ensure("User", {"username": "ada"}, "username"),
            r"write \['username'\]",
        ),
        (lambda session, task: session.create("Task", [("name", "x")]), "create takes one mapping"),
        (lambda session, task: setattr(session, "request_timeout", "soon"), "timeout takes seconds"),
        (lambda session, task: session.commit(progress=3), "progress takes a callable, not 3"),
        (lambda session, task: formatter.format(None), "format takes an entity, not None"),
        (lambda session, task: session.get_widget_url("info", "Task"), "get_widget_url takes an entity"),
        (
            lambda session, task: session.reset_remote("api_key", "me"),
            "reset_remote takes an entity, not 'me'",
        ),
        (lambda session, task: session.send_user_invite("me"), "Inviting takes an entity, not 'me'"),
    ],
)
def test_the_wrong_kind_of_thing(session: Session, task: Any, mistake: Do, message: str) -> None:
    with pytest.raises(ConfigurationTypeError, match=message) as caught:
        mistake(session, task)
    assert isinstance(caught.value, TypeError)
    assert not session.recorded_operations


def test_a_commit_that_can_not_tell_its_progress_sends_nothing(session: Session, task: Any) -> None:
    task["description"] = "pending"
    wrong: Any = "bar"
    with pytest.raises(ConfigurationTypeError, match="progress takes a callable, not 'bar'"):
        session.commit(progress=wrong)
    assert session.modified == [task]


@pytest.mark.parametrize("key", [["a", "b"], [["a"]], [{"a": 1}], [{"a"}], None, {"idd": "a"}, ()])
def test_a_key_has_the_parts_of_the_type(session: Session, key: Any) -> None:
    with pytest.raises(QueryError, match=r"The key of a Task is \(id\), which .* does not give"):
        session.get(Task, key)


@pytest.mark.parametrize("wrong", ["statu.name", ["name", "status.nam"], "name, nmae", ("bid", ["statu"])])
def test_names_of_what_to_load_are_checked(
    session: Session, task: Any, calls: Callable[[], int], wrong: Any
) -> None:
    shot: Any = session.query(Shot).first()
    session.populate([task, shot], "name")
    before = calls()
    for load in (session.populate, session.prefetch):
        with pytest.raises(QueryNameError, match=r"Did you mean '(status|name)'"):
            load([task, shot], wrong)
    assert calls() == before
    session.prefetch([task, shot], "bid", "parent.name")


def test_each_type_is_asked_for_what_it_has(session: Session, task: Any, calls: Callable[[], int]) -> None:
    user: Any = session.query(User).first()
    for load in (session.populate, session.prefetch):
        session.reset()
        task, user = session.get(Task, task.id), session.get(User, user.id)
        load([task, user], "bid, username, thumbnail_id")
        before = calls()
        assert (type(task.bid), type(user.username), task.thumbnail_id) == (float, str, None)
        assert calls() == before


def test_how_to_retry_is_a_policy(open_session: Callable[..., Session]) -> None:
    with pytest.raises(ConfigurationTypeError, match=r"retries takes a RetryPolicy, .* not 3"):
        open_session(retries=3)


@pytest.mark.parametrize("wrong", [None, 5, object])
def test_workflows_are_those_of_an_entity_type(session: Session, task: Any, wrong: Any) -> None:
    schema = task["project"]["project_schema"]
    for ask in (schema.get_statuses, schema.get_types):
        with pytest.raises(EntityTypeError, match="neither an entity class nor the name"):
            ask(wrong)


def test_the_base_of_all_classes_is_no_entity_type(session: Session) -> None:
    for ask in (session.create, session.query):
        with pytest.raises(EntityTypeError, match="base of entity classes"):
            ask(Entity)


@pytest.mark.parametrize("size", ["5", 0, -1, True, None, 2.5])
def test_a_page_has_a_number_of_rows(session: Session, size: Any) -> None:
    with pytest.raises(QueryError, match="page_size is a number"):
        session.query("Task", page_size=size)


def test_results_take_what_lists_take(session: Session) -> None:
    result: Any = session.query(Task)
    for wrong in ("a", 1.0, None):
        with pytest.raises(TypeError, match="integer"):
            result[wrong]
    with pytest.raises(ValueError, match="step"):
        result[::0]
    with pytest.raises(IndexError):
        result[10**9]


def test_the_same_entity_twice(session: Session, task: Any) -> None:
    first = task["notes"][0]
    with pytest.raises(DuplicateItemInCollectionError, match=r"Task\.notes"):
        task["notes"] = [first, first]
    with pytest.raises(DuplicateItemInCollectionError):
        task["notes"].append(first)
    assert not session.recorded_operations
    task["notes"] = task["notes"]
    assert len(task["notes"]) == 3


def test_a_copy_of_a_collection_is_a_list(session: Session, task: Any) -> None:
    notes = task["notes"]
    for copied in (copy.copy(notes), notes[:], pickle.loads(pickle.dumps(notes)), copy.deepcopy(notes)):
        assert type(copied) is list
        assert copied == notes
        copied.pop()
        assert len(notes) == 3
    assert not session.recorded_operations
    assert copy.copy(notes)[0] is notes[0]
    assert copy.deepcopy(notes)[0].session is None


def test_a_copy_of_metadata_is_a_dictionary(session: Session, task: Any) -> None:
    rows = task["metadata"]
    rows["a"] = "1"
    session.commit()
    for copied in (copy.copy(rows), dict(rows), pickle.loads(pickle.dumps(rows)), copy.deepcopy(rows)):
        assert type(copied) is dict
        assert copied == {"a": "1"}
        copied["b"] = "2"
    assert dict(rows) == {"a": "1"}
    assert not session.recorded_operations


def test_the_key_of_a_new_entity_stays(session: Session) -> None:
    user: Any = session.create(User, username="keyed")
    known = user.id
    with pytest.raises(ImmutableAttributeError, match=r"User\.id"):
        user.id = "another"
    user.id = known
    assert session.get(User, known) is user
    session.commit()
    assert session.get(User, known) is user


def test_values_are_given_as_to_a_dictionary(session: Session, task: Any) -> None:
    task.update([("name", "pairs")], description="named")
    task.update({"bid": 5.0})
    task.update()
    assert (task["name"], task["description"], task["bid"]) == ("pairs", "named", 5.0)
    with pytest.raises(UnknownAttributeError, match="Did you mean 'name'"):
        task.update(nmae="x")


def test_nothing_empties_collections_and_metadata(
    session: Session, other_session: Session, task: Any
) -> None:
    task["metadata"] = {"a": "1"}
    session.commit()
    task["metadata"] = None
    task["notes"] = None
    session.commit()
    again = other_session.get(Task, task["id"])
    assert again is not None
    assert (list(again.notes), dict(again.metadata)) == ([], {})


def test_what_was_deleted_belongs_to_no_session(session: Session, task: Any) -> None:
    session.delete(task)
    session.commit()
    assert task.session is None
    assert inspection.state(task) is NOT_SET
    with pytest.raises(InvalidStateError, match="not any more"):
        session.delete(task)
    assert session.get("Task", task["id"]) is None
    assert session.query(Note).where(Note.parent_id == task["id"]).all() == []
