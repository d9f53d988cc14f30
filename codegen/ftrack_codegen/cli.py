"""Entry points of the group ``ftrack_typed.commands``."""

from __future__ import annotations

from .commands.check import CHECK
from .commands.diff import DIFF
from .commands.regen import REGEN
from .commands.snapshot import SNAPSHOT

__all__ = ["CHECK", "DIFF", "REGEN", "SNAPSHOT"]
