"""Events a hub makes itself: they never travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from ftrack_typed.events.event import Event

CONNECTED = "ftrack.meta.connected"
"""The hub has connected."""
DISCONNECTED = "ftrack.meta.disconnected"
"""The hub has lost its connection, or never got one, and tries no more."""
GAP = "ftrack.meta.gap"
"""Events may be missing at this place, or are; see `Gap`."""
REPLY = "ftrack.meta.reply"
"""An answer to an event."""
SUBSCRIBE = "ftrack.meta.subscribe"
"""Tells the server of a subscriber."""
UNSUBSCRIBE = "ftrack.meta.unsubscribe"
"""Tells the server that a subscriber is gone."""

LOCAL = frozenset((CONNECTED, DISCONNECTED, GAP))
"""Topics that are never published: a hub tells them itself only."""


@dataclass(frozen=True)
class Gap:
    """Why, when and how many events may be missing: the data of a gap marker.

    All that was sent has either been received, or is covered by the marker that stands in its place.
    """

    reason: str
    """In words."""
    since: str
    """When the first may have been missed, in UTC as ISO 8601."""
    until: str
    """When the last may have been missed."""
    lost: int | None
    """How many are missing; None when that can't be known, not even whether there are any."""

    @classmethod
    def now(cls, reason: str, *, since: str | None = None, lost: int | None = None) -> Gap:
        """A gap until now."""
        until = moment()
        # The clock may have been set back since then.
        return cls(reason, until if since is None else min(since, until), until, lost)

    @classmethod
    def from_event(cls, event: Event) -> Gap:
        """The gap a marker tells of."""
        data = event.data
        return cls(data["reason"], data["since"], data["until"], data["lost"])

    def joined(self, later: Gap) -> Gap:
        """This gap and a later one as one."""
        lost = None if self.lost is None or later.lost is None else self.lost + later.lost
        reasons = self.reason.split("; ")
        reason = self.reason if later.reason in reasons else f"{self.reason}; {later.reason}"
        return Gap(reason, min(self.since, later.since), max(self.until, later.until), lost)

    def event(self) -> Event:
        """The marker."""
        data = {"reason": self.reason, "since": self.since, "until": self.until, "lost": self.lost}
        return Event(GAP, data=data)


def moment() -> str:
    """This moment in UTC as ISO 8601."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")
