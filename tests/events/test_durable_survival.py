"""Durable listeners that come and go while faults strike: what is not handled is told."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_local.testing import (
    DuplicatePacket,
    Fault,
    HalfFrame,
    MalformedPacket,
    ResetSocket,
    Silence,
)
from ftrack_typed.events import Event, EventHub, PublicationState
from ftrack_typed.events.durable import DurableListener, HandlingPolicy, Journal, by_project, unordered
from ftrack_typed.events.local import moment

from .conftest import SECONDS, MakeHub

LIVES = 4
BURSTS = 6


class Run:
    """A publisher of numbered events, listeners one after the other, and what became of the events."""

    def __init__(self, make_hub: MakeHub, site: LocalServer, path: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.begun: list[str] = []
        self.arrived: list[str] = []
        self.handled: list[int] = []
        self.gaps: list[Any] = []
        self._make_hub = make_hub
        self._site = site
        self._path = path
        self._publisher = make_hub()
        self._policy = HandlingPolicy(
            workers=self.chance.choice((1, 3)),
            first_delay=0.001,
            longest_delay=0.02,
            attempts=50,
            handler_timeout=SECONDS,
            grace=SECONDS,
        )

    def publish(self, count: int) -> int:
        """Publish some events, note when that was, and return the number of the last."""
        publications = []
        for _ in range(count):
            self.begun.append(moment())
            publications.append(self._publisher.publish(Event("studio.test", data=len(self.begun) - 1)))
        assert {publication.wait(SECONDS) for publication in publications} == {PublicationState.SENT}
        self.arrived += [moment()] * count
        return len(self.begun) - 1

    @contextlib.contextmanager
    def life(self) -> Iterator[tuple[EventHub, DurableListener]]:
        """A listener whose handler fails now and then, and whose journal is too small now and then."""
        hub = self._make_hub(connect=False, silence=0.5)
        hub.subscribe("topic=studio.test", self._handle)
        hub.subscribe("topic=ftrack.meta.gap", lambda event: self.gaps.append(event.data))
        journal = Journal(self._path, patience=0.01, max_waiting=self.chance.choice((5, 100_000)))
        key = self.chance.choice((unordered, by_project))
        with DurableListener(hub, journal, policy=self._policy, key=key) as listener:
            yield hub, listener
        journal.close()
        hub.close()

    def burst(self) -> None:
        """Publish while faults strike, and while another program may have the journal locked."""
        faults: list[Fault] = [ResetSocket(), DuplicatePacket(), MalformedPacket(), HalfFrame(), Silence()]
        if self.chance.random() < 0.7:
            self._site.faults.add(self.chance.choice(faults), nth=self.chance.randint(1, 6))
        other = sqlite3.connect(self._path, isolation_level=None, timeout=0.2)
        with contextlib.closing(other):
            if self.chance.random() < 0.4:
                with contextlib.suppress(sqlite3.OperationalError):
                    other.execute("BEGIN IMMEDIATE")
            self.publish(self.chance.randint(1, 8))

    def end(self, listener: DurableListener) -> None:
        """Without faults, publish until one arrives: the gaps before it have been told then."""
        self._site.faults.clear()
        deadline, pause = time.monotonic() + SECONDS, threading.Event()
        last = -1
        while last not in self.handled:
            assert time.monotonic() < deadline
            last = self.publish(1)
            pause.wait(0.05)
        assert listener.wait_until_idle(SECONDS)

    def unexplained(self) -> set[int]:
        """Events neither handled nor published while a gap is told."""
        return {
            number
            for number in range(len(self.begun))
            if number not in self.handled
            and not any(
                gap["since"] <= self.arrived[number] and self.begun[number] <= gap["until"]
                for gap in self.gaps
            )
        }

    def _handle(self, event: Event) -> None:
        if self.chance.random() < 0.1:
            raise ValueError("not this time")
        self.handled.append(event.data)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_sent_was_handled_once_or_is_told(
    make_hub: MakeHub, site: LocalServer, tmp_path: Path, seed: int
) -> None:
    run = Run(make_hub, site, tmp_path / "journal.sqlite", seed)
    for number in range(LIVES):
        with run.life() as (hub, listener):
            if number == 0:
                assert hub.flush(SECONDS)  # before that nobody listens
            for _ in range(BURSTS):
                run.burst()
            if number == LIVES - 1:
                run.end(listener)
        if number < LIVES - 1:
            run.publish(run.chance.randint(1, 3))
    told = sum(gap["lost"] or 0 for gap in run.gaps)
    # What a journal refuses may have been on its way for a while; it is counted.
    missing = {number: (run.begun[number], run.arrived[number]) for number in run.unexplained()}
    assert len(missing) <= told, (missing, run.gaps)
    assert len(run.handled) == len(set(run.handled))
