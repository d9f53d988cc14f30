"""Several threads on one session, and on fresh classes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ftrack_typed import Session
from ftrack_typed.entity import EntityRegistry
from ftrack_typed.entity.dynamic import SessionRegistry
from ftrack_typed.schema import Schema

FIRST_USE = """
import threading
from concurrent.futures import ThreadPoolExecutor
import ftrack_entities
names = sorted(ftrack_entities.REGISTRY)[:40]
barrier = threading.Barrier(16)
def use(seed):
    barrier.wait(10)
    found = {}
    for name in names[seed:] + names[:seed]:
        cls = ftrack_entities.REGISTRY[name]
        cls.model_validate({})
        cls().model_dump_json()
        found[name] = cls
    return found
with ThreadPoolExecutor(16) as pool:
    results = list(pool.map(use, range(16)))
assert all(result == results[0] for result in results)
print("ok")
"""


def together(count: int, action: Callable[[int], Any]) -> list[Any]:
    """Run an action in many threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def run(index: int) -> Any:
        barrier.wait(10)
        return action(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_first_use_of_classes_in_sixteen_threads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_USE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("ok", "")


def test_first_use_of_types_built_at_run_time(stock_documents: list[dict[str, Any]]) -> None:
    schema = Schema.from_wire(stock_documents)
    registry = SessionRegistry(EntityRegistry("none", {}), schema.types, lambda: schema)
    names = sorted(registry)[:40]
    results = together(16, lambda seed: {name: registry[name] for name in names[seed:] + names[:seed]})
    assert all(result[name] is results[0][name] for result in results for name in names)


def test_first_use_of_shapes(session: Session) -> None:
    paths = ["name", "bid", "status.name", "parent.name", "type.name", "link", "metadata", "notes.content"]

    def query(seed: int) -> list[Any]:
        chosen = ", ".join(sorted({paths[seed % 8], paths[(seed // 2) % 8]}))
        return session.query(f"select {chosen} from Task order by id limit 30").all()

    results = together(16, query)
    assert all(one is other for result in results for one, other in zip(result, results[0], strict=True))


def test_changes_outlive_queries_of_other_threads(session: Session) -> None:
    tasks = session.query("select name from Task order by id limit 20").all()

    def work(index: int) -> int:
        for turn in range(5):
            if index % 2:
                session.query("select name, bid, status.name from Task order by id limit 20").all()
            else:
                for task in tasks[index::8]:
                    task.name = f"{index} {turn}"
        return len(session.modified)

    modified = together(8, work)
    assert [task.name for task in tasks[0::2]] == [f"{index % 8} 4" for index in range(0, 20, 2)]
    assert sum(modified) == 10
    assert session.modified == []


@pytest.mark.parametrize("value", [True, False])
def test_switches_are_of_one_thread(session: Session, value: bool) -> None:
    with session.auto_populating(value), session.operation_recording(value):
        (seen,) = together(1, lambda _: (session.auto_populate, session.record_operations))
    assert seen == (True, True)
