"""What people who come from ftrack-python-api count on."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref
from collections.abc import Callable
from datetime import datetime, timezone
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_entities import Shot, Task, User
from ftrack_typed import NOT_SET, Session, inspection
from ftrack_typed.cache import ObjectKeyMaker
from ftrack_typed.errors import QueryError, UnrecognisedEntityTypeError

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

    from ftrack_local import LocalServer

Open = Callable[..., Session]
Calls = Callable[[], int]
MOMENT = datetime(2031, 5, 4, 10, 20, 30, tzinfo=timezone.utc)


class Wrapped:
    """A moment as arrow and pendulum hold it."""

    def __init__(self, moment: datetime) -> None:
        self.datetime = moment


@pytest.fixture
def task(session: Session) -> Any:
    """A task of its own for the test, with three notes."""
    author = session.query(User).first()
    made = session.create("Task", {"name": "promised", "parent": session.query(Shot).first()})
    made["notes"].extend(session.create("Note", {"content": text, "author": author}) for text in "abc")
    session.commit()
    return made


# -- values ----------------------------------------------------------------------------------------------


def test_not_set_is_one_object_wherever_it_goes() -> None:
    for twin in (copy.copy(NOT_SET), copy.deepcopy([NOT_SET])[0], pickle.loads(pickle.dumps(NOT_SET))):
        assert twin is NOT_SET
    assert (bool(NOT_SET), str(NOT_SET), repr(NOT_SET)) == (False, "NOT_SET", "Symbol(NOT_SET)")


def test_moments_of_other_libraries_are_taken(session: Session, task: Any) -> None:
    task["start_date"] = Wrapped(MOMENT)
    assert task["start_date"] == MOMENT
    session.commit()
    assert '"2031-05-04T10:20:30+00:00"' in session.encode({"when": Wrapped(MOMENT)})
    data = {"__entity_type__": "Task", "id": task["id"], "end_date": Wrapped(MOMENT)}
    operation = {"action": "update", "entity_type": "Task", "entity_key": [task["id"]], "entity_data": data}
    session.call([operation])
    assert session.query(Task).where(Task.id == task["id"]).load(Task.end_date).one().end_date == MOMENT


# -- entities --------------------------------------------------------------------------------------------


def test_entities_of_several_sessions_are_equal_and_collapse(
    session: Session, other_session: Session, task: Any
) -> None:
    twin = other_session.get("Task", task["id"])
    assert twin is not task
    assert twin == task
    assert len({twin, task}) == 1
    assert (task == task["id"], task != 5) == (False, True)


def test_a_collection_follows_the_server_until_it_is_changed(
    session: Session, other_session: Session, task: Any
) -> None:
    theirs: Any = other_session.get("Task", task["id"])
    theirs["notes"].pop()
    other_session.commit()
    assert len(task["notes"]) == 3
    session.populate(task, "notes")
    assert len(task["notes"]) == 2
    task["notes"].pop()
    theirs["notes"].pop()
    theirs["notes"].pop()
    other_session.commit()
    session.populate(task, "notes")
    assert len(task["notes"]) == 1, "the local change stays"
    session.rollback()
    assert len(task["notes"]) == 0, "what is beneath it is new"


def test_a_collection_not_loaded_is_not_taken_for_empty(session: Session, task: Any) -> None:
    fresh = session.fork()
    lean = fresh.query(Task).where(Task.id == task["id"]).load(Task.id).one()
    with fresh.auto_populating(False):
        assert lean["notes"] is NOT_SET
        assert lean["metadata"] is NOT_SET
    assert len(lean["notes"]) == 3
    fresh.close()


def test_values_beneath_local_ones_are_renewed(session: Session, other_session: Session, task: Any) -> None:
    task["description"] = "mine"
    theirs: Any = other_session.get("Task", task["id"])
    theirs["description"] = "theirs"
    other_session.commit()
    session.populate(task, "description")
    assert task["description"] == "mine"
    del task["description"]
    assert task["description"] == "theirs"


def test_entities_that_lead_to_each_other_are_merged(session: Session, other_session: Session) -> None:
    theirs = other_session.query("select name, children.name, children.parent from Shot")[0]
    mine = session.merge(theirs)
    assert mine.session is session
    assert all(child.parent is mine for child in mine.children)


# -- queries ---------------------------------------------------------------------------------------------


def test_what_is_not_committed_is_in_no_result(session: Session, task: Any) -> None:
    user = session.create("User", {"username": "promised-later"})
    query = 'User where username is "promised-later"'
    assert session.query(query).first() is None
    session.commit()
    assert session.query(query).one() is user


def test_first_and_one_ask_again(session: Session, other_session: Session) -> None:
    result = session.query('User where username is "promised-again"')
    assert result.all() == []
    other_session.create("User", {"username": "promised-again"})
    other_session.commit()
    assert result.first() == result.one()
    assert len(result) == 0, "the rows it has are those it fetched"


def test_limits_and_offsets_refuse_what_they_contradict(session: Session) -> None:
    for wrong in ("User limit 1", "User offset 1"):
        with pytest.raises(ValueError, match=r"limit|offset"):
            session.query(wrong).one()
    with pytest.raises(QueryError):
        session.query("User limit 1").first()
    assert session.query("User offset 1").first() == session.query("User")[1]


def test_unknown_types_are_key_errors_everywhere(session: Session) -> None:
    for ask in (
        session.query,
        session.create,
        lambda name: session.get(name, "x"),
        session.types.__getitem__,
    ):
        with pytest.raises(UnrecognisedEntityTypeError, match="Did you mean 'Task'") as caught:
            ask("Taks")
        assert isinstance(caught.value, KeyError)


def test_rows_that_come_twice_are_one_entity(scripted: Session, loopback: Loopback) -> None:
    row = {"__entity_type__": "Note", "id": "n"}
    task = {"__entity_type__": "Task", "id": "t", "name": "twice", "notes": [row, row]}
    loopback.answer_once([{"action": "query", "data": [task, task], "metadata": {"next": {"offset": None}}}])
    found = scripted.query("select name, notes from Task").all()
    assert [entity["id"] for entity in found] == ["t", "t"]
    assert found[0] is found[1]
    assert {note["id"] for note in found[0]["notes"]} == {"n"}


# -- sessions --------------------------------------------------------------------------------------------


def test_switches_go_back_also_after_errors(session: Session) -> None:
    with session.auto_populating(False):
        with session.auto_populating(True):
            assert session.auto_populate
        with pytest.raises(KeyError), session.auto_populating(True):
            raise KeyError
        assert not session.auto_populate
        with pytest.raises(KeyError), session.operation_recording(False):
            raise KeyError
        assert session.record_operations
    assert session.auto_populate


def test_a_new_thread_inherits_nothing_from_one_that_is_over(session: Session) -> None:
    """The system gives their numbers to new threads."""
    seen: list[bool] = []

    def look(leave: bool) -> None:
        seen.append(session.auto_populate and session.record_operations)
        if leave:
            session.auto_populate = session.record_operations = False

    for turn in range(20):
        thread = threading.Thread(target=look, args=(turn % 2 == 0,))
        thread.start()
        thread.join()
    assert seen == [True] * 20


def test_created_entities_go_with_a_rollback_whatever_makes_the_keys(open_session: Open) -> None:
    session = open_session(cache_key_maker=ObjectKeyMaker())
    user = session.create("User", {"username": "promised-never"})
    session.rollback()
    assert user not in list(session.cache.values())
    assert session.get("User", user["id"]) is None
    assert inspection.state(user) is NOT_SET


def test_custom_attributes_keep_no_session_alive(local_server: LocalServer) -> None:
    session = Session(local_server.url, local_server.api_key, local_server.api_user, schema_cache_path=False)
    shot: Any = session.query(Shot).first()
    shot.custom_attributes.source("fps")
    assert len(list(session.custom_attribute_configurations.of(shot))) > 0
    gone = weakref.ref(session)
    session.close()
    del session, shot
    gc.collect()
    assert gone() is None


def test_collections_cost_in_proportion_to_their_size(scripted: Session) -> None:
    def steps(size: int) -> int:
        task = scripted.create("Task", {"name": "many", "parent_id": "p"})
        notes = [scripted.create("Note", {"content": "", "user_id": "u"}) for _ in range(size)]
        counted = 0

        def count(frame: FrameType, event: str, argument: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count)
        try:
            for note in notes:
                task["notes"].append(note)
            assert notes[-1] in task["notes"]
        finally:
            sys.setprofile(None)
        return counted

    small, large = steps(200), steps(2000)
    assert large < small * 11


def test_types_are_a_mapping_of_names_to_classes(session: Session) -> None:
    assert session.types["Shot"] is Shot
    assert session.types.get("Shot") is Shot
    assert session.types.get("Shto") is None
    assert "Shot" in session.types.keys()  # noqa: SIM118
    assert dict(session.types)["Task"] is Task
    assert len(session.types.items()) == len(session.types) == len(list(session.types.values()))
    shot = session.query("Shot").first()
    assert isinstance(shot, session.types["TypedContext"])
