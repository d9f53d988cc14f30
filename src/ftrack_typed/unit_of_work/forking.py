"""What ``os.fork`` must not tear apart: locks and pending work of the units of work in a process."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_typed.unit_of_work.unit import UnitOfWork

_UNITS: weakref.WeakSet[UnitOfWork] = weakref.WeakSet()
_held: list[UnitOfWork] = []


def watch(unit: UnitOfWork) -> None:
    """Keep a unit of work whole when the process forks.

    No thread is in the middle of a change at that moment. The new process starts without pending work: what was
    recorded before stays with the parent, or both would send it.
    """
    _UNITS.add(unit)


def _before() -> None:
    _held[:] = sorted(_UNITS, key=id)
    for unit in _held:
        unit.lock.__enter__()


def _in_parent() -> None:
    for unit in reversed(_held):
        unit.lock.__exit__(None, None, None)
    _held.clear()


def _in_child() -> None:
    units = list(_held)
    _in_parent()
    for unit in units:
        unit.in_forked_process()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
