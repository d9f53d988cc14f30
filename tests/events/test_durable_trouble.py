"""Durable listeners where the journal, the clock, the connection or the system lets them down."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed.errors import EventHubConnectionError, JournalError
from ftrack_typed.events import Event, EventHub
from ftrack_typed.events.durable import DurableListener, HandlingPolicy, Journal

from .conftest import SECONDS, Heard, MakeHub

AT_ONCE = HandlingPolicy(first_delay=0.01, longest_delay=0.05, grace=SECONDS)
IMPATIENT = 0.02
"""Seconds that journals here wait for locks."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def publisher(make_hub: MakeHub) -> EventHub:
    return make_hub()


@contextlib.contextmanager
def listening(
    hub: EventHub, path: Path, policy: HandlingPolicy = AT_ONCE, **options: Any
) -> Iterator[DurableListener]:
    """A listener the server knows of, on a journal that does not wait for locks."""
    journal = Journal(path, patience=IMPATIENT, **options)
    try:
        with DurableListener(hub, journal, policy=policy) as listener:
            assert hub.flush(SECONDS)
            yield listener
    finally:
        journal.close()


def publish(hub: EventHub, *numbers: int, topic: str = "studio.test") -> None:
    for number in numbers:
        hub.publish(Event(topic, data={"n": number}))
    assert hub.flush(SECONDS)


def until(condition: Callable[[], object]) -> None:
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.005)


class Lock:
    """Another program that has the file of a journal locked."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def take(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def lock(path: Path) -> Iterator[Lock]:
    Journal(path).close()
    made = Lock(path)
    yield made
    made.close()


def test_an_event_whose_end_cannot_be_noted_is_neither_lost_nor_handled_twice(
    make_hub: MakeHub, publisher: EventHub, path: Path, lock: Lock, caplog: pytest.LogCaptureFixture
) -> None:
    hub, calls = make_hub(), list[int]()

    def handle(event: Event) -> None:
        calls.append(event.data["n"])
        if event.data["n"] == 1:
            lock.take()

    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path) as listener:
        publish(publisher, 1)
        until(lambda: "is put off" in caplog.text)
        lock.release()
        publish(publisher, 2)
        until(lambda: listener.statistics.finished == 2)
        assert calls == [1, 2]
        assert listener.journal.counts().waiting == 0


def test_an_attempt_that_cannot_be_noted_as_begun_is_made_later(
    make_hub: MakeHub, publisher: EventHub, path: Path, lock: Lock, caplog: pytest.LogCaptureFixture
) -> None:
    hub, calls = make_hub(), list[int]()

    def handle(event: Event) -> None:
        calls.append(event.data["n"])
        if calls == [1]:
            lock.take()
            raise ValueError("the first time")

    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path) as listener:
        publish(publisher, 1)
        until(lambda: caplog.text.count("is put off") > 1)
        assert calls == [1]
        lock.release()
        assert listener.wait_until_idle(SECONDS)
        assert calls == [1, 1]


def test_a_timeout_that_cannot_be_noted_costs_nobody_his_turn(
    make_hub: MakeHub, publisher: EventHub, path: Path, lock: Lock, caplog: pytest.LogCaptureFixture
) -> None:
    hub, calls, release = make_hub(), list[int](), threading.Event()

    def handle(event: Event) -> None:
        calls.append(event.data["n"])
        if calls == [1]:
            lock.take()
            assert release.wait(SECONDS)

    hub.subscribe("topic=studio.test", handle)
    policy = HandlingPolicy(handler_timeout=0.1, first_delay=0.01, longest_delay=0.05, grace=SECONDS)
    with listening(hub, path, policy) as listener:
        publish(publisher, 1)
        until(lambda: "is put off" in caplog.text)
        lock.release()
        publish(publisher, 2)
        until(lambda: listener.statistics.finished == 2)
        release.set()
    assert calls == [1, 1, 2]


def test_events_a_busy_journal_refuses_are_told_as_soon_as_it_takes_more(
    make_hub: MakeHub, publisher: EventHub, path: Path, lock: Lock
) -> None:
    hub, heard, gaps = make_hub(), Heard(), Heard()
    hub.subscribe("topic=studio.test", heard)
    hub.subscribe("topic=ftrack.meta.gap", gaps)
    with listening(hub, path) as listener:
        lock.take()
        publish(publisher, 1, 2, 3)
        until(lambda: listener.statistics.refused == 3)
        lock.release()
        # No other event has to come for it.
        until(lambda: gaps)
    assert (heard, [gap["lost"] for gap in gaps.data]) == ([], [3])


def test_what_was_refused_and_not_told_before_the_end_is_told_by_the_next_listener(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    hub, begun, release = make_hub(), threading.Event(), threading.Event()

    def handle(event: Event) -> None:
        begun.set()
        assert release.wait(SECONDS)

    hub.subscribe("topic=studio.test", handle)
    hub.subscribe("topic=ftrack.meta.gap", Heard())
    with listening(hub, path, HandlingPolicy(grace=0.0), max_waiting=1) as listener:
        publish(publisher, 1)
        assert begun.wait(SECONDS)
        before = time.time()
        publish(publisher, 2)
        until(lambda: listener.statistics.refused == 1)
    release.set()
    hub.close()
    again, gaps = make_hub(), Heard()
    again.subscribe("topic=ftrack.meta.gap", gaps)
    with listening(again, path):
        until(lambda: gaps)
    [gap] = gaps.data
    assert datetime.fromisoformat(gap["since"]).timestamp() < before
    assert gap["lost"] is None


def test_the_pause_lasts_until_the_server_knows_of_the_subscribers(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    first = make_hub()
    first.subscribe("topic=studio.test", Heard())
    with listening(first, path) as listener:
        publish(publisher, 1)
        until(lambda: listener.statistics.finished == 1)
    first.close()
    with LocalServer(seed="empty") as later:
        url, port = later.url, int(later.url.rpartition(":")[2])
    hub, gaps = make_hub(connect=False, url=url), Heard()
    hub.subscribe("topic=ftrack.meta.gap", gaps)
    with DurableListener(hub, path, policy=AT_ONCE):
        until(lambda: hub.statistics.failures > 0)
        missed = time.time()  # what is published elsewhere now is not received
        with LocalServer(seed="empty", port=port):
            until(lambda: gaps)
            hub.close()
    [gap] = gaps.data
    since, until_ = (datetime.fromisoformat(gap[name]).timestamp() for name in ("since", "until"))
    assert since < missed < until_
    assert gap["reason"] == "the listener was not running"


def test_what_comes_while_handlers_end_is_kept_for_the_next_listener(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    hub, begun, release = make_hub(), threading.Event(), threading.Event()

    def handle(event: Event) -> None:
        begun.set()
        assert release.wait(SECONDS)

    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path) as listener:
        publish(publisher, 1)
        assert begun.wait(SECONDS)
        ending = threading.Thread(target=listener.stop)
        ending.start()
        publish(publisher, 2)
        until(lambda: listener.statistics.stored == 2)
        release.set()
        ending.join(SECONDS)
    hub.close()
    again, heard = make_hub(), Heard()
    again.subscribe("topic=studio.test", heard)
    with listening(again, path):
        until(lambda: heard)
    assert [data["n"] for data in heard.data] == [2]


def test_a_reply_that_cannot_be_sent_does_not_call_the_handler_again(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    hub, calls = make_hub(), list[int]()

    def handle(event: Event) -> Any:
        calls.append(event.data["n"])
        return object() if event.data["n"] == 1 else None

    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path) as listener:
        publish(publisher, 1, 2)
        until(lambda: listener.statistics.finished == 2)
    assert (calls, hub.statistics.handler_errors) == ([1, 2], 1)


def test_a_hub_that_was_disconnected_leaves_what_waits(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    hub, begun, release = make_hub(), threading.Event(), threading.Event()

    def handle(event: Event) -> None:
        begun.set()
        assert release.wait(SECONDS)

    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path) as listener:
        publish(publisher, 1, 2, 3)
        assert begun.wait(SECONDS)
        until(lambda: listener.statistics.stored == 3)
        hub.disconnect()
        release.set()
        listener.run(timeout=SECONDS)  # comes back, as the hub is offline
        listener.stop()
        assert listener.journal.counts().waiting == 2


def test_a_clock_set_back_delays_no_retry(make_hub: MakeHub, publisher: EventHub, path: Path) -> None:
    moments = itertools.count(2_000_000_000.0, -3600.0)
    hub, calls = make_hub(), list[int]()

    def handle(event: Event) -> None:
        calls.append(event.data["n"])
        if len(calls) < 3:
            raise ValueError("not yet")

    hub.subscribe("topic=studio.test", handle)
    policy = HandlingPolicy(first_delay=0.01, longest_delay=0.05, grace=SECONDS, clock=lambda: next(moments))
    with listening(hub, path, policy) as listener:
        publish(publisher, 1)
        until(lambda: listener.statistics.finished == 1)
    assert calls == [1, 1, 1]


def test_a_pause_noted_before_the_clock_was_set_back_is_told(make_hub: MakeHub, path: Path) -> None:
    journal = Journal(path)
    journal.note_listening(time.time() + 3600)
    journal.close()
    hub, gaps = make_hub(), Heard()
    hub.subscribe("topic=ftrack.meta.gap", gaps)
    with listening(hub, path):
        until(lambda: gaps)
    assert gaps[0].data["since"] <= gaps[0].data["until"]


def test_an_event_that_kills_the_process_is_set_aside_at_last(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    journal = Journal(path)
    entry = journal.store(Event("studio.test", data={"n": 1}).to_wire())
    assert entry is not None
    journal.fail(entry.number, ["ValueError: before"], due=0.0)
    journal.begin(entry.number)
    journal.close()  # as if the process had died in the handler
    hub, heard = make_hub(), Heard()
    hub.subscribe("topic=studio.test", heard)
    with listening(hub, path, HandlingPolicy(attempts=2)) as listener:
        [poisoned] = listener.journal.poisoned()
        publish(publisher, 2)
        until(lambda: heard)
    assert poisoned.errors == ("ValueError: before", "the process ended while the event was handled")
    assert [data["n"] for data in heard.data] == [2]


def test_what_waited_in_a_damaged_journal_is_a_gap(make_hub: MakeHub, path: Path) -> None:
    path.write_bytes(b"this is no database, " * 100)
    hub, gaps = make_hub(), Heard()
    hub.subscribe("topic=ftrack.meta.gap", gaps)
    with listening(hub, path):
        until(lambda: gaps)
    [gap] = gaps.data
    assert (gap["reason"], gap["lost"]) == ("the journal was damaged", None)
    assert gap["since"] < "1971"


@pytest.mark.skipif(os.name == "nt", reason="files in use can't be deleted on Windows")
def test_a_journal_that_is_deleted_is_told(
    make_hub: MakeHub, publisher: EventHub, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub, heard = make_hub(), Heard()
    hub.subscribe("topic=studio.test", heard)
    policy = HandlingPolicy(handler_timeout=0.2)  # so that it is looked at more often than every second
    with listening(hub, path, policy) as listener:
        assert listener.journal.in_place
        path.unlink()
        until(lambda: "was deleted or replaced" in caplog.text)
        assert not listener.journal.in_place
        publish(publisher, 1)
        until(lambda: heard)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_leaves_the_journal_alone(
    make_hub: MakeHub, publisher: EventHub, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub, heard = make_hub(), Heard()
    hub.subscribe("topic=studio.test", heard)
    with listening(hub, path) as listener:
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                refused = False
                try:
                    listener.journal.store({"id": "x", "topic": "studio.test"})
                except JournalError:
                    refused = True
                code = 0 if refused and listener.stop() else 2
                listener.journal.close()
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        publish(publisher, 1)
        until(lambda: heard)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("ending", [lambda: None, lambda: sys.exit(3)])
def test_the_child_of_a_handler_that_forks_goes_on_with_nothing(
    make_hub: MakeHub, publisher: EventHub, path: Path, ending: Callable[[], object]
) -> None:
    hub, children = make_hub(), list[int]()

    def handle(event: Event) -> None:
        child = os.fork()
        if child == 0:
            ending()
        else:
            children.append(child)

    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path) as listener:
        publish(publisher, 1)
        until(lambda: listener.statistics.finished == 1)
        [child] = children
        until(lambda: os.waitpid(child, os.WNOHANG)[0] == child)


def test_a_handler_may_stop_the_listener_and_has_had_its_event(
    make_hub: MakeHub, publisher: EventHub, path: Path
) -> None:
    hub, answers = make_hub(), list[bool]()
    journal = Journal(path)
    listener = DurableListener(hub, journal, policy=AT_ONCE)
    hub.subscribe("topic=studio.test", lambda event: answers.append(listener.stop()))
    with listener:
        assert hub.flush(SECONDS)
        publish(publisher, 1)
        listener.run(timeout=SECONDS)
        assert listener.stop()
    assert (answers, journal.counts().waiting) == ([False], 0)
    journal.close()


def test_a_closed_hub_has_no_listener(make_hub: MakeHub, path: Path) -> None:
    hub = make_hub()
    hub.close()
    listener = DurableListener(hub, path)
    with pytest.raises(EventHubConnectionError, match="closed"):
        listener.start()
    assert listener.stop()


def test_the_key_is_cut_out_of_errors_that_are_kept(
    make_hub: MakeHub, publisher: EventHub, site: LocalServer, path: Path
) -> None:
    def handle(event: Event) -> None:
        raise ValueError(f"refused: {site.api_key}")

    hub = make_hub()
    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path, HandlingPolicy(attempts=1)) as listener:
        publish(publisher, 1)
        until(lambda: listener.statistics.set_aside == 1)
        [poisoned] = listener.journal.poisoned()
    assert poisoned.errors[0].endswith("ValueError: refused: …")


def test_an_error_that_cannot_be_told_is_a_failure_like_any(
    make_hub: MakeHub, publisher: EventHub, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class SilentError(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def handle(event: Event) -> None:
        raise SilentError

    caplog.set_level(logging.CRITICAL, "ftrack_typed.events")  # logging itself would stumble over it
    hub = make_hub()
    hub.subscribe("topic=studio.test", handle)
    with listening(hub, path, HandlingPolicy(attempts=1)) as listener:
        publish(publisher, 1)
        until(lambda: listener.statistics.set_aside == 1)
        [poisoned] = listener.journal.poisoned()
    assert poisoned.errors[0].endswith("SilentError")
