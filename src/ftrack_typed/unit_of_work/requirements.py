"""What a new entity must have before it is sent, and what stays as it was then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ftrack_typed.errors import ComputedAttributeError, ImmutableAttributeError, MissingAttributesError
from ftrack_typed.identity.pairs import pair_of
from ftrack_typed.unit_of_work.batch import Entry
from ftrack_typed.unit_of_work.operations import Identity

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.registry import EntityRegistry


def check_required(batch: Sequence[Entry], registry: EntityRegistry) -> None:
    """Refuse a batch that creates entities without what the server insists on.

    Only attributes are asked for that no server fills in. An entity that some collection in the batch takes in gets
    its foreign keys from there.

    Raises:
        MissingAttributesError: for the first such entity; nothing was sent.
    """
    given: dict[Identity, dict[str, Any]] | None = None
    collected: set[int] = set()
    for entry in batch:
        if entry.action != "create" or entry.entity_type not in registry:
            continue
        cls = registry[entry.entity_type]
        if not _missing(cls, entry.data):
            continue
        if given is None:  # what else the batch gives is seldom needed
            given, collected = _given(batch), _collected(batch)
        missing = _missing(cls, given[entry.identity])
        if id(entry.entity) in collected:
            missing = [name for name in missing if not name.endswith("_id")]
        if missing:
            raise MissingAttributesError(entry.entity_type, tuple(entry.key.values()), missing)


def check_assignable(
    entity: Entity, attribute: Attribute, value: Any, *, created: bool, recorded: bool
) -> None:
    """Check that an attribute can be given another value.

    Args:
        entity: Whose attribute it is.
        attribute: The attribute.
        value: What it is to be.
        created: Whether the entity exists only here so far.
        recorded: Whether the next commit sends the change.

    Raises:
        ComputedAttributeError: when only the server sets it.
        ImmutableAttributeError: when it stays as it was created; of a new entity that is its key.
    """
    if attribute.computed:
        raise ComputedAttributeError(entity.entity_type, attribute.wire)
    if not attribute.immutable or not recorded:
        return
    if created:
        key = entity.primary_key
        if attribute.wire not in key or key[attribute.wire] == value:
            return  # what the server chooses may still be given
    raise ImmutableAttributeError(entity.entity_type, attribute.wire)


def _given(batch: Iterable[Entry]) -> dict[Identity, dict[str, Any]]:
    """What each entity of the batch is given in all of it, by wire name."""
    given: dict[Identity, dict[str, Any]] = {}
    for entry in batch:
        values = given.setdefault(entry.identity, {})
        values.update(entry.key)
        values.update({name: value for name, value in entry.data.items() if value is not None})
    return given


def _missing(cls: type[Entity], given: Mapping[str, Any]) -> list[str]:
    """Wire names of what the server insists on and is not given; None is nothing."""
    return [
        wire
        for wire, instead in _required(cls)
        if given.get(wire) is None and all(given.get(other) is None for other in instead)
    ]


@lru_cache(maxsize=1024)
def _required(cls: type[Entity]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the server insists on, by wire name, each with the attributes that say the same."""
    required: list[tuple[str, tuple[str, ...]]] = []
    for wire in sorted(cls.__entity__.required_on_create):
        found = cls.__attributes__.get(cls.__entity__.python_names.get(wire, wire))
        pair = None if found is None else pair_of(cls, found)
        instead: tuple[str, ...] = ()
        if pair is not None:
            instead = tuple(cls.__attributes__[half].wire for half in pair)
        elif wire.endswith("_id"):
            # Some relations are named otherwise than their foreign keys (`asset_version` and `version_id`).
            instead = tuple(
                other.wire
                for other in cls.__attributes__.values()
                if other.kind == "reference" and pair_of(cls, other) is None
            )
        required.append((wire, instead))
    return tuple(required)


def _collected(batch: Iterable[Entry]) -> set[int]:
    """The ids (of the objects) of all entities that stand in collections of the batch."""
    return {
        id(item)
        for entry in batch
        for value in entry.data.values()
        if isinstance(value, list)
        for item in _entities(value)
    }


def _entities(value: list[Any]) -> Iterable[Any]:
    return (item for item in value if hasattr(item, "__entity__"))
