"""Entities and caches kept in step with what others change, by the events that tell of it."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_entities import Asset, AssetVersion, Folder, Note, Shot, Status, Task, Timelog, User
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.cache import MemoryCache
from ftrack_typed.errors import EventDataError
from ftrack_typed.events import Event
from ftrack_typed.events.topics import EntityUpdate
from ftrack_typed.symbol import NOT_SET

# A busy machine is no failure.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxy settings of the machine out of loopback requests."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as server:
        yield server


@pytest.fixture(scope="module")
def unasking(server: LocalServer) -> Iterator[Session]:
    """A session that asks for nothing by itself."""
    with Session(server.url, server.api_key, server.api_user, auto_populate=False) as session:
        yield session


@pytest.fixture
def open_session(server: LocalServer) -> Iterator[Callable[..., Session]]:
    opened: list[Session] = []

    def open_one(**options: Any) -> Session:
        session = Session(server.url, server.api_key, server.api_user, schema_cache_path=False, **options)
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    return open_session()


@pytest.fixture
def other(open_session: Callable[..., Session]) -> Session:
    return open_session()


@pytest.fixture
def calls(caplog: pytest.LogCaptureFixture) -> Callable[[], int]:
    """Counts the requests sent since it was last asked, by the line each one logs."""
    caplog.set_level(logging.DEBUG, logger="ftrack_typed.transport")
    seen = [0]

    def count() -> int:
        total = sum(record.name == "ftrack_typed.transport" for record in caplog.records)
        new, seen[0] = total - seen[0], total
        return new

    return count


class Listener:
    """Collects the updates a session is told of."""

    def __init__(self, session: Session) -> None:
        self.events: list[Event] = []
        self._hub = session.event_hub
        self._hub.subscribe("topic=ftrack.update", self._take)
        self._hub.connect()
        assert self._hub.flush()

    def _take(self, event: Event) -> None:
        self.events.append(event)

    def after(self, work: Callable[[], object]) -> Event:
        """The next event once something was done."""
        known = len(self.events)
        work()
        for _ in range(100):
            if len(self.events) > known:
                return self.events[-1]
            self._hub.wait(0.1)
        pytest.fail("No event came.")


def fresh_task(session: Session, name: str = "told") -> Task:
    """A task of its own, so that tests don't meet."""
    parent = session.query(Shot).first()
    assert parent is not None
    task = session.create(Task, name=name, parent=parent, bid=1.0)
    session.commit()
    return task


def same(session: Session, task: Task) -> Task:
    """A session's own object for a task, with its plain values and its status loaded."""
    return (
        session.query(Task)
        .where(Task.id == task.id)
        .load(Task.name, Task.bid, Task.description, Task.start_date, Task.status.name, Task.status_id)
        .one()
    )


def update(*entities: dict[str, Any]) -> Event:
    return Event("ftrack.update", data={"entities": list(entities)})


def entry(task: Task, action: str = "update", **changes: tuple[Any, Any]) -> dict[str, Any]:
    told = {name: {"old": old, "new": new} for name, (old, new) in changes.items()}
    return {
        "action": action,
        "entityType": "task",
        "entity_type": "Task",
        "entityId": task.id,
        "changes": told,
    }


# -- one entity ------------------------------------------------------------------------------------


def test_loaded_values_follow_without_a_request(
    session: Session, other: Session, calls: Callable[[], int]
) -> None:
    theirs = fresh_task(other)
    mine = same(session, theirs)
    listener = Listener(session)
    status = other.query(Status).where(Status.id != theirs.status_id).first()
    assert status is not None
    name = status.name

    def work() -> None:
        theirs.name, theirs.bid, theirs.status = "renamed", 8.25, status
        theirs.start_date = datetime(2033, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
        other.commit()

    event = listener.after(work)
    assert session.schemas  # which translates names, and is asked for once
    calls()
    assert mine.refresh_from(event)
    assert (mine.name, mine.bid, mine.status_id) == ("renamed", 8.25, status.id)
    assert mine.start_date == datetime(2033, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert calls() == 0
    assert mine.status.name == name
    assert not list(session.modified)


def test_what_is_not_loaded_stays_so(session: Session) -> None:
    task = session.query(Task).load(Task.name).first()
    assert task is not None
    event = update(entry(task, bid=("1.0", "2.0")))
    assert task.refresh_from(event)
    assert "bid" not in vars(task)


def test_an_event_tells_nothing_of_others(session: Session) -> None:
    first, second = session.query(Task).limit(2).all()
    name = second.name
    assert not second.refresh_from(update(entry(first, name=(first.name, "x"))))
    assert second.name == name
    assert not Task(name="detached").refresh_from(update(entry(first)))


@pytest.mark.parametrize(
    ("held", "old", "new", "expected"),
    [
        ("a", "a", "b", "b"),
        ("b", "a", "b", "b"),
        ("c", "a", "b", NOT_SET),
    ],
)
def test_a_value_is_taken_over_only_where_the_event_follows_on_it(
    session: Session, other: Session, held: str, old: str, new: str, expected: Any
) -> None:
    mine = same(session, fresh_task(other, held))
    assert mine.refresh_from(update(entry(mine, name=(old, new))))
    assert vars(mine).get("name", NOT_SET) == expected
    if expected is NOT_SET:
        assert mine.name == held  # as the server has it


def test_a_value_that_cannot_be_read_is_read_anew(session: Session, other: Session) -> None:
    mine = same(session, fresh_task(other))
    assert mine.refresh_from(update(entry(mine, bid=("1.0", "a lot"))))
    assert "bid" not in vars(mine)
    assert mine.bid == 1.0


def test_local_changes_stay_on_top(session: Session, other: Session) -> None:
    mine = same(session, fresh_task(other))
    mine.name = "mine"
    mine.bid = 3.0
    assert mine.refresh_from(update(entry(mine, name=("told", "theirs"), bid=("9.0", "10.0"))))
    assert (mine.name, mine.bid) == ("mine", 3.0)
    session.rollback()
    assert mine.name == "theirs"
    assert mine.bid == 1.0  # in doubt, so it was read anew


@pytest.mark.parametrize("loaded", [[Task.status_id], [Task.status.name], [Task.status.name, Task.status_id]])
def test_a_relation_and_its_key_follow_together(session: Session, other: Session, loaded: list[Any]) -> None:
    theirs = fresh_task(other)
    first, second = other.query(Status).limit(2).all()
    theirs.status = first
    other.commit()
    mine = session.query(Task).where(Task.id == theirs.id).load(*loaded).one()
    theirs.status = second
    other.commit()
    assert mine.refresh_from(update(entry(mine, statusid=(first.id, second.id))))
    assert mine.status_id == second.id
    assert mine.status.name == second.name
    mine.status_id = first.id
    assert mine.refresh_from(update(entry(mine, statusid=(second.id, first.id))))
    assert mine.status.id == first.id


def test_what_the_server_computes_is_read_anew(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    mine = session.query(Task).where(Task.id == theirs.id).load(Task.name, Task.link, Task.time_logged).one()
    assert mine.link[-1]["name"] == "told"
    listener = Listener(session)

    def rename() -> None:
        theirs.name = "renamed"
        other.commit()

    assert mine.refresh_from(listener.after(rename))
    assert mine.link[-1]["name"] == "renamed"

    user = other.query(User).first()
    assert user is not None

    def log() -> None:
        other.create(Timelog, context=theirs, user=user, duration=3600.0)
        other.commit()

    assert mine.time_logged == 0
    assert mine.refresh_from(listener.after(log))
    assert mine.time_logged == 3600


def test_collections_are_read_anew_where_something_came_or_went(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    mine = session.query(Task).where(Task.id == theirs.id).load(Task.notes.each.content, Task.metadata).one()
    assert list(mine.notes) == []
    assert dict(mine.metadata) == {}
    listener = Listener(session)
    note: list[Note] = []

    def write() -> None:
        note.append(other.create(Note, content="look", parent_id=theirs.id, parent_type="task"))
        theirs.metadata["colour"] = "red"
        other.commit()

    assert mine.refresh_from(listener.after(write))
    assert [found.content for found in mine.notes] == ["look"]
    assert dict(mine.metadata) == {"colour": "red"}

    def change() -> None:
        theirs.metadata["colour"] = "blue"
        other.commit()

    assert mine.refresh_from(listener.after(change))
    assert dict(mine.metadata) == {"colour": "blue"}

    def remove() -> None:
        other.delete(note[0])
        other.commit()

    assert mine.refresh_from(listener.after(remove))
    assert list(mine.notes) == []


def test_local_changes_of_a_collection_are_still_sent(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    mine = session.query(Task).where(Task.id == theirs.id).load(Task.metadata).one()
    mine.metadata["mine"] = "1"
    listener = Listener(session)

    def change() -> None:
        theirs.metadata["theirs"] = "2"
        other.commit()

    mine.refresh_from(listener.after(change))
    session.commit()
    other.reset()
    again = other.get(Task, mine.id)
    assert again is not None
    assert dict(again.metadata) == {"mine": "1", "theirs": "2"}


def test_custom_attributes_are_read_anew(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    mine = session.query(Task).where(Task.id == theirs.id).one()
    assert mine.custom_attributes["fps"] != 48.0
    listener = Listener(session)

    def change() -> None:
        theirs.custom_attributes["fps"] = 48.0
        other.commit()

    assert mine.refresh_from(listener.after(change))
    assert mine.custom_attributes["fps"] == 48.0


def test_moved_entities_have_another_parent(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    mine = (
        session.query(Task)
        .where(Task.id == theirs.id)
        .load(Task.parent, Task.parent_id, Task.link, Task.ancestors)
        .one()
    )
    parent = theirs.parent
    assert parent is not None
    elsewhere = other.query(Shot).where(Shot.id != parent.id).first()
    assert elsewhere is not None
    listener = Listener(session)

    def move() -> None:
        theirs.parent = elsewhere
        other.commit()

    event = listener.after(move)
    assert event.data["entities"][0]["action"] == "move"
    assert mine.refresh_from(event)
    assert mine.parent is not None
    assert (mine.parent.id, mine.parent_id) == (elsewhere.id, elsewhere.id)
    assert mine.link[-2]["id"] == elsewhere.id
    assert elsewhere.id in [ancestor.id for ancestor in mine.ancestors]


def test_a_move_told_as_an_update_is_one(session: Session, other: Session) -> None:
    task = fresh_task(other)
    mine = session.query(Task).where(Task.id == task.id).load(Task.parent_id, Task.link, Task.ancestors).one()
    elsewhere = next(shot for shot in session.query(Shot).limit(2) if shot.id != mine.parent_id)
    assert mine.refresh_from(update(entry(mine, parent_id=(mine.parent_id, elsewhere.id))))
    assert mine.parent_id == elsewhere.id
    assert vars(mine).keys().isdisjoint({"link", "ancestors", "parent"})


def test_keys_are_never_let_go_of(session: Session, other: Session) -> None:
    mine = same(session, fresh_task(other))
    key = mine.id
    told = {
        "entityId": key,
        "entity_type": "Task",
        "action": "update",
        "changes": {"id": {"old": "x", "new": key}},
    }
    assert mine.refresh_from(update(told, {**told, "changes": {"id": {"old": key, "new": "y"}}}))
    assert mine.id == key
    assert session.get(Task, key) is mine


def test_removed_entities_are_not_found_any_more(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    mine = same(session, theirs)
    listener = Listener(session)

    def remove() -> None:
        other.delete(theirs)
        other.commit()

    assert mine.refresh_from(listener.after(remove))
    assert mine.name == "told"
    assert session.get(Task, mine.id) is None


def test_a_typed_event_refreshes_as_well(session: Session, other: Session) -> None:
    mine = same(session, fresh_task(other))
    seen: list[Any] = []

    @session.event_hub.on(EntityUpdate, Task.bid)
    def handle(event: EntityUpdate) -> None:
        (change,) = event.entities
        seen.append((change.entity(Task), mine.bid, mine.name))

    event = update(entry(mine, bid=("1.0", "2.0")), entry(mine, name=("told", "b")))
    session.event_hub.publish(event, synchronous=True)
    assert seen == [(mine, 2.0, "b")]


TEXTS = st.sampled_from(
    ["task", "Task", "Shot", "Metadata", "Nothing", "", "t-1", "1", "x", "2031-05-04", "\ud800"]
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)
COLUMNS = st.sampled_from(
    ["id", "name", "statusid", "status", "parent_id", "bid", "startdate", "fps", "link", "notes"]
)
SENT = st.one_of(ANYTHING, st.fixed_dictionaries({"old": ANYTHING, "new": ANYTHING}))
ENTRIES = st.dictionaries(
    st.sampled_from(
        ["entityId", "entity_type", "entityType", "action", "parents", "parentId", "objectTypeId"]
    ),
    ANYTHING,
    max_size=5,
)
ACTIONS = st.sampled_from(["add", "update", "move"])


@given(
    st.lists(
        st.tuples(ENTRIES, st.booleans(), ACTIONS, st.dictionaries(COLUMNS, SENT, max_size=4)), max_size=3
    )
)
def test_whatever_an_event_says_entities_stay_whole(
    unasking: Session, told: list[tuple[dict[str, Any], bool, str, dict[str, Any]]]
) -> None:
    loaded = (Task.name, Task.bid, Task.start_date, Task.status.name, Task.parent_id)
    fuzzed = unasking.query(Task).load(*loaded).order_by(Task.id).first()
    assert fuzzed is not None
    entities = [
        {
            **found,
            **(
                {"entityId": fuzzed.id, "entity_type": "Task", "action": action, "changes": changes}
                if ours
                else {}
            ),
        }
        for found, ours, action, changes in told
    ]
    key = fuzzed.id
    try:
        fuzzed.refresh_from(update(*entities))
    except EventDataError:
        return
    assert fuzzed.id == key
    for name, kind in {"name": str, "bid": float, "start_date": datetime, "status": Status}.items():
        value = vars(fuzzed).get(name)
        assert value is None or isinstance(value, kind)


def test_what_is_no_update_is_refused(session: Session) -> None:
    task = session.query(Task).first()
    assert task is not None
    with pytest.raises(EventDataError):
        task.refresh_from(Event("ftrack.update", data={"entities": 5}))


# -- following -------------------------------------------------------------------------------------


def test_a_session_follows_what_others_do(session: Session, other: Session, calls: Callable[[], int]) -> None:
    theirs = fresh_task(other)
    mine = same(session, theirs)
    parent = mine.parent
    assert parent is not None
    assert theirs.id in [child.id for child in parent.children]
    following = session.follow_updates()
    listener = Listener(session)

    def work() -> None:
        theirs.name = "followed"
        other.create(Task, name="sibling", parent=theirs.parent)
        other.commit()

    listener.after(work)
    calls()
    assert mine.name == "followed"
    assert calls() == 0
    assert "sibling" in [child.name for child in parent.children]
    following.stop()
    following.stop()

    def again() -> None:
        theirs.name = "not followed"
        other.commit()

    listener.after(again)
    assert mine.name == "followed"


def test_handlers_see_entities_as_the_event_left_them(session: Session, other: Session) -> None:
    mine = same(session, fresh_task(other))
    seen: list[str] = []
    session.event_hub.subscribe("topic=ftrack.update", lambda event: seen.append(mine.name))
    with session.follow_updates():
        session.event_hub.publish(update(entry(mine, name=("told", "new"))), synchronous=True)
    assert seen == ["new"]


def test_caches_let_go_of_what_others_changed(open_session: Callable[..., Session], other: Session) -> None:
    cache = MemoryCache()
    session = open_session(cache=cache)
    theirs = fresh_task(other)
    kept = session.get(Task, theirs.id)
    assert kept is not None
    assert kept.name == "told"
    assert any(theirs.id in str(key) for key in cache.keys())  # noqa: SIM118  # a cache is no mapping
    session.follow_updates()
    listener = Listener(session)

    def work() -> None:
        theirs.name = "changed"
        other.commit()

    listener.after(work)
    assert not any(theirs.id in str(key) for key in cache.keys())  # noqa: SIM118
    assert kept.name == "changed"
    again = open_session(cache=cache).get(Task, theirs.id)
    assert again is not None
    assert again.name == "changed"


def test_after_a_gap_everything_is_read_anew(open_session: Callable[..., Session], other: Session) -> None:
    cache = MemoryCache()
    session = open_session(cache=cache)
    theirs = fresh_task(other)
    mine = same(session, theirs)
    mine.bid = 5.0
    session.follow_updates()
    theirs.name = "missed"
    other.commit()
    session.event_hub.publish(Event("ftrack.meta.gap", data={"reason": "test"}), synchronous=True)
    assert not cache.keys()
    assert mine.name == "missed"
    assert mine.bid == 5.0


def test_after_an_event_that_cannot_be_read_everything_is_read_anew(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    mine = same(session, theirs)
    session.follow_updates()
    theirs.name = "missed"
    other.commit()
    session.event_hub.publish(Event("ftrack.update", data={"entities": 5}), synchronous=True)
    assert mine.name == "missed"
    assert session.event_hub.statistics.handler_errors == 1


def test_own_commits_change_nothing(session: Session, calls: Callable[[], int]) -> None:
    task = fresh_task(session)
    session.follow_updates()
    listener = Listener(session)

    def work() -> None:
        task.name = "own"
        session.commit()

    listener.after(work)
    calls()
    assert (task.name, task.bid) == ("own", 1.0)
    assert calls() == 0


def test_versions_of_others_appear(session: Session, other: Session) -> None:
    theirs = fresh_task(other)
    assert theirs.parent is not None
    asset = other.create(Asset, name="sharing", parent=theirs.parent)
    other.create(AssetVersion, asset=asset, task=theirs)
    other.commit()
    mine = session.get(Asset, asset.id)
    assert mine is not None
    assert len(mine.versions) == 1
    session.follow_updates()
    listener = Listener(session)

    def work() -> None:
        other.create(AssetVersion, asset=asset, task=theirs)
        other.commit()

    listener.after(work)
    assert [version.version for version in mine.versions] == [1, 2]


@pytest.mark.parametrize("seed", [1, 2])
def test_followed_entities_hold_what_the_server_has(
    session: Session, other: Session, open_session: Callable[..., Session], seed: int
) -> None:
    """Whatever others do: nothing that is held is untrue once all events are handled."""
    chance = random.Random(seed)
    theirs = [fresh_task(other, f"task {number}") for number in range(4)]
    shots = other.query(Shot).limit(3).all()
    folders = other.query(Folder).limit(3).all()
    statuses = other.query(Status).limit(3).all()
    users = other.query(User).limit(2).all()

    def look(reader: Session) -> dict[str, Any]:
        return {task.id: seen(reader, task.id) for task in theirs}

    look(session)  # from now on all of it is held
    held = [session.get(Task, task.id) for task in theirs]
    session.follow_updates()
    listener = Listener(session)

    def work() -> None:
        for _ in range(chance.randint(1, 3)):
            task = chance.choice(theirs)
            what = chance.randrange(10)
            if what == 0:
                task.name = f"name {chance.randrange(10**6)}"
            elif what == 1:
                task.status = chance.choice(statuses)
            elif what == 2:
                task.bid = float(chance.randint(1, 10**6))
            elif what == 3:
                task.parent = chance.choice(shots)
            elif what == 4:
                task.metadata[chance.choice("ab")] = str(chance.randrange(10**6))
            elif what == 5:
                task.custom_attributes["fps"] = float(chance.randint(1, 10**6))
            elif what == 6:
                other.create(Note, content=str(chance.random()), parent_id=task.id, parent_type="task")
            elif what == 7:
                chance.choice(shots).name = f"shot {chance.randrange(10**6)}"
            elif what == 8:
                chance.choice(shots).parent = chance.choice(folders)
            else:
                other.create(Timelog, context=task, user=chance.choice(users), duration=60.0)
        # So that every batch changes something, and an event is sure to come.
        theirs[0].description = str(chance.random())
        other.commit()

    for _ in range(10):
        listener.after(work)
        if chance.random() < 0.5:
            seen(session, chance.choice(theirs).id)  # some of it is loaded again, some isn't
    assert look(session) == look(open_session())
    assert all(held)


def test_threads_read_while_another_one_follows(
    session: Session, other: Session, open_session: Callable[..., Session]
) -> None:
    theirs = [fresh_task(other, f"shared {number}") for number in range(3)]
    session.follow_updates()
    handled: list[Event] = []
    all_handled, done = threading.Event(), threading.Event()

    def count(event: Event) -> None:
        handled.append(event)
        if len(handled) == 10:
            all_handled.set()

    session.event_hub.subscribe("topic=ftrack.update", count)
    session.event_hub.connect()
    assert session.event_hub.flush()

    def follow() -> None:
        while not done.is_set():
            session.event_hub.wait(0.05)

    def read(number: int) -> None:
        while not done.is_set():
            seen(session, theirs[number].id)

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(follow), *(pool.submit(read, number) for number in range(3))]
        try:
            for number in range(10):
                for task in theirs:
                    task.name, task.bid = f"round {number}", float(number)
                    task.metadata["round"] = str(number)
                other.create(Note, content=str(number), parent_id=theirs[0].id, parent_type="task")
                other.commit()
            assert all_handled.wait(30)
        finally:
            done.set()
        for each in working:
            each.result(30)
    assert session.event_hub.statistics.handler_errors == 0
    # A reply that was under way while an event was handled may have brought an older value.
    session.cache.forget(None)
    fresh = open_session()
    assert [seen(session, task.id) for task in theirs] == [seen(fresh, task.id) for task in theirs]


def seen(reader: Session, key: str) -> dict[str, Any]:
    """All there is to see of a task."""
    task = reader.get(Task, key)
    assert task is not None
    assert task.parent is not None
    return {
        "name": task.name,
        "bid": task.bid,
        "description": task.description,
        "status": (task.status_id, task.status.name),
        "parent": (task.parent_id, task.parent.id, [step["name"] for step in task.link]),
        "metadata": dict(task.metadata),
        "fps": task.custom_attributes["fps"],
        "notes": sorted(note.content for note in task.notes),
        "logged": (task.time_logged, sorted(log.id for log in task.timelogs)),
        "siblings": sorted(child.id for child in task.parent.children),
        "ancestors": sorted(ancestor.id for ancestor in task.ancestors),
    }


def test_closed_sessions_follow_no_more(open_session: Callable[..., Session], other: Session) -> None:
    session = open_session()
    mine = same(session, fresh_task(other))
    session.follow_updates()
    hub = session.event_hub
    session.close()
    hub.publish(update(entry(mine, name=("told", "new"))), synchronous=True)
    assert mine.name == "told"
    assert hub.statistics.handler_errors == 0
