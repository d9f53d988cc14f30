"""How other rooms of the server take part in batches: with actions of their own, or by watching."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .caller import Caller

if TYPE_CHECKING:
    from ftrack_local.writes import WriteBatch

Finish: TypeAlias = Callable[[], Any]
"""Makes an operation's answer once the whole batch has been carried out."""


class OpenBatch(Protocol):
    """A batch under way, as extensions see it."""

    caller: Caller
    writes: WriteBatch
    after_commit: list[Callable[[], None]]
    """Called in order when the batch has been committed; dropped when it fails. They must not raise."""

    def create(self, operation: Mapping[str, Any]) -> Finish:
        """Carry out a create operation."""
        ...


Action: TypeAlias = Callable[[OpenBatch, Mapping[str, Any]], Finish]


class Extension:
    """A room that takes part in batches; the methods do nothing unless overridden."""

    def actions(self) -> Mapping[str, Action]:
        """Return further actions by name."""
        return {}

    def writing(self) -> frozenset[str]:
        """Return which of :meth:`actions` change the database."""
        return frozenset()

    def opened(self, batch: OpenBatch) -> None:
        """A batch that may change the database begins."""

    def finishing(self, batch: OpenBatch) -> None:
        """All operations of such a batch have been carried out and checked; the commit comes next."""

    def closed(self, batch: OpenBatch) -> None:
        """Such a batch has ended, well or not; its connection is still open."""
