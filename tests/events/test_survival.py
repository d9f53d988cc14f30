"""Listeners in bad times: what was sent is what was received and what was reported lost."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.events.conftest import QUICK, SECONDS, Heard, MakeHub, handle_until

from ftrack_local import LocalServer
from ftrack_local.testing import (
    DelayPacket,
    DropAcknowledgement,
    DuplicatePacket,
    Fault,
    HalfFrame,
    MalformedPacket,
    ResetSocket,
    Silence,
    Status,
)
from ftrack_typed.events import Event, EventHub, HubOptions, HubState, MemoryInbox, PublicationState, Receipt
from ftrack_typed.events.local import moment

NUMBERED = "studio.numbered"
GAP = "ftrack.meta.gap"


class Listener:
    """A hub, what it received of numbered events, and where gaps were reported: in the order of handling."""

    def __init__(self, hub: EventHub) -> None:
        self.hub = hub
        self.log: list[int | dict[str, Any]] = []
        hub.subscribe(f"topic={NUMBERED}", self._take, {"id": "numbered"})
        hub.subscribe(f"topic={GAP}", lambda event: self.log.append(event.data), {"id": "gaps"})
        assert hub.flush()

    def _take(self, event: Event) -> None:
        self.log.append(event.data)

    @property
    def received(self) -> list[int]:
        return [entry for entry in self.log if isinstance(entry, int)]

    @property
    def gaps(self) -> list[dict[str, Any]]:
        return [entry for entry in self.log if isinstance(entry, dict)]

    def unexplained(self, sent: Sequence[int]) -> list[int]:
        """What was neither received nor stands where a gap was reported."""
        missing = set(sent) - set(self.received)
        for position, entry in enumerate(self.log):
            if isinstance(entry, dict):
                before = [number for number in self.log[:position] if isinstance(number, int)]
                after = [number for number in self.log[position:] if isinstance(number, int)]
                lowest, highest = max(before, default=-1), min(after, default=max(sent) + 1)
                missing -= set(range(lowest, highest + 1))
        return sorted(missing)


def send(publisher: EventHub, numbers: Sequence[int]) -> None:
    """Publish numbered events, and see that the server has them."""
    publications = [publisher.publish(Event(NUMBERED, data=number)) for number in numbers]
    assert {publication.wait(SECONDS) for publication in publications} == {PublicationState.SENT}


def until_last(listener: Listener, publisher: EventHub, last: int) -> list[int]:
    """Send more events until one arrives; the listener is back then. Return what was sent."""
    sent: list[int] = []
    while not set(sent) & set(listener.received):
        sent.append(last + len(sent))
        send(publisher, sent[-1:])
        listener.hub.wait(0.05)
    return sent


@pytest.fixture
def surroundings() -> Callable[[], tuple[object, ...]]:
    """What a library has to leave alone."""

    def look() -> tuple[object, ...]:
        root = logging.root
        return (
            root.manager.disable,
            root.level,
            list(root.handlers),
            [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        )

    return look


@pytest.mark.parametrize(
    ("fault", "whole", "reconnects"),
    [
        (ResetSocket(), False, True),
        (HalfFrame(), False, True),
        (MalformedPacket(), True, False),
        (MalformedPacket("5:::[1]"), True, False),
        (MalformedPacket('5:::{"name":"ftrack.event","args":[{"no":"topic"}]}'), True, False),
        (MalformedPacket("no packet at all"), True, False),
        (Silence(), False, True),
        (DuplicatePacket(), True, False),
        (DelayPacket(), True, False),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, bool) else None,
)
def test_what_was_sent_was_received_or_reported_lost(
    make_hub: MakeHub,
    site: LocalServer,
    surroundings: Callable[[], tuple[object, ...]],
    fault: Fault,
    whole: bool,
    reconnects: bool,
) -> None:
    before, threads = surroundings(), set(threading.enumerate())
    publisher = make_hub()
    listener = Listener(make_hub(silence=1.0))
    planned = site.faults.add(fault, nth=8)
    send(publisher, range(20))
    sent = [*range(20), *until_last(listener, publisher, 20)]
    assert planned.consumed
    assert listener.unexplained(sent) == []
    assert len(listener.received) == len(set(listener.received))
    if whole:
        assert sorted(listener.received) == sent
    assert bool(listener.hub.statistics.disconnects) is reconnects
    assert surroundings() == before
    for hub in (listener.hub, publisher):
        hub.close()
    left = {
        thread for thread in set(threading.enumerate()) - threads if thread.name.startswith("ftrack-events")
    }
    assert left == set()


@pytest.mark.parametrize("seed", range(6))
def test_faults_in_any_order(make_hub: MakeHub, site: LocalServer, seed: int) -> None:
    """Two publishers whose events mix; faults strike at random, also while connections are made anew."""
    chance = random.Random(seed)
    publishers = make_hub(), make_hub()
    listener = Listener(make_hub(silence=0.5))
    begun: list[str] = []
    arrived: list[str] = []
    for _ in range(8):
        faults: list[Fault] = [ResetSocket(), DuplicatePacket(), MalformedPacket(), HalfFrame(), Silence()]
        for fault in chance.sample(faults, 2):
            site.faults.add(fault, nth=chance.randint(1, 6))
        if chance.random() < 0.4:
            site.faults.add(Status(503), path="/socket.io/1/*", times=chance.randint(1, 3))
        if chance.random() < 0.4:
            site.faults.add(DropAcknowledgement(), nth=chance.randint(1, 6))
        publications = []
        for _ in range(chance.randint(1, 8)):
            begun.append(moment())
            number = len(begun) - 1
            publications.append(chance.choice(publishers).publish(Event(NUMBERED, data=number)))
            listener.hub.wait(chance.choice((0, 0, 0.01)))
        assert {publication.wait(SECONDS) for publication in publications} == {PublicationState.SENT}
        arrived += [moment()] * len(publications)
    site.faults.clear()
    last = until_last(listener, publishers[0], len(begun))
    lost = set(range(len(begun))) - set(listener.received)
    explained = {
        number
        for number in lost
        if any(gap["since"] <= arrived[number] and begun[number] <= gap["until"] for gap in listener.gaps)
    }
    assert lost == explained
    assert set(listener.received) <= {*range(len(begun)), *last}
    assert len(listener.received) == len(set(listener.received))
    assert listener.hub.statistics.internal_errors == 0


def test_a_server_that_restarts(make_hub: MakeHub) -> None:
    with LocalServer(seed="empty") as first:
        port = int(first.url.rsplit(":", 1)[1])
        publisher, hub = make_hub(url=first.url), make_hub(url=first.url)
        listener = Listener(hub)
        send(publisher, range(5))
        handle_until(hub, lambda: len(listener.received) == 5)
    meanwhile = [publisher.publish(Event(NUMBERED, data=number)) for number in range(5, 10)]
    with LocalServer(seed="empty", port=port):
        assert {publication.wait(SECONDS) for publication in meanwhile} == {PublicationState.SENT}
        sent = [*range(10), *until_last(listener, publisher, 10)]
        assert listener.unexplained(sent) == []
        assert len(listener.received) == len(set(listener.received))
        [gap] = listener.gaps
        assert gap["lost"] is None
        assert gap["since"] <= gap["until"]
        hub.close()
        publisher.close()


def test_signs_of_life_are_answered_and_counted(make_hub: MakeHub) -> None:
    """The server cuts off clients that do not answer for 0.3 seconds; the hub servers that are silent for as long."""
    with LocalServer(seed="empty", heartbeat=0.05) as server:
        hub = make_hub(url=server.url, silence=0.3)
        heard = Heard()
        hub.subscribe("topic=studio.test", heard)
        hub.wait(0.9)
        hub.publish(Event("studio.test"))
        handle_until(hub, lambda: heard)
        assert (hub.statistics.connects, hub.statistics.disconnects) == (1, 0)
        hub.close()


def test_a_lost_confirmation_makes_no_second_event(make_hub: MakeHub, site: LocalServer) -> None:
    publisher = make_hub()
    listener = Listener(make_hub())
    site.faults.add(DropAcknowledgement(), nth=2)
    send(publisher, range(5))
    handle_until(
        listener.hub, lambda: len(listener.received) == 5 and listener.hub.statistics.duplicates >= 1
    )
    assert publisher.statistics.resent >= 1
    assert sorted(listener.received) == list(range(5))


def test_a_full_inbox_counts_what_it_leaves_out(make_hub: MakeHub) -> None:
    publisher = make_hub()
    listener = Listener(make_hub(inbox_limit=5))
    send(publisher, range(20))
    # Nobody handles anything until all has come: on one connection order is kept.
    assert listener.hub.publish(Event("studio.mark")).wait(SECONDS) is PublicationState.SENT
    assert listener.hub.statistics.received == 20
    sent = [*range(20), *until_last(listener, publisher, 20)]
    lost = sum(gap["lost"] for gap in listener.gaps)
    assert lost > 0
    assert len(listener.received) + lost == len(sent)
    assert listener.unexplained(sent) == []
    assert listener.hub.statistics.lost == lost


def test_what_others_know_to_be_missing_is_told_once_the_server_knows_the_subscribers(
    make_hub: MakeHub,
) -> None:
    hub, gaps, since = make_hub(connect=False), Heard(), moment()
    assert hub.complete_until is None
    hub.subscribe("topic=ftrack.meta.gap", gaps)
    hub.report_gap("the program was not running", since)
    hub.connect(SECONDS)
    handle_until(hub, lambda: gaps)
    assert hub.flush(SECONDS)
    complete = hub.complete_until
    assert complete is not None
    assert since <= complete <= moment()
    hub.report_gap("the disk was full", complete)
    handle_until(hub, lambda: len(gaps) == 2)
    assert [(gap["reason"], gap["since"], gap["lost"]) for gap in gaps.data] == [
        ("the program was not running", since, None),
        ("the disk was full", complete, None),
    ]


def test_a_slow_handler_holds_up_neither_the_connection_nor_other_threads(make_hub: MakeHub) -> None:
    publisher, hub = make_hub(), make_hub(silence=1.0)
    begun, free = threading.Event(), threading.Event()
    fast = Heard()

    def slow(event: Event) -> None:
        begun.set()
        free.wait(SECONDS)

    hub.subscribe("topic=studio.slow", slow)
    hub.subscribe(f"topic={NUMBERED}", fast)
    assert hub.flush()
    publisher.publish(Event("studio.slow"))
    waiting = threading.Thread(target=hub.wait)
    waiting.start()
    assert begun.wait(SECONDS)
    send(publisher, range(100))
    handle_until(hub, lambda: len(fast) == 100)
    free.set()
    assert hub.statistics.disconnects == 0
    hub.disconnect()
    waiting.join(SECONDS)


def test_handlers_that_raise_cost_nobody_anything(make_hub: MakeHub) -> None:
    publisher = make_hub()
    hub = make_hub()
    hub.subscribe(f"topic={NUMBERED}", lambda event: 1 / 0, priority=1)
    listener = Listener(hub)
    send(publisher, range(10))
    handle_until(hub, lambda: len(listener.received) == 10)
    assert listener.received == list(range(10))
    assert (hub.statistics.handler_errors, listener.gaps) == (10, [])


def test_reconnecting_waits_longer_and_longer_by_chance() -> None:
    from ftrack_typed.events.options import Backoff

    longest = Backoff(HubOptions(first_delay=1, longest_delay=20, random=lambda: 1.0))
    assert [longest.next() for _ in range(7)] == [1, 2, 4, 8, 16, 20, 20]
    longest.reset()
    assert longest.next() == 1
    anything = Backoff(HubOptions(first_delay=1, random=lambda: 0.25))
    assert [anything.next() for _ in range(3)] == [0.25, 0.5, 1.0]


def test_an_outage_is_logged_once(
    make_hub: MakeHub, site: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults.add(Status(503), path="/socket.io/1/*", times=5)
    hub = make_hub(connect=False)
    hub.init_connection()
    assert hub.publish(Event("studio.test")).wait(SECONDS) is PublicationState.SENT
    assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == ["WARNING"]


def test_news_of_the_hub_is_told_where_wanted_and_never_by_others(
    make_hub: MakeHub, site: LocalServer
) -> None:
    hub, other = make_hub(connect=False), make_hub()
    heard = Heard()
    hub.subscribe("topic=ftrack.meta.*", heard)
    hub.connect()
    hub.wait(0)
    assert heard.topics == ["ftrack.meta.connected"]
    forged = {"topic": GAP, "id": "1", "data": "nonsense", "source": {}}
    site.faults.add(
        MalformedPacket(f'5:::{{"name":"ftrack.event","args":[{str(forged).replace(chr(39), chr(34))}]}}')
    )
    hub.subscribe("topic=studio.test", heard)
    assert hub.flush()
    other.publish(Event("studio.test"))
    handle_until(hub, lambda: len(heard) == 2)
    assert heard.topics == ["ftrack.meta.connected", "studio.test"]


def test_events_with_unknown_keys_are_delivered(make_hub: MakeHub, site: LocalServer) -> None:
    hub = make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.*", heard)
    assert hub.flush()
    packet = '{"name":"ftrack.event","args":[{"topic":"studio.new","shard":7},{"topic":"studio.second"}]}'
    site.faults.add(MalformedPacket(f"5:::{packet}"))
    site.faults.add(MalformedPacket("99:::of the future"))
    hub.publish(Event("studio.test"))
    handle_until(hub, lambda: len(heard) == 3)
    assert heard.topics == ["studio.new", "studio.second", "studio.test"]
    assert heard[0].extra == {"shard": 7}
    assert hub.statistics.unknown_keys == 1


def test_an_inbox_that_fails_loses_only_what_it_fails_at(make_hub: MakeHub) -> None:
    hub = make_hub()
    listener = Listener(hub)

    class Faulty(MemoryInbox):
        def put(self, event: Event) -> Receipt:
            if event.data in (3, 4):
                raise RuntimeError("a broken inbox")
            return super().put(event)

    hub.use_inbox(Faulty())
    send(hub, range(8))
    handle_until(hub, lambda: len(listener.received) == 6)
    assert listener.unexplained(range(8)) == []
    assert sum(gap["lost"] for gap in listener.gaps) == 2
    assert hub.statistics.disconnects == 0


@pytest.mark.parametrize("failing", range(1, 9))
def test_wherever_the_thread_fails_it_goes_on(make_hub: MakeHub, failing: int) -> None:
    """The clock is asked all over the place; once it fails."""
    asked = 0

    def clock() -> float:
        nonlocal asked
        if threading.current_thread().name == "ftrack-events":
            asked += 1
            if asked == failing:
                raise RuntimeError("a broken clock")
        return time.monotonic()

    hub = make_hub(connect=False, clock=clock)
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    hub.init_connection()
    assert hub.publish(Event("studio.test")).wait(SECONDS) is PublicationState.SENT
    handle_until(hub, lambda: heard)
    assert hub.statistics.internal_errors == 1


def test_a_hub_nobody_holds_is_collected_with_its_thread(
    site: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    class Plugin:
        """Holds the hub, and is held by it."""

        def __init__(self) -> None:
            self.hub = EventHub(site.url, site.api_user, site.api_key, options=HubOptions(**QUICK))
            self.hub.subscribe("topic=studio.test", self.handle)

        def handle(self, event: Event) -> None: ...

    plugin = Plugin()
    plugin.hub.connect()
    [thread] = [thread for thread in threading.enumerate() if thread.name == "ftrack-events"]
    plugin.hub.disconnect(unsubscribe=False, reconnect=True)
    plugin.hub.publish(Event("studio.test"))
    reference = weakref.ref(plugin.hub)
    del plugin
    for _ in range(200):
        gc.collect()
        thread.join(0.05)  # it holds the hub for a step at most
        if not thread.is_alive():
            break
    assert reference() is None
    assert not thread.is_alive()
    assert "1 publications are lost" in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_a_connection_of_its_own(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    assert hub.flush()
    identifier = hub.id
    child = os.fork()
    if child == 0:
        try:
            new = hub.state is HubState.OFFLINE and hub.id != identifier and len(hub.subscribers()) == 1
            hub.connect(SECONDS)
            sent = hub.publish(Event("studio.test", data="of the child")).wait(SECONDS)
            hub.close()
            os._exit(0 if new and sent is PublicationState.SENT else 2)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    hub.publish(Event("studio.test", data="of the parent"))
    handle_until(hub, lambda: len(heard) == 2)
    assert heard.data == ["of the child", "of the parent"]
    assert hub.statistics.disconnects == 0
