"""A typed Python SDK for the ftrack production tracker.

``from ftrack_typed import Session`` and ``from ftrack_entities import Task`` is all most scripts need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_typed._version import __version__ as __version__

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity as Entity
    from ftrack_typed.session import Session as Session
    from ftrack_typed.symbol import NOT_SET as NOT_SET
    from ftrack_typed.transport.pacing import RetryPolicy as RetryPolicy

_LAZY = {
    "Entity": "ftrack_typed.entity",
    "NOT_SET": "ftrack_typed.symbol",
    "RetryPolicy": "ftrack_typed.transport.pacing",
    "Session": "ftrack_typed.session",
}

__all__ = ["NOT_SET", "Entity", "RetryPolicy", "Session", "__version__"]


if not TYPE_CHECKING:

    def __getattr__(name):
        """Import the public names when they are first used: the command line needs none of them."""
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)

    def __dir__():
        return sorted({*globals(), *_LAZY})
