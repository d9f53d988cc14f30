"""The helpers of classes built at run time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ftrack_typed.entity.base import Entity
from ftrack_typed.entity.names import attribute_name
from ftrack_typed.entity_helpers import Helpers
from ftrack_typed.entity_helpers.rules import TypeFacts, bases_of
from ftrack_typed.errors import UnsafeNameError

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.schema import EntitySchema, Property

_logger = logging.getLogger("ftrack_typed.schema")


def helpers_of(
    schema: EntitySchema, base: type[Entity], registry: EntityRegistry, types: Mapping[str, EntitySchema]
) -> list[type[Helpers]]:
    """The helpers of an entity type that `base` does not have, by the same rules as in generated code."""
    lineage = [schema.name]
    while (above := registry.base(lineage[-1])) is not None:
        lineage.append(above)
    family = [schema, *(types[name] for name in registry.subtypes(schema.name) if name in types)]
    names = {_spelled(prop) for member in family for prop in member.properties.values()}
    related = {prop.name: prop.related for prop in schema.properties.values() if prop.related is not None}
    facts = TypeFacts(schema.name, tuple(lineage), related, frozenset(names))
    inherited = [cls for cls in base.__mro__ if issubclass(cls, Helpers) and not issubclass(cls, Entity)]
    choice = bases_of(facts, inherited)
    for helpers, name in choice.met:
        _logger.warning(
            "%s has no %s: its attribute %s has the name of a method.", schema.name, helpers.__name__, name
        )
    return [applied.helpers for applied in choice.applied]


def _spelled(prop: Property) -> str:
    try:
        return attribute_name(prop.name)
    except UnsafeNameError:
        return prop.name
