"""What a process holds, and whether that grows."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ftrack_typed.entity import Entity

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """What the process held at one moment, after collecting garbage."""

    seconds: float
    """Since the start."""
    turns: int
    """Work done until then."""
    resident: int
    """Bytes of memory in use; 0 where the system does not tell."""
    entities: int
    objects: int
    """Everything the garbage collector looks after."""
    descriptors: int
    """Open files and connections; 0 where the system does not tell."""
    threads: int


@dataclass(frozen=True)
class _Measure:
    name: str
    of: Callable[[Sample], int]
    slack: int
    """Growth that means nothing, besides a share of what there is."""


_SHARE = 0.03
_MEASURES = (
    _Measure("bytes of memory", lambda sample: sample.resident, 4 * MEBIBYTE),
    _Measure("entities", lambda sample: sample.entities, 100),
    _Measure("objects", lambda sample: sample.objects, 3000),
    _Measure("open files", lambda sample: sample.descriptors, 4),
    _Measure("threads", lambda sample: sample.threads, 2),
)


def sample(seconds: float, turns: int) -> Sample:
    """Look at this process now."""
    gc.collect()
    tracked = gc.get_objects()
    return Sample(
        seconds=seconds,
        turns=turns,
        resident=_resident(),
        # Types and not instances: asking proxies what they are runs their code.
        entities=sum(issubclass(type(each), Entity) for each in tracked),
        objects=len(tracked),
        descriptors=_descriptors(),
        threads=threading.active_count(),
    )


def growth(samples: Sequence[Sample]) -> list[str]:
    """Say what has grown; empty when nothing has, or when there are fewer than six samples to tell from.

    The first third warms up. What leaks raises the least that is held: that of the last third is compared with
    that of the second.
    """
    third = len(samples) // 3
    if third < 2:
        return []
    middle, last = samples[third : 2 * third], samples[2 * third :]
    found: list[str] = []
    for measure in _MEASURES:
        before, after = min(map(measure.of, middle)), min(map(measure.of, last))
        if after - before > measure.slack + before * _SHARE:
            found.append(f"{measure.name}: from {before:,} to {after:,}")
    return found


def _resident() -> int:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _descriptors() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:
        return 0
