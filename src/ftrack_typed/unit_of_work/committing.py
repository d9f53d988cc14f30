"""Commits: what a thread recorded is sent, and what the server answers is taken over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity.mapped import CustomAttributeCollection
from ftrack_typed.entity.portable import encodable_reference
from ftrack_typed.errors import CommitStoppedError
from ftrack_typed.unit_of_work.batch import Entry, build_batch, wire_operations
from ftrack_typed.unit_of_work.chunks import Chunk, ChunkReport, CommitReport, made_and_gone, split, stopped
from ftrack_typed.unit_of_work.operations import Operation, UpdateEntityOperation
from ftrack_typed.unit_of_work.requirements import check_required

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.presentation import Progress
    from ftrack_typed.unit_of_work.unit import UnitOfWork
    from ftrack_typed.wire.encoding import PlainOperations

Send = Callable[["PlainOperations"], "list[Any]"]
"""Sends a batch and gives back its decoded results."""


class Commit:
    """One commit of the calling thread.

    Args:
        unit: Whose operations are sent.
        send: Sends a batch.
        hydrator: Takes over the results.
    """

    def __init__(self, unit: UnitOfWork, send: Send, hydrator: Hydrator) -> None:
        self._unit = unit
        self._send = send
        self._hydrator = hydrator
        self._changes = unit.changes
        self._pending = unit.pending.mine

    def run(self, size: int | None, progress: Progress | None) -> CommitReport:
        """Send what was recorded, in batches of about `size` operations, or in one; see `UnitOfWork.commit`."""
        pending, unit = self._pending, self._unit
        unit.pending.report_abandoned()
        with pending.committing, pending.send_once():
            with unit.lock:
                recorded = list(pending.operations)
                if not recorded:
                    return CommitReport()
                batch = build_batch(recorded)
                check_required(batch, unit.registry)
                mapped, pending.mapped = pending.mapped, {}
                pending.collected.clear()  # what is changed from here on needs an operation of its own
            cleared, done = pending.cleared, list[ChunkReport]()
            chunks = split(batch, recorded, size)
            try:
                for each in chunks:
                    pending.require_uncleared(cleared)
                    self._commit_chunk(each)
                    done.append(ChunkReport(tuple(each.operations), landed=True))
                    if len(done) < len(chunks):
                        with unit.lock:
                            self._changes.follow(*made_and_gone(each))
                    if progress is not None and len(done) < len(chunks):
                        progress(sum(len(one.operations) for one in done), len(recorded))
            except BaseException as error:
                with unit.lock:
                    pending.mapped = {**mapped, **pending.mapped}
                if size is None or not isinstance(error, Exception):
                    raise
                raise CommitStoppedError(stopped(chunks, done, error), error) from error
            if mapped:
                self._settle_mapped(mapped)
        if progress is not None:
            progress(len(recorded), len(recorded))
        return CommitReport(tuple(done))

    def _commit_chunk(self, chunk: Chunk) -> None:
        pending, unit = self._pending, self._unit
        sent = wire_operations(chunk.entries, encodable_reference)
        results = self._send(sent) if sent else []
        with unit.lock:
            pending.took(chunk.operations, self._changes)
            self._settle(chunk.operations)
            pending.replaced = [each for each in pending.replaced if id(each[2]) in unit.deletions]
            self._take_results(chunk.entries, results)
        unit.committed(chunk.entries)

    # -- what the server took ----------------------------------------------------------------------

    def _settle(self, recorded: Sequence[Operation]) -> None:
        """What these operations changed is the truth from now on."""
        unit, again = self._unit, self._changed_again()
        written, settle = unit.written, self._changes.settle
        for operation in recorded:
            entity = operation.entity
            if entity is None:
                continue
            loaded = vars(entity)
            if isinstance(operation, UpdateEntityOperation):
                names, untrue, _ = written(type(entity), operation.attribute_name)
                if again:
                    names = tuple(name for name in names if (id(entity), name) not in again)
                settle(entity, *names)
                for name in untrue:
                    if name in loaded:
                        del loaded[name]
            elif operation.action == "create":
                unit.creations.pop(id(entity), None)
                if self._pending.expected or CustomAttributeCollection in map(type, loaded.values()):
                    unit.key_values.settle_created(entity, self._pending)
                for name in [name for name in loaded if (id(entity), name) in again] if again else ():
                    self._changes.expect(entity, name)  # as collections, which follow in a later batch
            else:
                unit.key_values.settle_deleted(entity)
                unit.forget(entity)

    def _changed_again(self) -> set[tuple[int, str]]:
        """Attributes, by id of the entity and Python name, that were changed while the batch was on its way."""
        unit = self._unit
        return {
            (id(operation.entity), name)
            for operation in unit.pending.operations()
            if isinstance(operation, UpdateEntityOperation) and operation.entity is not None
            for name in unit.written(type(operation.entity), operation.attribute_name).names
        }

    def _settle_mapped(self, mapped: dict[tuple[int, str], Entity]) -> None:
        unit = self._unit
        with unit.lock:
            for (_, name), owner in mapped.items():
                if not any((id(owner), name) in each.mapped for each in unit.pending.all()):
                    self._changes.settle(owner, name)

    # -- what it answered --------------------------------------------------------------------------

    def _take_results(self, entries: Sequence[Entry], results: Sequence[Any]) -> None:
        documents: list[tuple[dict[str, Any], type[Entity] | None]] = []
        for entry, result in zip(entries, results, strict=False):
            data = result.get("data") if isinstance(result, dict) else None
            if entry.action == "delete" or not isinstance(data, dict):
                continue
            entity = entry.entity
            if entity is not None and entry.action == "create":
                key = entry.key.items()
                if not (key and key <= data.items()):
                    self._unit.creator.take_key(entity, data)
            documents.append((data, None if entity is None else type(entity)))
        self._hydrator.walk_all(documents)
