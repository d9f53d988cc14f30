"""One object per key, as long as somebody holds it; what nobody holds is let go."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Callable

from ftrack_entities import Status, Task
from ftrack_typed import Session
from ftrack_typed.identity.map import IdentityMap

from .conftest import Loopback

Calls = Callable[[], int]


def page(start: int, count: int) -> list[dict[str, object]]:
    status = {"__entity_type__": "Status", "id": f"s{start}", "name": "wip"}
    rows = [
        {"__entity_type__": "Task", "id": f"t{number}", "name": f"task {number}", "status": status}
        for number in range(start, start + count)
    ]
    return [{"action": "query", "data": rows, "metadata": {"next": {"offset": None}}}]


def ask(session: Session, loopback: Loopback, start: int, count: int) -> list[Task]:
    loopback.answer_once(page(start, count))
    found: list[Task] = session.query("select name, status.name from Task").all()
    return found


def test_dropped_entities_are_let_go(scripted: Session, loopback: Loopback) -> None:
    tasks = ask(scripted, loopback, 0, 20_000)
    seen = [weakref.ref(entity) for entity in (*tasks, tasks[0].status)]
    assert len(seen) == 20_001
    del tasks
    gc.collect()
    assert sum(each() is not None for each in seen) == 0


def test_one_object_per_key_while_it_is_held(scripted: Session, loopback: Loopback) -> None:
    held = ask(scripted, loopback, 0, 3)
    again = ask(scripted, loopback, 0, 5)
    assert all(one is other for one, other in zip(held, again[:3], strict=True))
    assert again[4].status is held[0].status


def test_a_key_comes_back_as_a_new_object(scripted: Session, loopback: Loopback) -> None:
    first = weakref.ref(ask(scripted, loopback, 0, 1)[0])
    gc.collect()
    assert first() is None
    assert ask(scripted, loopback, 0, 1)[0].name == "task 0"


def test_changed_entities_are_held_until_the_commit(scripted: Session, loopback: Loopback) -> None:
    ask(scripted, loopback, 0, 2)[1].name = "renamed"
    created = weakref.ref(scripted.create("Task", {"id": "new", "name": "x"}))
    gc.collect()
    assert [task["name"] for task in scripted.modified] == ["renamed"]
    assert created() is not None
    assert ask(scripted, loopback, 0, 2)[1].name == "renamed"
    scripted.rollback()
    gc.collect()
    assert created() is None


def test_memory_stays_flat(scripted: Session, loopback: Loopback) -> None:
    """A short soak: what a session holds does not grow with what it has read."""

    def objects() -> int:
        gc.collect()
        return len(gc.get_objects())

    for start in range(0, 20_000, 2_000):
        ask(scripted, loopback, start, 2_000)
    settled = objects()
    for start in range(20_000, 100_000, 2_000):
        ask(scripted, loopback, start, 2_000)
    # References of collected entities wait for the next purge; there are never many of them.
    assert objects() - settled < 8_000


def test_other_threads_may_bring_up_types_while_the_dead_are_taken_out() -> None:
    identities, numbers = IdentityMap(), itertools.count()

    class Key(str):
        """Another thread comes in between whenever it is looked up."""

        __slots__ = ()

        def __hash__(self) -> int:
            identities.of(f"Type {next(numbers)}")
            return super().__hash__()

    for number in range(1_001):
        identities.keep("Task", Key(number), Task())
    identities.purge()
    assert not identities.of("Task")


def test_a_loop_that_asks_by_key_asks_once(session: Session, calls: Calls) -> None:
    keys = session.query(Task).select(Task.status_id).limit(50).all()
    before = calls()
    for (key,) in keys:
        status = session.get(Status, str(key))
        assert status is not None
        del status
    assert calls() - before == len(set(keys))
