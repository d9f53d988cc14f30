"""What happens to a write: whether it was carried out can't be seen from here."""

from __future__ import annotations

from ftrack_local.testing import DropReply, Fault, Html, Reset, Stall, Status, Truncate

NOT_CARRIED_OUT: list[Fault] = [
    Status(502),
    Status(503, retry_after=1),
    Status(504),
    Html(),
    Html(503),
    Reset(),
]
"""Not carried out, but that can't be seen from here."""

CARRIED_OUT: list[Fault] = [
    DropReply(),
    Reset(after=1),
    Reset(after=20),
    Truncate(after=1),
    Truncate(after=20),
]

SILENT: list[Fault] = [Stall(30), Stall(30, after=5)]
"""Carried out, and then nothing (more) comes: each costs a real time-out."""
