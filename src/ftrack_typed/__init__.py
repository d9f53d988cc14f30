"""A typed Python SDK for the ftrack production tracker.

``from ftrack_typed import Session`` and ``from ftrack_entities import Task`` is all most scripts need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_typed._version import __version__ as __version__
from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity as Entity
    from ftrack_typed.session import Session as Session
    from ftrack_typed.symbol import NOT_SET as NOT_SET
    from ftrack_typed.transport.pacing import RetryPolicy as RetryPolicy

# The command line needs none of them.
_LAZY = {
    "Entity": "entity",
    "NOT_SET": "symbol",
    "RetryPolicy": "transport.pacing",
    "Session": "session",
}

__all__ = ["NOT_SET", "Entity", "RetryPolicy", "Session", "__version__"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
