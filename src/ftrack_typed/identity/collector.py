"""The garbage collector while many entities are made at once.

Left alone it would walk what came so far again and again, and find nothing, as all of it is alive. Switched off until
the end it would walk everything after it left the processor's cache. So it is asked between slices, for what the last
slice brought: this frees the program of about as much work as it makes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WORTH_COLLECTING = 64
"""Rows of a slice; fewer are left to the collector's own rhythm."""


@contextmanager
def collector_paused() -> Iterator[Callable[[int], None]]:
    """Have the garbage collector run only when it is told to, within a ``with`` block.

    Yields a function to be told how many rows were just read, which collects the youngest generation if that is worth
    it. Where the program has switched the collector off, it stays off, and the function does nothing.
    """
    if not gc.isenabled():
        yield _leave
        return
    gc.disable()
    try:
        yield _collect
    finally:
        gc.enable()


def _collect(rows: int) -> None:
    if rows >= WORTH_COLLECTING:
        gc.collect(0)


def _leave(rows: int) -> None:
    """Do nothing."""
