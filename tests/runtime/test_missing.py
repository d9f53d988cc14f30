"""What reading costs: attributes that are not loaded, prefetching, budgets."""

from __future__ import annotations

import gc
import inspect
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ftrack_entities import Shot, Task, TypedContext, User
from ftrack_local import LocalServer
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import BudgetExceededError, ConfigurationValueError, NotLoadedError

from .conftest import Loopback

Calls = Callable[[], int]
Open = Callable[..., Session]


@pytest.fixture(scope="module")
def studio() -> Iterator[LocalServer]:
    """A server with more than a thousand tasks."""
    with LocalServer(seed="demo", size=2) as server:
        yield server


@pytest.fixture
def many(studio: LocalServer, tmp_path: Path) -> Iterator[Session]:
    with Session(studio.url, studio.api_key, studio.api_user, schema_cache_path=tmp_path) as session:
        yield session


def line() -> int:
    """The line this is called from."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


# -- batches ---------------------------------------------------------------------------------------


def test_a_naive_loop_costs_little(many: Session, calls: Calls) -> None:
    before = calls()
    seen = [
        (task.bid, task.description, task.status.name)
        for task in many.query("select id from Task order by id limit 1000")
    ]
    assert calls() - before <= 9
    rows = many.query(Task).select(Task.bid, Task.description, Task.status.name).order_by(Task.id).limit(1000)
    assert seen == rows.all()


def test_pages_share_what_is_loaded(session: Session, calls: Calls) -> None:
    tasks = session.query("select id from Task limit 50", page_size=10).all()
    before = calls()
    assert all(task.bid is not None for task in tasks)
    assert calls() - before == 1


def test_related_entities_are_loaded_together(session: Session, calls: Calls) -> None:
    tasks = session.query("select status_id, status.id, type.id from Task").all()
    assert len({task.status for task in tasks}) > 3
    before = calls()
    assert all(task.status.color for task in tasks)
    assert calls() - before == 1
    assert all(task["type"]["color"] for task in tasks)
    assert calls() - before == 2


def test_relations_and_collections_are_loaded_together(session: Session, calls: Calls) -> None:
    tasks = session.query("select id from Task limit 40").all()
    before = calls()
    notes = [[note.content for note in task.notes] for task in tasks]
    assert calls() - before <= 2  # the notes, and their texts unless these came along
    assert all(task.parent is not None for task in tasks)
    assert all(task.metadata is not None for task in tasks)
    assert calls() - before <= 4
    fresh = session.query("select notes.content from Task").all()
    expected = {task.id: [note.content for note in task.notes] for task in fresh}
    assert notes == [expected[task.id] for task in tasks]


def test_subtypes_of_one_result_are_loaded_together(session: Session, calls: Calls) -> None:
    contexts = session.query("select id from TypedContext limit 60").all()
    assert len({type(context) for context in contexts}) > 1
    before = calls()
    assert all(isinstance(context.name, str) for context in contexts)
    assert calls() - before <= 1
    shots = [context for context in contexts if isinstance(context, Shot)]
    assert all(shot.status.name for shot in shots)


def test_what_is_loaded_for_some_does_not_part_them(session: Session, calls: Calls) -> None:
    tasks = session.query("select id from Task limit 30").all()
    session.populate(tasks[:10], "bid")
    before = calls()
    assert all(task.description is not NOT_SET for task in tasks)
    assert calls() - before == 1


def test_local_changes_stay(session: Session) -> None:
    tasks = session.query("select id, status_id from Task order by id limit 5").all()
    other = session.query("select name from Status where name is 'Done' or name like '%'").all()[-1]
    tasks[1].bid = 7.0
    tasks[2].status_id = other.id
    assert all(task.bid is not NOT_SET for task in tasks)
    assert tasks[1].bid == 7.0
    assert tasks[0].status.name
    assert tasks[2].status is other
    session.rollback()
    assert tasks[1].bid != 7.0 or tasks[1].bid is not None


def test_created_entities_are_not_asked_for(session: Session, calls: Calls) -> None:
    tasks = session.query("select id, parent_id from Task limit 5").all()
    made = session.create("Task", {"name": "made", "parent": tasks[0].parent})
    before = calls()
    assert tasks[0].bid is not NOT_SET
    assert calls() - before == 1
    assert made.description in (NOT_SET, None, "")
    assert calls() - before == 1
    session.rollback()


def test_a_missing_row_is_asked_for_once(session: Session, other_session: Session, calls: Calls) -> None:
    user = session.query(User).first()
    assert user is not None
    parent = session.query(Shot).first()
    made = [session.create(Task, name=f"gone {number}", parent=parent) for number in range(2)]
    session.commit()
    theirs = other_session.query("select id from Task where name like 'gone %'").all()
    assert len(theirs) == 2
    session.delete(made[0])
    session.commit()
    before = calls()
    gone = next(task for task in theirs if task.id == made[0].id)
    assert gone.bid is None
    assert gone.bid is None
    assert all(task.bid is not NOT_SET for task in theirs)
    assert calls() - before == 1
    session.delete(made[1])
    session.commit()


def test_what_fails_for_others_is_asked_for_alone(scripted: Session, loopback: Loopback) -> None:
    rows = [{"__entity_type__": "Task", "id": f"t{number}"} for number in range(3)]
    loopback.answer_once([{"action": "query", "data": rows, "metadata": {"next": {"offset": None}}}])
    tasks = scripted.query("select id from Task").all()
    loopback.received.clear()
    loopback.answer_once({"exception": "ServerError", "content": "no"})
    loopback.answer([{"action": "query", "data": [{**rows[1], "bid": 3.0}], "metadata": {}}])
    with scripted.auto_populating(True):
        assert tasks[1].bid == 3.0
    asked = [received.operations[0]["expression"] for received in loopback.received]
    assert asked == [
        "select bid from Task where id in ('t1', 't2', 't0')".replace("'", '"'),
        'select bid from Task where id is "t1"',
    ]


def test_dropped_siblings_are_not_asked_for(scripted: Session, loopback: Loopback) -> None:
    rows = [{"__entity_type__": "Task", "id": f"t{number}"} for number in range(100)]
    loopback.answer_once([{"action": "query", "data": rows, "metadata": {"next": {"offset": None}}}])
    kept = scripted.query("select id from Task").all()[:2]
    gc.collect()
    loopback.received.clear()
    data = [{**row, "bid": 1.0} for row in rows[:2]]
    loopback.answer_once([{"action": "query", "data": data, "metadata": {}}])
    with scripted.auto_populating(True):
        assert kept[0].bid == kept[1].bid == 1.0
    (asked,) = [received.operations[0]["expression"] for received in loopback.received]
    assert asked == 'select bid from Task where id in ("t0", "t1")'


# -- policies --------------------------------------------------------------------------------------


def test_fetch_asks_for_one(open_session: Open, calls: Calls) -> None:
    session = open_session(on_missing="fetch")
    assert session.on_missing == "fetch"
    tasks = session.query("select id from Task limit 4").all()
    before = calls()
    assert all(task.bid is not None for task in tasks)
    assert calls() - before == 4


def test_warn_names_the_line_once(open_session: Open, caplog: pytest.LogCaptureFixture) -> None:
    session = open_session(on_missing="warn")
    tasks = session.query("select id from Task limit 4").all()
    with caplog.at_level(logging.WARNING, "ftrack_typed.missing"):
        where = {line() for task in tasks if task.bid is not None}.pop()
        assert tasks[0].status.color
        assert tasks[1].description is not NOT_SET
    told = [record.getMessage() for record in caplog.records]
    assert told[0].startswith(f"{__file__}:{where}: Task.bid is read")
    assert "Task.bid" in told[0]
    assert "prefetch" in told[0]
    assert len([each for each in told if "Task.bid is" in each]) == 1
    assert len([each for each in told if "Status.color is" in each]) <= 1


def test_raise_loads_nothing(open_session: Open, calls: Calls) -> None:
    session = open_session(on_missing="raise")
    tasks = session.query("select id, name from Task limit 4").all()
    before = calls()
    with pytest.raises(
        NotLoadedError, match=r"Task\.bid of .* session\.prefetch\(entities, Task\.bid\)"
    ) as caught:
        tasks[0].bid  # noqa: B018
    assert (caught.value.entity_type, caught.value.attribute) == ("Task", "bid")
    assert not isinstance(caught.value, AttributeError)
    with pytest.raises(NotLoadedError):
        tasks[0].items()
    assert tasks[0].name
    assert calls() == before
    with session.auto_populating(False):
        assert tasks[0].bid is NOT_SET
    session.prefetch(tasks, Task.bid)
    assert tasks[3].bid is not None


def test_an_unknown_policy_is_refused(server_url: str, server_user: str, server_key: str) -> None:
    with pytest.raises(ConfigurationValueError, match="'batch', 'fetch', 'warn', 'raise'"):
        Session(server_url, server_key, server_user, on_missing="sometimes")  # type: ignore[arg-type]  # pyright: ignore


# -- all values of an entity -----------------------------------------------------------------------


@pytest.mark.parametrize("on_missing", ["batch", "fetch"])
def test_plain_values_are_loaded_at_once(open_session: Open, calls: Calls, on_missing: str) -> None:
    session = open_session(on_missing=on_missing)
    users = session.query("select id from User limit 3").all()
    relations = [each for each in User.__attributes__.values() if each.kind not in ("scalar", "restricted")]
    before = calls()
    assert dict(users[0].items())["username"] == users[0].username
    assert calls() - before <= 1 + len(relations)
    with session.auto_populating(False):
        assert all(value is NOT_SET for value in users[2].values()) is False


# -- prefetch --------------------------------------------------------------------------------------


def test_prefetch_asks_for_what_is_missing(session: Session, calls: Calls) -> None:
    tasks = session.query("select name from Task limit 30").all()
    before = calls()
    session.prefetch(tasks, Task.name)
    session.prefetch([], Task.bid)
    session.prefetch(tasks)
    assert calls() == before
    session.prefetch(tasks, Task.bid, Task.status.name, "parent.name, type.name", Task.notes)
    assert calls() == before + 1
    assert all(
        (task.bid is not None, task.status.name, task.parent and task.parent.name, task["type"]["name"])
        for task in tasks
    )
    session.prefetch(tasks, Task.bid, Task.status.name)
    session.prefetch(tasks[0], "status.name")
    assert calls() == before + 1
    session.prefetch(session.query("select id from TypedContext limit 5"), TypedContext.name)


# -- budgets ---------------------------------------------------------------------------------------


def test_a_budget_names_who_spent_it(open_session: Open) -> None:
    session = open_session(on_missing="fetch")
    tasks = session.query("select id from Task limit 4").all()
    first = line() + 4
    second = line() + 5

    def spend() -> None:
        assert tasks[0].bid is not None
        for task in tasks[1:]:
            assert task.bid is not None

    with pytest.raises(BudgetExceededError) as caught, session.budget(calls=2):
        spend()
    assert caught.value.calls == 2
    assert caught.value.spent == {f"{__file__}:{first}": 1, f"{__file__}:{second}": 1}
    assert caught.value.line == f"{__file__}:{second}"
    assert f"{__file__}:{first} spent 1" in str(caught.value)
    assert tasks[3].bid is not None


def test_budgets_nest(session: Session) -> None:
    def ask(times: int = 1) -> None:
        for _ in range(times):
            session.query("select id from Task limit 1").all()

    with session.budget(3) as outer:
        with pytest.raises(BudgetExceededError), session.budget(1):
            ask(2)
        assert outer.left == 2
        with session.budget(10), pytest.raises(BudgetExceededError, match="budget of 3"):
            ask(5)
    ask()
    with session.budget(0):
        assert str(session.query("Task")).startswith("select")
        with pytest.raises(BudgetExceededError, match="none was spent"):
            ask()


def test_a_budget_is_of_one_thread(session: Session) -> None:
    with session.budget(0), ThreadPoolExecutor(1) as pool:
        assert len(pool.submit(lambda: session.query("select id from Task limit 1").all()).result(10)) == 1


@pytest.mark.parametrize("calls", [-1, "3", None, True])
def test_a_budget_is_a_number(session: Session, calls: object) -> None:
    with pytest.raises(ConfigurationValueError), session.budget(calls):  # type: ignore[arg-type]  # pyright: ignore
        pass
