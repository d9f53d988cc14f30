"""How a durable listener handles events."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ftrack_typed.bounds import require_counts, require_from_zero, require_positive


@dataclass(frozen=True)
class HandlingPolicy:
    """How many events are handled at once, and what becomes of those that can't be.

    An event whose handler failed is tried again after a time that doubles with each attempt, up to a random part of
    it. After `attempts` of them it is set aside.

    Raises:
        ConfigurationTypeError, ConfigurationValueError: for values that make no sense.
    """

    workers: int = 1
    """How many events are handled at once, each in a thread of its own."""
    handler_timeout: float = 600.0
    """Seconds after which a handler that has not returned counts as failed; ``math.inf`` for never."""
    attempts: int = 5
    """How often an event is tried before it is set aside."""
    first_delay: float = 1.0
    """Longest wait before the second attempt, in seconds."""
    longest_delay: float = 300.0
    """Longest wait before any attempt, in seconds."""
    grace: float = 30.0
    """Seconds that handlers have to end when the listener stops."""
    clock: Callable[[], float] = field(default=time.time, repr=False)
    """Seconds since 1970."""
    random: Callable[[], float] = field(default=random.random, repr=False)
    """A number from 0 up to 1."""

    def __post_init__(self) -> None:
        require_counts(self, "workers", "attempts")
        require_from_zero(self, "first_delay", "longest_delay", "grace")
        require_positive(self, "handler_timeout", infinite=True)

    def delay(self, attempts: int) -> float:
        """Seconds until an event that failed so many times may be tried again."""
        longest = min(self.longest_delay, self.first_delay * 2.0 ** min(attempts - 1, 60))
        return longest * (0.5 + self.random() / 2)


__all__ = ["HandlingPolicy"]
