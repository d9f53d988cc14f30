"""Entities kept in step with what others change, by the events that tell of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.events.refreshing.conftest import Listener, entry, fresh_task, same, update

from ftrack_entities import Note, Shot, Status, Task, Timelog, User
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import EventDataError
from ftrack_typed.events import Event
from ftrack_typed.events.topics import EntityUpdate
from ftrack_typed.symbol import NOT_SET


@pytest.fixture(scope="module")
def unasking(server: LocalServer) -> Iterator[Session]:
    """A session that asks for nothing by itself."""
    with Session(
        server.url, server.api_key, server.api_user, schema_cache_path=False, auto_populate=False
    ) as session:
        yield session


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
