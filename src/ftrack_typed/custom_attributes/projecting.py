"""Projections that bring the values of custom attributes along, whatever rows a server has for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ftrack_typed.entity.mapped import CUSTOM_ATTRIBUTE_VALUE
from ftrack_typed.identity.projection import STEP

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.registry import EntityRegistry

OwnAttribute = Callable[["type[Entity]", str], "Attribute | None"]
"""Gives the attribute of a class with a wire name."""

_ROWS = "custom_attributes"
_SENT_UNASKED_ELSEWHERE = ("configuration_id", "entity_id", "value")


def with_values(
    cls: type[Entity], projections: Iterable[str], registry: EntityRegistry, own_attribute: OwnAttribute
) -> tuple[str, ...]:
    """Projections of a class that ask for values where a server sends only the keys of rows unasked.

    These are the rows of servers that have them only for values that were set (wire: protocol 2, key/value rows),
    which may be so for some types and not for others.
    """
    paths: dict[str, None] = {}
    for path in projections:
        if path.rpartition(".")[2] == _ROWS and _has_set_values_only(cls, path, registry, own_attribute):
            paths.update(dict.fromkeys(f"{path}.{name}" for name in _SENT_UNASKED_ELSEWHERE))
        else:
            paths[path] = None
    return tuple(paths)


def _has_set_values_only(
    cls: type[Entity], path: str, registry: EntityRegistry, own_attribute: OwnAttribute
) -> bool:
    """Whether the rows at the end of a path are there only for values that were set."""
    current = cls
    for step in path.split("."):
        match = STEP.fullmatch(step.strip())
        attribute = None if match is None else own_attribute(current, match[1])
        if match is None or attribute is None:  # of some of the types that may be there, or a mistake
            return registry.has_set_values_only
        current = registry[match[2]] if match[2] in registry else registry.by_class_name(attribute.target)
    return current.__entity__.name == CUSTOM_ATTRIBUTE_VALUE
