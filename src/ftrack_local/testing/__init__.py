"""Help for tests: planned faults, a log of requests, and settings that slow the server down.

Every :class:`~ftrack_local.LocalServer` has them as `faults`, `requests` and `settings`::

    fault = server.faults.add(Status(503, retry_after=0), action="query")
    session.query("Task").first()
    assert fault.consumed
"""

from .faults import (
    DelayPacket,
    DropAcknowledgement,
    DropReply,
    DuplicatePacket,
    Fault,
    FaultPlan,
    HalfFrame,
    Html,
    MalformedPacket,
    PlannedFault,
    Reset,
    ResetSocket,
    Silence,
    Stall,
    Status,
    Truncate,
)
from .log import LoggedRequest, RequestLog
from .settings import Settings

__all__ = [
    "DelayPacket",
    "DropAcknowledgement",
    "DropReply",
    "DuplicatePacket",
    "Fault",
    "FaultPlan",
    "HalfFrame",
    "Html",
    "LoggedRequest",
    "MalformedPacket",
    "PlannedFault",
    "RequestLog",
    "Reset",
    "ResetSocket",
    "Settings",
    "Silence",
    "Stall",
    "Status",
    "Truncate",
]
