"""Threads and forked processes: no lock is left behind, and nobody is in another one's way."""

from __future__ import annotations

import ast
import gc
import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

import ftrack_typed
from ftrack_entities import Task, User
from ftrack_typed import Session
from ftrack_typed.locks import ForkSafeLock

ROOMS = Path(ftrack_typed.__file__).parent
RENEWED = {
    "locks.py",
    "transport/pool.py",
    "unit_of_work/changes.py",
    "unit_of_work/pending.py",
    "unit_of_work/unit.py",
}
"""Modules that see to their own locks when the process forks."""
APART = {"events", "listening", "plugins"}
"""Rooms whose threads don't outlive a fork; they begin anew."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_waits_for_no_thread_of_its_parent(session: Session) -> None:
    """Some thread holds every lock at that moment."""
    session.query(User).select(User.username).all()
    locks = [each for each in gc.get_objects() if isinstance(each, ForkSafeLock)]
    assert locks
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with ExitStack() as held:
            for lock in locks:
                held.enter_context(lock)
            holds.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait(30)
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        try:
            names = session.query(User).select(User.username).all()
            task = session.query(Task).first()
            assert task is not None
            task.description = "of the child"
            session.commit()
            os._exit(0 if names else 2)
        except BaseException:
            os._exit(1)
    done.set()
    holder.join(30)
    _, status = os.waitpid(child, 0)
    assert status == 0


def test_every_lock_is_safe_for_forks_or_renewed() -> None:
    found = set()
    for path in ROOMS.rglob("*.py"):
        if path.relative_to(ROOMS).parts[0] in APART:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("Lock", "RLock", "Condition"):
                found.add(path.relative_to(ROOMS).as_posix())
    assert found <= RENEWED
