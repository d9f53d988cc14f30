"""Methods beyond attributes: which entity types list which helpers among their bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ftrack_typed.entity_helpers import Helpers
from ftrack_typed.entity_helpers.rules import TypeFacts, bases_of

if TYPE_CHECKING:
    from .model import EntityType


@dataclass(frozen=True)
class HelperBase:
    """One class of helpers among the bases of an entity class."""

    name: str
    """Its name in :mod:`ftrack_typed.entity_helpers`."""
    arguments: tuple[str | None, ...] = ()
    """Wire ids of the entity types it is for; None for any entity, where the schema has no such type."""


def with_helpers(entities: Mapping[str, EntityType]) -> tuple[dict[str, EntityType], tuple[str, ...]]:
    """Give entity types their helpers.

    Args:
        entities: By wire id, each after the type it derives from.

    Returns:
        The same with helpers, and those left out because an attribute has the name of one of their methods, as
        ``Helpers of Type (attribute)``.
    """
    present: dict[str, frozenset[type[Helpers]]] = {}
    helped: dict[str, EntityType] = {}
    left_out: list[str] = []
    names = _names(entities)
    for wire_id, entity in entities.items():
        inherited = present[entity.base] if entity.base is not None else frozenset[type[Helpers]]()
        choice = bases_of(_facts(entity, entities, names[wire_id]), inherited)
        present[wire_id] = inherited | {applied.helpers for applied in choice.applied}
        bases = tuple(
            HelperBase(
                applied.helpers.__name__,
                tuple(argument if argument in entities else None for argument in applied.arguments),
            )
            for applied in choice.applied
        )
        helped[wire_id] = replace(entity, helpers=bases)
        left_out += [f"{helpers.__name__} of {wire_id} ({name})" for helpers, name in choice.met]
    return helped, tuple(sorted(left_out))


def _facts(entity: EntityType, entities: Mapping[str, EntityType], names: frozenset[str]) -> TypeFacts:
    lineage = [entity.wire_id]
    while (base := entities[lineage[-1]].base) is not None:
        lineage.append(base)
    relations = {
        wire_name: attribute.target
        for wire_name, attribute in entity.attributes.items()
        if attribute.target is not None
    }
    return TypeFacts(entity.wire_id, tuple(lineage), relations, names)


def _names(entities: Mapping[str, EntityType]) -> dict[str, frozenset[str]]:
    """Python names of the attributes of each type and all below it."""
    names = {
        wire_id: frozenset(attribute.name for attribute in entity.attributes.values())
        for wire_id, entity in entities.items()
    }
    for wire_id in reversed(list(entities)):
        base = entities[wire_id].base
        if base is not None:
            names[base] |= names[wire_id]
    return names
