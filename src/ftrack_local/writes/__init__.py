"""Create, update and delete: one atomic batch, checked when it ends."""

from .batch import WriteBatch

__all__ = ["WriteBatch"]
