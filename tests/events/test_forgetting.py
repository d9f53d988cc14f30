"""Disconnecting forgets all subscribers at once: no event is given to some of them, none is finished by nobody."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from tests.events.conftest import SECONDS, Heard, MakeHub

from ftrack_typed.events import Event, HubState
from ftrack_typed.events.durable import DurableListener, HandlingPolicy, Journal
from ftrack_typed.events.durable.journal import Entry

SUBSCRIBERS = 1000


def test_an_event_is_for_all_subscribers_or_for_none_of_them(make_hub: MakeHub) -> None:
    hub, event = make_hub(), Event("studio.test")
    for _ in range(SUBSCRIBERS):
        hub.subscribe("topic=studio.test", Heard())
    looked, over = threading.Event(), threading.Event()
    counts: set[int] = set()

    def look() -> None:
        while not over.is_set():
            counts.add(len(hub.subscribers_for(event)))
            counts.add(len(hub.subscribers()))
            looked.set()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        assert looked.wait(SECONDS)
        hub.disconnect()
    finally:
        over.set()
        looking.join(SECONDS)
    assert counts | {0} == {0, SUBSCRIBERS}
    assert hub.subscribers_for(event) == hub.subscribers() == []


def test_what_others_subscribe_to_after_that_stays(make_hub: MakeHub) -> None:
    hub, heard = make_hub(), Heard()
    hub.subscribe("topic=studio.old", heard)
    hub.disconnect()
    hub.connect(SECONDS)
    hub.subscribe("topic=studio.new", heard)
    replies = Heard()
    hub.publish(Event("studio.new"), on_reply=replies)
    assert hub.flush(SECONDS)
    hub.publish(Event("studio.old"))
    assert hub.flush(SECONDS)
    hub.wait(0)
    assert heard.topics == ["studio.new"]
    assert hub.state is HubState.CONNECTED


class Telling(Journal):
    """A journal that tells when an attempt to handle an event begins."""

    on_begin: Callable[[], object]

    def begin(self, number: int) -> Entry | None:
        self.on_begin()
        return super().begin(number)


def test_an_event_begun_while_subscribers_are_forgotten_stays_in_the_journal(
    make_hub: MakeHub, tmp_path: Path
) -> None:
    hub, publisher, heard, disconnected = make_hub(), make_hub(), Heard(), threading.Event()

    def let_go() -> None:
        if not disconnected.is_set():
            hub.disconnect()
            disconnected.set()

    hub.subscribe("topic=studio.test", heard)
    with contextlib.closing(Telling(tmp_path / "journal.sqlite")) as journal:
        journal.on_begin = let_go
        policy = HandlingPolicy(first_delay=SECONDS, longest_delay=SECONDS, grace=SECONDS)
        with DurableListener(hub, journal, policy=policy) as listener:
            assert hub.flush(SECONDS)
            publisher.publish(Event("studio.test"))
            assert disconnected.wait(SECONDS)
            listener.stop()
        assert (len(heard), journal.counts().waiting) == (0, 1)
