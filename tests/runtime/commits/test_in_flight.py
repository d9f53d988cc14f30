"""What threads do while another one commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from tests.runtime.commits.conftest import Load, sent

from ftrack_entities import Status
from ftrack_typed import Session

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Does something in another thread, the same one each time."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda action: pool.submit(action)


@pytest.fixture
def in_flight(
    scripted: Session, loopback: Loopback, elsewhere: Callable[[Callable[[], Any]], Any]
) -> Callable[[Callable[[], object]], None]:
    """Does something while the commit of another thread waits for its answer."""

    def meanwhile(action: Callable[[], object]) -> None:
        gate = threading.Event()
        loopback.answer_once([], gate=gate)
        commit = elsewhere(scripted.commit)
        try:
            assert loopback.waiting.wait(10)
            action()
        finally:
            gate.set()
            commit.result(10)
        loopback.answer_once([])

    return meanwhile


def test_what_is_recorded_during_a_commit_is_sent_by_the_next(
    scripted: Session,
    loopback: Loopback,
    load: Load,
    in_flight: Callable[[Callable[[], object]], None],
    elsewhere: Callable[[Callable[[], Any]], Any],
) -> None:
    task = load("Task", "t1", name="a", bid=1.0)
    other = load("Task", "t2", name="a")
    elsewhere(lambda: setattr(task, "name", "b")).result(10)

    def record() -> None:
        task.name = "c"
        task.bid = 2.0
        other.name = "d"
        scripted.create(Status, name="made")

    in_flight(record)
    sent(loopback)
    assert (task.name, task.bid, other.name) == ("c", 2.0, "d")
    assert scripted.modified == [task, other]
    assert len(scripted.created) == 1
    scripted.commit()
    assert [(each["action"], each["entity_data"].get("name")) for each in sent(loopback)] == [
        ("update", "c"),
        ("update", "d"),
        ("create", "made"),
    ]
    assert scripted.modified == []


def test_a_collection_changed_during_a_commit_is_sent_by_the_next(
    scripted: Session,
    loopback: Loopback,
    load: Load,
    in_flight: Callable[[Callable[[], object]], None],
    elsewhere: Callable[[Callable[[], Any]], Any],
) -> None:
    scopes = [load("Scope", f"x{index}", name="s") for index in range(3)]
    task = load("Task", "t1", scopes=[])
    elsewhere(lambda: task.scopes.append(scopes[0])).result(10)
    in_flight(lambda: task.scopes.append(scopes[1]))
    assert [each["id"] for each in sent(loopback)[0]["entity_data"]["scopes"]] == ["x0"]
    assert list(task.scopes) == scopes[:2]
    scripted.commit()
    assert [each["id"] for each in sent(loopback)[0]["entity_data"]["scopes"]] == ["x0", "x1"]
    assert scripted.modified == []


def test_a_commit_sends_nothing_of_other_threads(
    scripted: Session,
    loopback: Loopback,
    in_flight: Callable[[Callable[[], object]], None],
    elsewhere: Callable[[Callable[[], Any]], Any],
) -> None:
    elsewhere(lambda: scripted.create(Status, name="x")).result(10)
    assert scripted.created == []
    scripted.commit()
    assert loopback.received == []
    in_flight(scripted.commit)
    assert len(sent(loopback)) == 1
    assert elsewhere(lambda: scripted.created).result(10) == []
