"""A studio's configuration as immutable, checked data, in an order that doesn't depend on the server's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Configuration:
    """One custom attribute, as it is defined for one kind of entity (wire: CustomAttributeConfiguration)."""

    id: str
    key: str
    kind: str
    """Name of its type: ``text``, ``number``, ``date``, ``boolean``, ``enumerator`` and so on."""
    entity_type: str
    """wire: ``task``, ``show``, ``assetversion``, ``asset``, ``user``, ``list`` or ``listobject``."""
    label: str = ""
    object_type_id: str | None = None
    """Which typed contexts have it, where `entity_type` is ``task``."""
    project_id: str | None = None
    """The only project that has it; None for all."""
    hierarchical: bool = False
    default: Any = None
    is_decimal: bool | None = None
    """Of numbers, whether they have a fraction; None when the server didn't tell."""
    options: tuple[str, ...] = ()
    """Values of an enumerator, in the studio's order; empty when they aren't known."""


@dataclass(frozen=True)
class Item:
    """A status, type, priority, state, object type or project schema."""

    id: str
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Further plain values, by wire name."""
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Wire name of a relation → entity type and id it leads to."""


@dataclass(frozen=True)
class ProjectSchema:
    """What projects of one schema are made of. All lists hold ids."""

    item: Item
    object_types: tuple[str, ...] = ()
    task_types: tuple[str, ...] = ()
    task_statuses: tuple[str, ...] = ()
    version_statuses: tuple[str, ...] = ()
    overrides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of a task type → the statuses that tasks of this type have instead."""
    statuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of an object type → its statuses."""
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of an object type → its types."""


@dataclass(frozen=True)
class Studio:
    """Everything known about a studio. Lists are sorted by id."""

    configurations: tuple[Configuration, ...] = ()
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    """Entity type (``Status``, ``Type``, ``Priority``, ``State``, ``ObjectType``) → its entities."""
    project_schemas: tuple[ProjectSchema, ...] = ()
    projects: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    """Id of a project → its name and the id of its project schema, as far as projects are known."""

    def __bool__(self) -> bool:
        return bool(self.configurations or any(self.items.values()) or self.project_schemas)

    def of_projects(self, wanted: frozenset[str]) -> Studio:
        """Leave out what belongs to other projects than those, which are given by name or id."""
        ids = {key for key, (name, _) in self.projects.items() if name in wanted} | wanted
        schemas = {schema for key, (_, schema) in self.projects.items() if key in ids and schema}
        return replace(
            self,
            configurations=tuple(
                one for one in self.configurations if one.project_id is None or one.project_id in ids
            ),
            project_schemas=tuple(
                one for one in self.project_schemas if not schemas or one.item.id in schemas
            ),
        )
