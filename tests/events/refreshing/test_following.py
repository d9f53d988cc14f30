"""Sessions and caches that follow what others change."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.events.refreshing.conftest import Listener, entry, fresh_task, same, update

from ftrack_entities import Asset, AssetVersion, Folder, Note, Shot, Status, Task, Timelog, User
from ftrack_typed import Session
from ftrack_typed.cache import MemoryCache
from ftrack_typed.events import Event


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
