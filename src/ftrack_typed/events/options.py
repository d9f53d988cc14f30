"""How a hub behaves where the defaults do not fit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ftrack_typed.bounds import require_counts, require_from_zero, require_positive


@dataclass(frozen=True)
class HubOptions:
    """Settings of an `EventHub`; times are in seconds.

    Raises:
        ConfigurationTypeError, ConfigurationValueError: for values that make no sense.
    """

    auto_connect: bool = False
    """Whether to connect in the background as soon as something needs the server."""
    timeout: float = 60.0
    """How long each step of connecting may take, and sending a packet."""
    silence: float = 30.0
    """A connection on which nothing comes for so long is dead, and made anew. Servers give a sign of life about
    every ten seconds."""
    attempts: int | None = None
    """How often to try to reconnect before giving up; None for without end."""
    first_delay: float = 1.0
    """Longest wait before the second attempt to connect; doubled for each one after it. The actual wait is a
    random part of it ("full jitter"), so that a thousand listeners do not come back at once."""
    longest_delay: float = 60.0
    """Longest wait before any attempt."""
    stable_after: float = 30.0
    """How long a connection has to last before waits start from `first_delay` again."""
    expires: float = 300.0
    """How long a publication is tried before it ends as expired."""
    reply_timeout: float = 3600.0
    """How long replies to an event are waited for, after which `on_reply` is forgotten."""
    linger: float = 5.0
    """How long `disconnect` and `close` wait for publications to be confirmed."""
    outbox_limit: int = 10_000
    """Most publications that may wait to be confirmed."""
    inbox_limit: int = 10_000
    """Most events that may wait to be handled."""
    remembered_ids: int = 10_000
    """How many ids of events are remembered to leave out duplicates."""
    remembered_replies: int = 10_000
    """How many events may wait for replies at once; the oldest is forgotten first."""
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    """Seconds since whenever."""
    random: Callable[[], float] = field(default=random.random, repr=False)
    """A number from 0 up to 1."""

    def __post_init__(self) -> None:
        require_positive(
            self, "timeout", "silence", "longest_delay", "stable_after", "expires", "reply_timeout"
        )
        require_from_zero(self, "first_delay", "linger")
        require_counts(self, "outbox_limit", "inbox_limit", "remembered_ids", "remembered_replies")
        if self.attempts is not None:
            require_counts(self, "attempts", otherwise="None tries without end")


class Backoff:
    """How long to wait before the next attempt: a random part of a time that doubles with each."""

    def __init__(self, options: HubOptions) -> None:
        self._options = options
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait before another attempt."""
        options = self._options
        ceiling = min(options.longest_delay, options.first_delay * 2.0 ** min(self._failures, 60))
        self._failures += 1
        return options.random() * ceiling

    def reset(self) -> None:
        """Start over, from short waits."""
        self._failures = 0
