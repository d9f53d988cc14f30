"""What every measurement needs: the canned server, the workers of both clients, and how much is to be measured."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.peer_environment import UnavailableError, peer_python
from typing_extensions import Self

from benchmarks.canned import CannedServer
from benchmarks.workers.process import Worker, environment

_PROGRAM_SECONDS = 300


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rounds: int
    """Turns each alternative has at least, unless it is slow."""
    most_rounds: int
    patience: float
    """Seconds after which a row has no further turns than `rounds`: what is quick gets more of them."""
    rows: int
    """Rows of the pages that are hydrated and of the queries that are read."""
    cached: int
    """Rows held while one change is committed; five times as many entities."""
    written: int
    """Entities created, and updated, by a large commit."""
    looped: int
    """Tasks in the naive loop."""
    scale: tuple[int, int, int]
    """Sizes of results, in rows."""
    peer_rows: int
    """Rows up to which the existing client is measured; it needs about a millisecond for one."""
    pages: int
    """Pages fetched by threads."""
    events: int
    subscribers: int
    studio: int
    """Size of the demo seed that the local server is measured with."""
    seconds: float
    """Time that one alternative may take in all rounds together; it runs once in any case."""


FULL = Sizes(
    rounds=7,
    most_rounds=40,
    patience=8.0,
    rows=10_000,
    cached=4_000,
    written=1_000,
    looped=1_000,
    scale=(1_000, 10_000, 100_000),
    peer_rows=10_000,
    pages=64,
    events=10_000,
    subscribers=100,
    studio=105,
    seconds=20.0,
)
QUICK = Sizes(
    rounds=1,
    most_rounds=1,
    patience=0.0,
    rows=200,
    cached=40,
    written=20,
    looped=20,
    scale=(20, 60, 200),
    peer_rows=60,
    pages=8,
    events=100,
    subscribers=100,
    studio=1,
    seconds=1.0,
)


class NotYetError(Exception):
    """A row can't be measured yet; the message says what is missing."""


class Bench:
    """Starts what rows need when they need it.

    Args:
        sizes: How much is measured.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes: Sizes = sizes
        self.missing: str = ""
        """Why the existing client can't be measured, when it can't."""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @cached_property
    def server(self) -> CannedServer:
        """The canned server."""
        return self._open.enter_context(CannedServer())

    @cached_property
    def ours(self) -> Worker:
        """The worker of `ftrack_typed`, with a session opened."""
        return self._open.enter_context(self._worker(Path(sys.executable), "benchmarks.workers.ours"))

    @cached_property
    def peer(self) -> Worker | None:
        """The worker of the existing client; None where it can't be installed."""
        python = self.peer_python
        if python is None:
            return None
        return self._open.enter_context(self._worker(python, "benchmarks.workers.peer"))

    @cached_property
    def peer_python(self) -> Path | None:
        """The interpreter the existing client is installed for; None where it can't be."""
        try:
            return peer_python()
        except UnavailableError as error:
            self.missing = str(error)
            return None

    def _worker(self, python: Path, module: str) -> Worker:
        worker = Worker(python, module)
        worker.call("open", url=self.server.url)
        return worker

    @contextmanager
    def fresh(self, worker: Worker) -> Iterator[Worker]:
        """Another process of the kind of `worker`, which has done nothing yet."""
        python = Path(sys.executable) if worker is self.ours else self.peer_python
        assert python is not None
        with self._worker(python, worker.module) as other:
            yield other

    def workers(self) -> dict[str, Worker]:
        """Both workers by their column, ours alone where the existing client can't be installed."""
        return {"ours": self.ours} | ({} if self.peer is None else {"peer": self.peer})

    @contextmanager
    def holding(self, query: str) -> Iterator[dict[str, Worker]]:
        """Fresh processes of both clients, by their column, that keep what a query finds."""
        with ExitStack() as stack:
            found = {name: stack.enter_context(self.fresh(worker)) for name, worker in self.workers().items()}
            for worker in found.values():
                worker.call("hold", query=query)
            yield found

    def best(self, alternatives: Mapping[str, Callable[[], float]]) -> dict[str, float]:
        """The least that each alternative gives, run in turns.

        Turns spread disturbances of the machine over all of them; the least figure has the least of it. An
        alternative that used up its time sits out the rounds that are left.
        """
        least = dict.fromkeys(alternatives, float("inf"))
        spent = dict.fromkeys(alternatives, 0.0)
        for turn in range(self.sizes.most_rounds):
            if turn >= self.sizes.rounds and sum(spent.values()) > self.sizes.patience:
                break
            for name, action in alternatives.items():
                if spent[name] < self.sizes.seconds:
                    started = time.perf_counter()
                    least[name] = min(least[name], action())
                    spent[name] += time.perf_counter() - started
        return least


def run(python: Path, *arguments: str, cwd: Path | None = None) -> float:
    """Seconds that a program takes from start to end.

    Raises:
        RuntimeError: when it fails, with what it printed.
    """
    started = time.perf_counter()
    printed(python, *arguments, cwd=cwd)
    return time.perf_counter() - started


def printed(python: Path, *arguments: str, cwd: Path | None = None) -> str:
    """What a program prints.

    Raises:
        RuntimeError: when it fails, with what it printed.
    """
    done = subprocess.run(
        [str(python), *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=_PROGRAM_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)[:200]} failed:\n{done.stderr}")
    return done.stdout


def machine(sizes: Sizes) -> dict[str, Any]:
    """Where figures come from, to be kept with them."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "rounds": sizes.rounds,
        "quick": sizes is QUICK,
    }
