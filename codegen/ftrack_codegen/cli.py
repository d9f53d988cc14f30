"""Entry points of the group ``ftrack_typed.commands``."""

from __future__ import annotations

from .commands.regen import REGEN
from .commands.snapshot import SNAPSHOT

__all__ = ["REGEN", "SNAPSHOT"]
