"""What people write with: the half of a session's face that stands for its unit of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import ParamSpec

from ftrack_typed.errors import ConfigurationTypeError, ConfigurationValueError

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.presentation import Progress
    from ftrack_typed.unit_of_work.chunks import CommitReport
    from ftrack_typed.unit_of_work.operations import Operations
    from ftrack_typed.unit_of_work.unit import UnitOfWork

E = TypeVar("E", bound="Entity")
P = ParamSpec("P")


class Writing:
    """Creating, deleting, committing and taking back; a base of the session."""

    if TYPE_CHECKING:
        _unit: UnitOfWork
        _hydrator: Hydrator

        def _send(self, operations: Sequence[Mapping[str, Any]]) -> list[Any]: ...
        def _class(self, entity_type: object) -> type[Entity]: ...

    @overload
    def create(self, entity_type: Callable[P, E], /, *args: P.args, **values: P.kwargs) -> E: ...
    @overload
    def create(self, entity_type: str, data: Mapping[str, Any] | None = None, /) -> Any: ...
    def create(self, entity_type: Any, /, *args: Any, **values: Any) -> Any:
        """Make an entity; the next commit creates it on the server.

        ``session.create(Task, name="comp", parent=shot)`` is checked by type checkers;
        ``session.create("Task", {"name": "comp"})`` takes wire names. Defaults of the type are filled in.

        Raises:
            UnknownAttributeError, ComputedAttributeError, ValueTypeError: for a value that can't be.
            NotUniqueError: when this session already holds an entity with this key.
        """
        cls = self._class(entity_type)
        data = args[0] if args else None
        if len(args) > 1 or not (data is None or type(data) is dict or isinstance(data, Mapping)):
            raise ConfigurationTypeError(
                f"create takes one mapping of attributes, or keywords; not {args!r}.", setting="data"
            )
        if not data:
            return self._unit.create(cls, values)
        if "__entity_type__" in data:
            data = {wire: value for wire, value in data.items() if wire != "__entity_type__"}
        if values:
            return self._unit.create(cls, {**values, **self._named(cls, data)})
        return self._unit.create(cls, data, by_wire=True)

    def _named(self, cls: type[Entity], data: Mapping[str, Any]) -> dict[str, Any]:
        """Values by Python name, from those by wire name."""
        given = self._unit.creator.given
        return {
            given(cls, wire, by_wire=True).name: value
            for wire, value in data.items()
            if wire != "__entity_type__"
        }

    def delete(self, entity: Entity) -> None:
        """Have the next commit delete an entity, and all the server deletes along with it."""
        self._unit.delete(entity)

    def commit(self, *, chunk: int | None = None, progress: Progress | None = None) -> CommitReport:
        """Send everything recorded, as one batch that the server takes as a whole or not at all.

        Args:
            chunk: About how many operations to send at a time, when they are too many for one batch. Each batch
                is taken as a whole, the commit is not. What refers to a new entity never goes before it.
            progress: Called after each batch with the number of operations the server took so far, and that of
                all. An error it raises between two batches stops the commit.

        Returns:
            What was sent, batch by batch.

        Raises:
            MissingAttributesError: when a new entity lacks what the server insists on; nothing is sent then.
            ServerError: when the server refuses it; everything stays recorded, for another commit or a
                rollback.
            CommitStoppedError: when one of several batches failed, or `progress` did; its `report` tells what the
                server took, the rest stays recorded.
            OutcomeUnknown: when the answer was lost and the server can't tell what became of the batch.
        """
        given: object = chunk
        if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 1):
            raise ConfigurationValueError(
                f"chunk takes a number of operations, not {given!r}.", setting="chunk"
            )
        if progress is not None and not callable(progress):
            raise ConfigurationTypeError(f"progress takes a callable, not {progress!r}.", setting="progress")
        return self._unit.commit(self._send, self._hydrator, chunk, progress)

    @contextmanager
    def unit_of_work(self) -> Iterator[None]:
        """Commit what is done within a ``with`` block, or nothing of it.

        Should the block or the commit fail, this thread's part of the session is as it was before the block, also what
        was pending then, and that error is raised. Blocks may be nested: the outermost commits, the others only take
        back what was done in them.
        """
        from ftrack_typed.unit_of_work.savepoint import Savepoint

        savepoint, pending = Savepoint(self._unit), self._unit.pending.mine
        pending.depth += 1
        try:
            yield
            if pending.depth == 1:
                self.commit()
        except BaseException:
            savepoint.restore()
            raise
        finally:
            pending.depth -= 1

    def rollback(self) -> None:
        """Take back everything recorded since the last commit."""
        self._unit.rollback()

    @property
    def recorded_operations(self) -> Operations:
        """What the next commit sends, oldest first."""
        return self._unit.operations

    @property
    def record_operations(self) -> bool:
        """Whether what this thread does is recorded for the next commit."""
        return self._unit.recording

    @record_operations.setter
    def record_operations(self, value: bool) -> None:
        self._unit.recording = value

    @contextmanager
    def operation_recording(self, record_operations: bool) -> Iterator[None]:
        """Switch recording for this thread within a ``with`` block."""
        before = self.record_operations
        self.record_operations = record_operations
        try:
            yield
        finally:
            self.record_operations = before

    @property
    def created(self) -> list[Entity]:
        """Entities the next commit creates."""
        return self._unit.created

    @property
    def modified(self) -> list[Entity]:
        """Entities the next commit updates."""
        return self._unit.modified

    @property
    def deleted(self) -> list[Entity]:
        """Entities the next commit deletes."""
        return self._unit.deleted
