"""How often and how fast a call is tried again."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from ftrack_typed.bounds import require_counts, require_from_zero
from ftrack_typed.errors import RequestError
from ftrack_typed.locks import ForkSafeLock

_TOKENS_PER_SUCCESS = 0.2


@dataclass(frozen=True)
class RetryPolicy:
    """How a session tries again what failed on the way.

    Between attempts it waits for a random part ("full jitter") of a time that doubles with each one; where
    the server asks for a time (``Retry-After``) that is added.

    Raises:
        ConfigurationTypeError, ConfigurationValueError: for values that make no sense.
    """

    attempts: int = 5
    """How often a call is tried at most; 1 never tries again."""
    deadline: float = 120.0
    """Seconds after the start of a call behind which no new attempt begins or lasts."""
    first_delay: float = 0.5
    """Longest wait before the second attempt, in seconds."""
    longest_delay: float = 20.0
    """Longest wait before any attempt, in seconds."""
    longest_retry_after: float = 60.0
    """Most seconds the server's ``Retry-After`` can ask for."""
    budget: int = 50
    """Retries a session has for bad times, whichever calls use them. A retry that helps gives its own back, and
    every fifth call that needs none gives one: an outage is not multiplied by the retries of its victims."""
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    """Seconds since whenever."""
    sleep: Callable[[float], object] = field(default=time.sleep, repr=False)
    """Waits so many seconds."""
    random: Callable[[], float] = field(default=random.random, repr=False)
    """A number from 0 up to 1."""

    def __post_init__(self) -> None:
        require_counts(self, "attempts", otherwise="1 never tries again")
        require_from_zero(self, "deadline", "first_delay", "longest_delay", "longest_retry_after", "budget")


class RetryBudget:
    """A bucket of tokens, one for each retry. May be used from several threads."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._tokens = float(capacity)
        self._lock = ForkSafeLock()

    def take(self) -> bool:
        """Take a token; False when there is none."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def give(self, tokens: float) -> None:
        """Put tokens back; what does not fit is lost."""
        with self._lock:
            self._tokens = min(self._capacity, self._tokens + tokens)


class Attempts:
    """The attempts of one call."""

    def __init__(self, policy: RetryPolicy, budget: RetryBudget, started: float | None = None) -> None:
        self.number: int = 0
        """How many have begun."""
        self.counted = False
        """Whether the call has been counted in the budgets of calls."""
        self._policy = policy
        self._budget = budget
        self._started = policy.clock() if started is None else started

    def begin(self) -> float | None:
        """Count an attempt; return how many seconds it may last, None when nothing but the timeout limits it."""
        self.number += 1
        return None if self.number == 1 else max(self.remaining(), 0.001)

    def remaining(self) -> float:
        """Seconds until the deadline."""
        return self._started + self._policy.deadline - self._policy.clock()

    def succeed(self) -> None:
        """Note that the latest attempt succeeded."""
        self._budget.give(_TOKENS_PER_SUCCESS if self.number == 1 else 1)

    def wait(self, error: RequestError) -> bool:
        """Wait until it is time for another attempt; False, at once, when there is to be none."""
        policy = self._policy
        if self.number >= policy.attempts:
            return False
        ceiling = min(policy.longest_delay, policy.first_delay * 2.0 ** min(self.number - 1, 60))
        delay = policy.random() * ceiling + min(error.retry_after or 0.0, policy.longest_retry_after)
        if delay >= self.remaining() or not self._budget.take():
            return False
        policy.sleep(delay)
        return True

    def aside(self) -> Attempts:
        """The attempts of a call that serves this one: counted anew, with the same deadline and budget."""
        serving = Attempts(self._policy, self._budget, self._started)
        serving.counted = self.counted
        return serving


def seconds_to_wait(header: str | None, now: float) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for, None when it is missing or makes no sense.

    Args:
        header: A number of seconds, or a date as HTTP writes it.
        now: Seconds since the epoch.
    """
    text = (header or "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (TypeError, ValueError, OverflowError, IndexError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
