"""Durable listeners: every event handled at least once, in order, whatever handlers and processes do."""

from __future__ import annotations

import contextlib
import itertools
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed.errors import ConfigurationValueError, InvalidStateError, JournalBusyError
from ftrack_typed.events import Event, EventHub
from ftrack_typed.events.durable import (
    DurableListener,
    HandlingPolicy,
    Journal,
    by_entity,
    by_path,
    by_project,
    unordered,
)
from ftrack_typed.events.durable.workers import Run, Workers

PATIENCE = 30.0
AT_ONCE = HandlingPolicy(first_delay=0.0, longest_delay=0.0, grace=PATIENCE)

MakeHub = Callable[[], EventHub]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def make_hub(server: LocalServer) -> Iterator[MakeHub]:
    with contextlib.ExitStack() as stack:

        def make() -> EventHub:
            return stack.enter_context(EventHub(server.url, server.api_user, server.api_key))

        yield make


@pytest.fixture
def hub(make_hub: MakeHub) -> EventHub:
    return make_hub()


@pytest.fixture
def publisher(make_hub: MakeHub) -> EventHub:
    made = make_hub()
    made.connect(PATIENCE)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def started(hub: EventHub, path: Path, **options: Any) -> DurableListener:
    """A listener that the server knows of."""
    options.setdefault("policy", AT_ONCE)
    listener = DurableListener(hub, path, **options)
    listener.start()
    assert hub.flush(PATIENCE)
    return listener


def publish(hub: EventHub, *numbers: int, topic: str = "studio.test", **data: Any) -> None:
    for number in numbers:
        hub.publish(Event(topic, data={"n": number, **data}))
    assert hub.flush(PATIENCE)


def until(condition: Callable[[], bool]) -> None:
    """Look again and again whether something has come about in another thread."""
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.005)


class Handler:
    """Collects numbers of events; raises where it is told to."""

    def __init__(self, raising: Callable[[int], BaseException | None] = lambda number: None) -> None:
        self.calls: list[int] = []
        self.done: queue.Queue[int] = queue.Queue()
        self._raising = raising

    def __call__(self, event: Event) -> None:
        number = event.data["n"]
        self.calls.append(number)
        error = self._raising(number)
        if error is not None:
            raise error
        self.done.put(number)

    def take(self, count: int) -> list[int]:
        return [self.done.get(timeout=PATIENCE) for _ in range(count)]


def test_every_event_is_handled_in_a_worker_and_forgotten_afterwards(
    hub: EventHub, publisher: EventHub, path: Path
) -> None:
    threads: set[str] = set()
    handler = Handler()
    hub.subscribe("topic=studio.test", handler)
    hub.subscribe("topic=studio.test", lambda event: threads.add(threading.current_thread().name))
    listener = started(hub, path)
    publish(publisher, *range(20))
    assert handler.take(20) == list(range(20))
    assert listener.wait_until_idle(PATIENCE)
    numbers = listener.statistics
    assert (numbers.stored, numbers.finished, numbers.failed, numbers.waiting) == (20, 20, 0, 0)
    assert threads == {"ftrack-events-worker"}
    before = threading.active_count()
    assert listener.stop()
    assert threading.active_count() == before - 2, "the worker and the one that watches"


def test_what_waits_is_handled_by_the_next_listener_and_the_pause_is_told(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    hub = make_hub()
    release, begun = threading.Event(), threading.Event()

    def stuck(event: Event) -> None:
        begun.set()
        assert release.wait(PATIENCE)

    hub.subscribe("topic=studio.test", stuck)
    listener = started(hub, path)
    publish(publisher, 1, 2, 3)
    assert begun.wait(PATIENCE)
    until(lambda: listener.statistics.stored == 3)
    assert not listener.stop(grace=0.0)
    release.set()
    hub.close()

    again, gaps = make_hub(), queue.Queue[Any]()
    handler = Handler()
    again.subscribe("topic=studio.test", handler)
    again.subscribe("topic=ftrack.meta.gap", lambda event: gaps.put(event.data))
    with DurableListener(again, path, policy=AT_ONCE):
        assert handler.take(3) == [1, 2, 3]
        gap = gaps.get(timeout=PATIENCE)
    assert gap["reason"] == "the listener was not running"
    assert gap["since"] < gap["until"]
    assert gap["lost"] is None


def test_only_the_handler_that_failed_is_called_again(hub: EventHub, publisher: EventHub, path: Path) -> None:
    failures = itertools.count()
    good = Handler()
    bad = Handler(lambda number: ValueError("not yet") if next(failures) < 2 else None)
    hub.subscribe("topic=studio.test", good)
    hub.subscribe("topic=studio.test", bad)
    listener = started(hub, path)
    publish(publisher, 7)
    assert bad.take(1) == [7]
    assert listener.wait_until_idle(PATIENCE)
    listener.stop()
    assert (good.calls, bad.calls) == ([7], [7, 7, 7])
    assert listener.statistics.failed == 2


@pytest.mark.parametrize("error", [ValueError("poison {x}"), SystemExit(3)])
def test_what_fails_too_often_is_set_aside_and_holds_up_nobody(
    hub: EventHub, publisher: EventHub, path: Path, error: BaseException
) -> None:
    broken = threading.Event()
    broken.set()
    handler = Handler(lambda number: error if number == 1 and broken.is_set() else None)
    hub.subscribe("topic=studio.test", handler)
    listener = started(hub, path, policy=HandlingPolicy(attempts=3, first_delay=0.0, longest_delay=0.0))
    publish(publisher, 1, 2)
    assert handler.take(1) == [2]
    assert handler.calls == [1, 1, 1, 2]
    [poisoned] = listener.journal.poisoned()
    assert poisoned.content["data"] == {"n": 1}
    assert len(poisoned.errors) == 3
    assert type(error).__name__ in poisoned.errors[0]
    assert str(error) in poisoned.errors[0]
    broken.clear()
    listener.retry(poisoned.event_id)
    assert handler.take(1) == [1]
    assert listener.wait_until_idle(PATIENCE)
    assert listener.journal.poisoned() == []
    listener.stop()


def test_events_of_one_key_keep_their_order_and_others_run_beside_them(
    hub: EventHub, publisher: EventHub, path: Path
) -> None:
    seen: dict[str, list[int]] = {"a": [], "b": []}
    meeting = threading.Barrier(2)
    done: queue.Queue[None] = queue.Queue()

    def handle(event: Event) -> None:
        shot = event.data["shot"]
        seen[shot].append(event.data["n"])
        meeting.wait(PATIENCE)  # passes only while one of each is being handled
        done.put(None)

    hub.subscribe("topic=studio.test", handle)
    listener = started(hub, path, key=by_path("data.shot"), policy=HandlingPolicy(workers=4, grace=PATIENCE))
    for number in range(10):
        publisher.publish(Event("studio.test", data={"n": number, "shot": "ab"[number % 2]}))
    for _ in range(10):
        done.get(timeout=PATIENCE)
    listener.stop()
    assert seen == {"a": [0, 2, 4, 6, 8], "b": [1, 3, 5, 7, 9]}


def test_a_handler_that_hangs_costs_its_event_an_attempt_and_nobody_else_anything(
    hub: EventHub, publisher: EventHub, path: Path
) -> None:
    release = threading.Event()
    handler = Handler()
    hub.subscribe("topic=studio.test and data.n>1", handler)
    hub.subscribe("topic=studio.test and data.n=1", lambda event: release.wait(PATIENCE) and None)
    policy = HandlingPolicy(handler_timeout=0.2, attempts=1, grace=PATIENCE)
    listener = started(hub, path, key=unordered, policy=policy)
    publish(publisher, 1, 2, 3)
    assert sorted(handler.take(2)) == [2, 3]
    assert listener.wait_until_idle(PATIENCE)
    [poisoned] = listener.journal.poisoned()
    assert poisoned.content["data"] == {"n": 1}
    assert "did not end within 0.2 s" in poisoned.errors[0]
    assert (listener.statistics.timeouts, listener.statistics.stuck) == (1, 1)
    release.set()
    assert listener.stop()


def test_the_result_of_a_handler_goes_back_to_the_publisher(
    hub: EventHub, publisher: EventHub, path: Path
) -> None:
    hub.subscribe("topic=studio.test", lambda event: {"doubled": event.data["n"] * 2})
    listener = started(hub, path)
    replies: list[Any] = []

    def note(reply: Event) -> None:
        replies.append(reply.data)
        publisher.disconnect()

    publisher.publish(
        Event("studio.test", data={"n": 21}),
        on_reply=note,
    )
    publisher.wait(PATIENCE)
    listener.stop()
    assert replies == [{"doubled": 42}]


def test_who_is_behind_a_handler_that_stops_an_event_never_gets_it(
    hub: EventHub, publisher: EventHub, path: Path
) -> None:
    failures = itertools.count()
    first = Handler(lambda number: ValueError("not yet") if next(failures) < 1 else None)
    last = Handler()
    hub.subscribe("topic=studio.test", first, priority=1)
    hub.subscribe("topic=studio.test", lambda event: event.stop(), priority=2)
    hub.subscribe("topic=studio.test", last, priority=3)
    listener = started(hub, path)
    publish(publisher, 1)
    assert first.take(1) == [1]
    assert listener.wait_until_idle(PATIENCE)
    listener.stop()
    assert last.calls == []


def test_a_full_journal_tells_how_many_are_lost(hub: EventHub, publisher: EventHub, path: Path) -> None:
    release, begun = threading.Event(), threading.Event()
    handled: queue.Queue[int] = queue.Queue()
    gaps: queue.Queue[Any] = queue.Queue()

    def handle(event: Event) -> None:
        begun.set()
        assert release.wait(PATIENCE)
        handled.put(event.data["n"])

    hub.subscribe("topic=studio.test", handle)
    hub.subscribe("topic=ftrack.meta.gap", lambda event: gaps.put(event.data["lost"]))
    journal = Journal(path, max_waiting=2)
    listener = DurableListener(hub, journal, policy=AT_ONCE)
    listener.start()
    assert hub.flush(PATIENCE)
    publish(publisher, 1)
    assert begun.wait(PATIENCE)
    publish(publisher, 2, 3, 4)
    until(lambda: listener.statistics.refused == 2)
    release.set()
    assert [handled.get(timeout=PATIENCE), handled.get(timeout=PATIENCE)] == [1, 2]
    until(lambda: listener.statistics.finished == 2)  # before that the journal has no room
    publish(publisher, 5)
    assert handled.get(timeout=PATIENCE) == 5
    assert gaps.get(timeout=PATIENCE) == 2
    listener.stop()
    journal.close()


def test_an_event_delivered_again_after_a_restart_is_handled_once(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    event = Event("studio.test", data={"n": 1})
    counts: list[list[int]] = []
    for _ in range(2):
        hub, handler = make_hub(), Handler()
        hub.subscribe("topic=studio.test", handler)
        listener = started(hub, path)
        publisher.publish(event)
        publish(publisher, 2)
        handler.take(1 if counts else 2)
        listener.stop()
        hub.close()
        counts.append(handler.calls)
    assert counts == [[1, 2], [2]]


_PROCESS = """
import os, sys, threading
from ftrack_typed.events import EventHub
from ftrack_typed.events.durable import DurableListener, HandlingPolicy
url, user, key, journal, log, dies_at = sys.argv[1:]
hub = EventHub(url, user, key)
ended = threading.Event()

def handle(event):
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{event.data['n']}\\n")
    if event.data["n"] == int(dies_at):
        os._exit(9)
    if event.data["n"] == 9:
        ended.set()

hub.subscribe("topic=studio.test", handle)
listener = DurableListener(hub, journal, policy=HandlingPolicy(first_delay=0))
listener.start()
hub.flush(30)
print("listening", flush=True)
listener.run(ended, timeout=60)
listener.stop()
hub.close()
"""


def test_a_process_killed_in_a_handler_leaves_nothing_undone(
    server: LocalServer, publisher: EventHub, path: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    def process(dies_at: int) -> subprocess.Popen[str]:
        arguments = [server.url, server.api_user, server.api_key, str(path), str(log), str(dies_at)]
        return subprocess.Popen(
            [sys.executable, "-c", _PROCESS, *arguments], stdout=subprocess.PIPE, text=True
        )

    with process(dies_at=3) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "listening\n"
        # One transaction of the server, so that all of them have arrived or are lost with the process.
        publish(publisher, *range(4))
        assert first.wait(PATIENCE) == 9
    with process(dies_at=-1) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == "listening\n"
        publish(publisher, *range(4, 10))
        assert second.wait(PATIENCE) == 0
    assert [int(line) for line in log.read_text().split()] == [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9]


def test_one_listener_works_on_a_journal(hub: EventHub, path: Path) -> None:
    listener = DurableListener(hub, path)
    with pytest.raises(JournalBusyError):
        DurableListener(hub, path)
    listener.stop()
    with pytest.raises(InvalidStateError, match="started once"), started(hub, path) as running:
        running.start()


def test_policies_that_make_no_sense_are_refused() -> None:
    for setting, value in (("workers", 0), ("attempts", 0), ("handler_timeout", 0), ("grace", -1)):
        with pytest.raises(ConfigurationValueError, match=setting):
            HandlingPolicy(**{setting: value})  # type: ignore[arg-type]


def test_keys_of_events() -> None:
    entity = {"entityId": "t1", "entityType": "task", "parents": [{"entityId": "t1"}, {"entityId": "p1"}]}
    update = Event("ftrack.update", data={"entities": [entity]})
    empty = Event("ftrack.update", data={"entities": [7]})
    other = Event("studio.test", data={"shot": {"ids": ["a", "b"]}})
    assert [by_project(event) for event in (update, empty, other)] == [
        "project p1",
        "topic ftrack.update",
        "topic studio.test",
    ]
    assert [by_entity(event) for event in (update, empty, other)] == [
        "task t1",
        "topic ftrack.update",
        "topic studio.test",
    ]
    assert by_path("data.shot.ids.1")(other) == "data.shot.ids.1 b"
    for missing in ("data.shot.ids.7", "data.shot.none.x", "data.x"):
        assert by_path(missing)(other) is None
    assert unordered(update) is None
    with pytest.raises(ValueError, match="no path into an event"):
        by_path("data..x")


def test_so_many_threads_may_hang_and_no_more() -> None:
    numbers: queue.Queue[int | None] = queue.Queue()
    release = threading.Event()
    overdue: queue.Queue[int] = queue.Queue()
    handled: queue.Queue[int] = queue.Queue()

    def handle(run: Run) -> None:
        run.begin("hanging", deadline=0.0 if run.number else float("inf"))
        if run.number:
            assert release.wait(PATIENCE)
        handled.put(run.number)
        run.end()

    workers = Workers(1, numbers.get, handle, lambda run: overdue.put(run.number), max_stuck=1, interval=0.01)
    for number in (1, 2, 0):
        numbers.put(number)
    assert [overdue.get(timeout=PATIENCE), overdue.get(timeout=PATIENCE)] == [1, 2]
    until(lambda: workers.stuck == 2)
    assert numbers.qsize() == 1, "nobody is left to handle the third"
    release.set()
    assert sorted(handled.get(timeout=PATIENCE) for _ in range(3)) == [0, 1, 2]
    numbers.put(None)
    assert workers.join(PATIENCE)
    assert (workers.running, workers.stuck) == (0, 0)
