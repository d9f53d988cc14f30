"""Large commits in several requests: what goes with what, and what became of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ftrack_typed.unit_of_work.batch import Entry
from ftrack_typed.unit_of_work.operations import (
    CreateEntityOperation,
    Identity,
    Operation,
    UpdateEntityOperation,
)


@dataclass(frozen=True)
class ChunkReport:
    """What became of one request of a commit.

    Attributes:
        operations: The recorded operations it stood for.
        landed: Whether the server took it, all of it.
        error: Why not, None when it was not sent because one before it failed.
    """

    operations: tuple[Operation, ...]
    landed: bool
    error: BaseException | None = None


@dataclass(frozen=True)
class CommitReport:
    """What became of a commit, request by request."""

    chunks: tuple[ChunkReport, ...] = ()

    @property
    def landed(self) -> list[Operation]:
        """The operations the server took."""
        return [operation for chunk in self.chunks if chunk.landed for operation in chunk.operations]

    @property
    def remaining(self) -> list[Operation]:
        """The operations that stay recorded."""
        return [operation for chunk in self.chunks if not chunk.landed for operation in chunk.operations]


@dataclass(frozen=True)
class Chunk:
    """One request: what is sent, and the recorded operations that are done with it."""

    entries: list[Entry]
    operations: list[Operation]


def split(batch: Sequence[Entry], recorded: Sequence[Operation], size: int | None) -> list[Chunk]:
    """Divide a batch into chunks of about `size` operations each; None for one.

    What refers to a new entity goes into the chunk that creates it or a later one, and so does whatever else
    concerns the same entity, so that each chunk makes sense to a server that has taken those before it. A new entity
    goes along with the last plain value it is given: the server may not take it with those before. An operation
    counts as done with the chunk that carries what is left of it.
    """
    if size is None or size >= len(batch):
        return [Chunk(list(batch), list(recorded))]
    step = size
    places = [position // step for position in range(len(batch))]
    creates: dict[object, int] = {}
    """Where new entities are created, by the object's id and by their key."""
    for position, entry in enumerate(batch):
        if entry.action == "create":
            creates[id(entry.entity)] = position
            if len(entry.key) == 1:
                creates[next(iter(entry.key.values()))] = position
    while not _deferred(batch, places, creates):
        pass  # places only grow, and not beyond the last chunk
    used = {place: index for index, place in enumerate(sorted(set(places)))}
    places = [used[place] for place in places]
    chunks: list[list[Entry]] = [[] for _ in used] or [[]]
    for entry, place in zip(batch, places, strict=True):
        chunks[place].append(entry)
    if len(chunks) == 1:
        return [Chunk(chunks[0], list(recorded))]
    carried = _carried(batch, places)
    done: list[list[Operation]] = [[] for _ in chunks]
    for operation in recorded:
        done[_place_of(operation, carried)].append(operation)
    return [Chunk(entries, operations) for entries, operations in zip(chunks, done, strict=True)]


def _carried(batch: Sequence[Entry], places: Sequence[int]) -> dict[tuple[object, str, str], int]:
    """The chunks that create and delete entities and give each attribute its last value.

    Entities are told by the object, as a deleted one and that which took its key are two, and by their key, as
    operations need no object.
    """
    carried: dict[tuple[object, str, str], int] = {}
    for entry, place in zip(batch, places, strict=True):
        for owner in (id(entry.entity), entry.identity):
            carried[owner, entry.action, ""] = place
            for name in entry.data:
                carried[owner, "update", name] = place
    return carried


def _place_of(operation: Operation, carried: Mapping[tuple[object, str, str], int]) -> int:
    """The chunk that carries what is left of an operation; the first one when nothing is."""
    if isinstance(operation, UpdateEntityOperation):
        wanted = [("update", operation.attribute_name), ("delete", "")]
    else:
        wanted = [("create" if isinstance(operation, CreateEntityOperation) else "delete", "")]
    for action, name in wanted:
        for owner in (id(operation.entity), operation.identity()):
            place = carried.get((owner, action, name))
            if place is not None:
                return place
    return 0


def made_and_gone(chunk: Chunk) -> tuple[set[int], set[int]]:
    """Ids of the entities a chunk creates, and of those it deletes."""
    found: dict[str, set[int]] = {"create": set(), "update": set(), "delete": set()}
    for entry in chunk.entries:
        if entry.entity is not None:
            found[entry.action].add(id(entry.entity))
    return found["create"], found["delete"]


def stopped(chunks: Sequence[Chunk], done: Sequence[ChunkReport], error: BaseException) -> CommitReport:
    """The report of a commit that failed behind those done."""
    failed, *rest = [tuple(chunk.operations) for chunk in chunks[len(done) :]]
    unsent = (ChunkReport(operations, landed=False) for operations in rest)
    return CommitReport((*done, ChunkReport(failed, landed=False, error=error), *unsent))


def _deferred(batch: Sequence[Entry], places: list[int], creates: Mapping[object, int]) -> bool:
    """Move what comes before something it needs; returns whether nothing had to be moved."""
    settled = True
    last: dict[Identity, int] = {}
    made: dict[Identity, int] = {}
    latest = 0
    for position, entry in enumerate(batch):
        place = max(places[position], last.get(entry.identity, 0))
        for needed in _needed(entry):
            if needed in creates and creates[needed] != position:
                place = max(place, places[creates[needed]])
        if entry.action == "delete":
            place = max(place, latest)  # what goes along with it may have been moved elsewhere before
        if entry.action == "create":
            made[entry.identity] = position
        elif entry.action == "update" and not all(isinstance(value, list) for value in entry.data.values()):
            create = made.get(entry.identity)
            if create is not None and places[create] != place:
                places[create], settled = place, False
        settled = settled and place == places[position]
        last[entry.identity] = places[position] = place
        latest = max(latest, place)
    return settled


def _needed(entry: Entry) -> Iterator[object]:
    """Objects and keys an operation refers to."""
    for value in (*entry.key.values(), *entry.data.values()):
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, str):
                yield item
            elif hasattr(type(item), "__entity__"):
                yield id(item)
