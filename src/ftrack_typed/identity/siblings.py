"""Siblings: the entities that came with another one and lack the same attributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.identity.map import IdentityMap

Lacks = Callable[["Entity", "Attribute"], bool]
"""Whether an entity has to be asked for an attribute."""


def siblings(
    identities: IdentityMap,
    root: str,
    entity: Entity,
    attributes: Sequence[Attribute],
    lacks: Lacks,
    most: int,
) -> list[Entity]:
    """`entity` and up to `most` - 1 others of its cohort that lack one of `attributes` too.

    Those that came after it come first: it is likely to be one of a loop.
    """
    cohort = entity._arrival.cohort if entity._arrival is not None else None
    if cohort is None:
        return [entity]
    owner = _declaring(type(entity), attributes)
    before: list[Entity] = []
    after: list[Entity] = [entity]
    found = before
    for other in identities.members(root):
        if other is entity:
            found = after
            if len(after) >= most:
                break
            continue
        arrival = other._arrival
        if (
            arrival is not None
            and arrival.cohort is cohort
            and isinstance(other, owner)
            and any(lacks(other, attribute) for attribute in attributes)
        ):
            found.append(other)
            if len(after) >= most:
                break
    return (after + before)[:most]


def shared_class(entities: Sequence[Entity]) -> type[Entity]:
    """The most special class all of them are of."""
    kinds = {type(entity) for entity in entities}
    return next(cls for cls in type(entities[0]).__mro__ if all(issubclass(kind, cls) for kind in kinds))


def _declaring(cls: type[Entity], attributes: Sequence[Attribute]) -> type[Entity]:
    """The topmost base whose attributes of these names mean the same."""
    owner = cls
    for base in cls.__mro__:
        known = getattr(base, "__attributes__", None)
        if not known or any(not _alike(known.get(each.name), each) for each in attributes):
            break
        owner = base
    return owner


def _alike(one: Attribute | None, other: Attribute) -> bool:
    return one is not None and (one.wire, one.kind, one.target) == (other.wire, other.kind, other.target)
