"""Values of custom attributes that were really set, asked for several entities at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ftrack_typed.entity.mapped import CUSTOM_ATTRIBUTE_VALUE as SPARSE
from ftrack_typed.query.criteria import Criterion
from ftrack_typed.query.operands import Expr
from ftrack_typed.query.splitting import VALUES_PER_REQUEST

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

Holders = Callable[["Entity"], "Sequence[str] | None"]
"""Gives the ids of an entity and of all it inherits from; None when that would cost a request."""


class Lookup(Protocol):
    """What is asked of a session."""

    @property
    def writes(self) -> int:
        """Grows with everything this session may have changed on the server."""
        ...

    def ask(
        self, entity_type: str, columns: Sequence[str], criterion: Criterion | None = None
    ) -> list[tuple[Any, ...]]:
        """Values at `columns` of all entities of a type that fulfil a criterion."""
        ...

    def get(self, cls: type[Entity], key: object) -> Entity | None:
        """The entity with this key."""
        ...

    def companions(self, entity: Entity) -> Sequence[Entity]:
        """The entities that came with this one and are likely to be looked at like it, itself the first."""
        ...


class _Batch:
    """Answers for several entities, each to be used once: a second look is to see what others changed."""

    def __init__(self, writes: int, waiting: dict[str, frozenset[str]], values: Mapping[str, Any]) -> None:
        self.writes = writes
        self.waiting = waiting
        """Ids of the entities whose answer was not used yet, with the holders asked about."""
        self.members = frozenset(waiting)
        self.values = values


class StoredValues:
    """Asks which entities hold a value of a custom attribute, for all that came together in one request.

    Args:
        lookup: Asks the server.
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._batches: dict[str, _Batch] = {}
        """The latest by the id of the configuration."""

    def of(self, owner: Entity, configuration_id: str, holders: Holders) -> dict[str, Any]:
        """The values that are set on an entity or on what it inherits from, by their ids, as the server has them."""
        key, wanted = str(owner.primary_key["id"]), frozenset(holders(owner) or ())
        batch = self._batches.get(configuration_id)
        if batch is None or batch.writes != self._lookup.writes or not batch.waiting:
            batch = None
        elif wanted <= batch.waiting.get(key, frozenset()):
            del batch.waiting[key]
            return {holder: batch.values[holder] for holder in wanted if holder in batch.values}
        if batch is not None and key in batch.members:
            return self._asked(configuration_id, wanted)
        waiting, everyone = {key: wanted}, set(wanted)
        for other in self._lookup.companions(owner):
            more = holders(other) if other is not owner else None
            if more is None:
                continue
            everyone.update(more)
            if len(everyone) > VALUES_PER_REQUEST:
                everyone.difference_update(set(more).difference(*waiting.values()))
                break
            waiting[str(other.primary_key["id"])] = frozenset(more)
        writes = self._lookup.writes
        values = self._asked(configuration_id, everyone)
        self._batches[configuration_id] = fresh = _Batch(writes, waiting, values)
        del fresh.waiting[key]
        return {holder: values[holder] for holder in wanted if holder in values}

    def _asked(self, configuration_id: str, holders: Iterable[str]) -> dict[str, Any]:
        criterion = (Expr[Any]("configuration_id") == configuration_id) & Expr[Any]("entity_id").in_(
            sorted(holders)
        )
        return dict(self._lookup.ask(SPARSE, ("entity_id", "value"), criterion))
