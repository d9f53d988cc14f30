"""Run a session as a service does, for as long as wanted, and tell whether it holds more and more.

The server runs in a process of its own, so that the figures are those of the client. The exit code is 1 when
memory, entities, objects, open files or threads grow.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import logging
import multiprocessing
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.memory import MEBIBYTE, Sample, growth, sample
from ftrack_entities import Shot, Status, Task
from ftrack_local import LocalServer, testing
from ftrack_typed import Entity, RetryPolicy, Session
from ftrack_typed.cache import FileCache

SAMPLES = 12
"""How many samples a run has at least."""

_FAULTS = (testing.Status(503), testing.Reset(), testing.Truncate(40), testing.DropReply())
_START_SECONDS = 60
_WORKERS = 4


@dataclass(frozen=True)
class Site:
    """A server in another process."""

    url: str
    api_key: str
    api_user: str
    pipe: Connection

    def fail(self, fault: int) -> None:
        """Have the next request meet a fault, by its number."""
        self.pipe.send(fault)
        self.pipe.recv()


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """A local server with the demo studio, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(_START_SECONDS):
            raise RuntimeError(f"The server did not start within {_START_SECONDS} seconds.")
        url, api_key, api_user = here.recv()
        yield Site(url, api_key, api_user, here)
    finally:
        here.close()  # which ends it
        process.join(_START_SECONDS)
        if process.is_alive():
            process.kill()


def serve(pipe: Connection) -> None:
    """Serve until the other end of the pipe is closed; each number that comes plans a fault."""
    logging.disable()  # answers that break off are no news here
    with LocalServer(seed="demo") as server:
        pipe.send((server.url, server.api_key, server.api_user))
        with contextlib.suppress(EOFError, OSError):
            while True:
                server.faults.add(_FAULTS[pipe.recv()])
                pipe.send(None)


class Service:
    """Work as it comes up in a long-running pipeline service.

    Args:
        where: The server.
        directory: Where its cache is kept.
        seed: Decides everything random.
        hold: Keep all entities that are read, to see that this is noticed.
    """

    def __init__(self, where: Site, directory: Path, seed: int, *, hold: bool = False) -> None:
        self._where = where
        self._chance = random.Random(seed)
        self._held: list[Entity] | None = [] if hold else None
        self._cache = FileCache(directory / "entities.db", max_entries=500)
        self._numbers = itertools.count(1)
        self._session = self._open(cache=self._cache)
        self._steps: tuple[Callable[[], None], ...] = (
            self._browse,
            self._browse,
            self._publish,
            self._publish,
            self._give_up,
            self._look_up,
            self._share,
            self._hand_out,
            self._start_over,
        )

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._cache.close()

    def turn(self, number: int) -> None:
        """One piece of work, sometimes with a fault on its way."""
        if self._chance.random() < 0.2:
            self._where.fail(self._chance.randrange(len(_FAULTS)))
        self._chance.choice(self._steps)()
        if number % 40 == 20 and hasattr(os, "fork"):
            self._fork()

    def _open(self, **options: Any) -> Session:
        where = self._where
        retries = RetryPolicy(first_delay=0.01, longest_delay=0.1)
        return Session(
            where.url, where.api_key, where.api_user, schema_cache_path=False, retries=retries, **options
        )

    def _browse(self) -> None:
        """Read a page and attributes that were not asked for."""
        start = self._chance.randrange(500)
        query = self._session.query(Task).load(Task.name).order_by(Task.id).offset(start).limit(100)
        for task in query:
            _ = task.bid, task.status.name, task.parent, dict(task.custom_attributes), len(task.notes)
            if self._held is not None:
                self._held.append(task)

    def _publish(self) -> None:
        """Create, change and delete, each with a commit."""
        shot = self._session.query(Shot).offset(self._chance.randrange(20)).first()
        assert shot is not None
        name = f"soak {next(self._numbers)}"
        task = self._session.create(
            Task, name=name, parent=shot, custom_attributes={"difficulty": "hard"}, metadata={"by": "soak"}
        )
        self._session.commit()
        task.bid = self._chance.random()
        task.metadata["more"] = "x" * 100
        shot.custom_attributes["fstart"] = self._chance.randrange(1000)
        self._session.commit()
        self._session.delete(task)
        self._session.commit()

    def _give_up(self) -> None:
        """Work that fails and is taken back."""
        task = self._session.query(Task).offset(self._chance.randrange(500)).first()
        assert task is not None
        with contextlib.suppress(LookupError), self._session.unit_of_work():
            task.name = "never"
            self._session.create(Task, name="never", parent=task.parent)
            raise LookupError
        task.bid = 1.0
        self._session.rollback()

    def _look_up(self) -> None:
        """Read by key, partly from the cache."""
        for (key,) in self._session.query(Task).select(Task.status_id).limit(20):
            _ = self._session.get(Status, str(key))
        self._session.cache.refresh()

    def _share(self) -> None:
        """Read in several threads."""
        start = self._chance.randrange(400)

        def read(index: int) -> int:
            query = self._session.query(Task).order_by(Task.id).offset(start + 10 * index).limit(30)
            return sum(len(task.status.name) for task in query)

        with ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(read, range(_WORKERS)))

    def _hand_out(self) -> None:
        """Write in several threads, each with a session of its own."""

        def write(number: int) -> None:
            with self._session.fork() as session:
                task = session.create(Task, name=f"soak {number}", parent=session.query(Shot).first())
                session.commit()
                session.delete(task)
                session.commit()

        with ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(write, [next(self._numbers) for _ in range(_WORKERS)]))

    def _start_over(self) -> None:
        """Another session comes and goes, or this one begins anew."""
        if self._chance.random() < 0.5:
            self._session.reset()
            return
        with self._open() as session:
            _ = session.query(Task).limit(20).all()

    def _fork(self) -> None:
        """A process that inherits the session."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads
            child = os.fork()
        if child == 0:
            found = 0
            with contextlib.suppress(BaseException):
                found = len(self._session.query(Task).limit(5).all())
            os._exit(0 if found == 5 else 1)
        if os.waitpid(child, 0)[1] != 0:
            raise RuntimeError("A forked process could not read.")


def run(service: Service, *, turns: int | None, seconds: float) -> list[Sample]:
    """Work for a number of turns, else for a time, and print a line per sample: once a minute at least."""
    print(f"{'minute':>8} {'turns':>8} {'MiB':>8} {'entities':>9} {'objects':>9} {'files':>6} {'threads':>8}")
    samples: list[Sample] = []
    started = time.monotonic()
    every = min(60.0, seconds / SAMPLES)
    for turn in itertools.count(1):
        service.turn(turn)
        elapsed = time.monotonic() - started
        due = (
            elapsed >= every * (len(samples) + 1)
            if turns is None
            else turn >= turns * (len(samples) + 1) / SAMPLES
        )
        if due:
            samples.append(sample(elapsed, turn))
            print(_line(samples[-1]), flush=True)
        if elapsed >= seconds if turns is None else turn >= turns:
            return samples
    raise AssertionError("endless")


def _line(one: Sample) -> str:
    return (
        f"{one.seconds / 60:8.2f} {one.turns:8} {one.resident / MEBIBYTE:8.1f} {one.entities:9} "
        f"{one.objects:9} {one.descriptors:6} {one.threads:8}"
    )


def main() -> int:
    """Soak and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=2.0, help="how long to run (2)")
    length.add_argument("--turns", type=int, metavar="N", help="how much to do instead")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="repeats a run")
    parser.add_argument("--hold", action="store_true", help="keep what is read, to see that it is noticed")
    options = parser.parse_args()
    if options.minutes <= 0 or (options.turns is not None and options.turns < SAMPLES):
        parser.error(f"a run takes some time, or {SAMPLES} turns at least")
    print(f"seed {options.seed}")
    with (
        tempfile.TemporaryDirectory() as directory,
        site() as where,
        Service(where, Path(directory), options.seed, hold=options.hold) as service,
    ):
        samples = run(service, turns=options.turns, seconds=options.minutes * 60)
    grown = growth(samples)
    print("\n".join(f"GROWS  {each}" for each in grown) or "Nothing grows.")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
