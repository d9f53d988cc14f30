"""Create, update and delete: one atomic batch, checked when it ends."""

from .batch import WriteBatch
from .dependencies import Dependencies

__all__ = ["Dependencies", "WriteBatch"]
