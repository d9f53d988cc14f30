"""Which constants a studio's package offers, and what they are called."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ftrack_codegen.studio import Item, ProjectSchema, Studio
from ftrack_typed.schema import Schema

FACADE = "constants"
"""Module that offers all groups."""

_GROUPS: Mapping[str, tuple[str, str, str]] = {
    "State": ("States", "_states", "What statuses mean to the schedule."),
    "Status": ("Statuses", "_statuses", "Statuses of the studio."),
    "Type": ("Types", "_types", "Types of tasks and other contexts."),
    "Priority": ("Priorities", "_priorities", "Priorities of the studio."),
    "ObjectType": ("ObjectTypes", "_object_types", "Kinds of typed contexts."),
    "ProjectSchema": ("ProjectSchemas", "_project_schemas", "What projects can be made of."),
}
"""Entity type → class of its constants, module, sentence about it."""

WORKFLOWS = ("Workflows", "_workflows", "Statuses and types that each project schema allows.")


@dataclass(frozen=True)
class ConstantItem:
    """One constant."""

    name: str
    id: str
    facts: Mapping[str, Any]
    references: Mapping[str, tuple[str, str]]
    doc: str


@dataclass(frozen=True)
class ConstantGroup:
    """The constants of one entity type: a class in a module of its own."""

    entity_type: str
    class_name: str
    module: str
    doc: str
    items: tuple[ConstantItem, ...]
    """Sorted by name."""


@dataclass(frozen=True)
class WorkflowItem:
    """What one project schema allows."""

    name: str
    id: str
    object_types: tuple[str, ...]
    statuses: Mapping[str, tuple[str, ...]]
    """Wire id of an entity type → ids, sorted."""
    types: Mapping[str, tuple[str, ...]]
    overrides: Mapping[str, tuple[str, ...]]
    doc: str


@dataclass(frozen=True)
class ConstantSet:
    """All constants of a package."""

    groups: tuple[ConstantGroup, ...] = ()
    workflows: tuple[WorkflowItem, ...] = field(default=())
    """Sorted by name."""

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def modules(self) -> tuple[tuple[str, str], ...]:
        """(module, class) of everything the facade offers, sorted by module."""
        found = [(group.module, group.class_name) for group in self.groups]
        if self.workflows:
            found.append((WORKFLOWS[1], WORKFLOWS[0]))
        return tuple(sorted(found))


def reserved_modules() -> frozenset[str]:
    """Modules that no entity type's module may be called, so that names don't depend on what is configured."""
    return frozenset({FACADE, WORKFLOWS[1], *(module for _, module, _ in _GROUPS.values())})


def build_constants(schema: Schema, studio: Studio) -> ConstantSet:
    """Name the studio's statuses, types and so on; those of types the schema doesn't have are left out."""
    items: dict[str, Iterable[Item]] = {
        **studio.items,
        "ProjectSchema": [one.item for one in studio.project_schemas],
    }
    groups = tuple(
        ConstantGroup(entity_type, class_name, module, doc, _named(entity_type, items[entity_type], studio))
        for entity_type, (class_name, module, doc) in _GROUPS.items()
        if entity_type in schema and items.get(entity_type)
    )
    return ConstantSet(groups, _workflows(schema, studio) if "ProjectSchema" in schema else ())


def constant_name(name: str) -> str:
    """Spell a name that people gave as a constant: ``In progress`` → ``IN_PROGRESS``, ``3D`` → ``X_3D``."""
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).upper())
    spelled = "".join(letter if f"_{letter}".isidentifier() else " " for letter in composed)
    spelled = "_".join(spelled.replace("_", " ").split()) or "UNNAMED"
    if not spelled[0].isidentifier():
        spelled = f"X_{spelled}"
    # Letters of scripts without capitals make names too; what still isn't one is not worth a guess.
    return spelled if spelled.isidentifier() else "UNNAMED"


def _names(items: Iterable[Item]) -> Mapping[str, str]:
    """Id → name. Those that share a name all bear the beginning of their id, lest one passes for another."""
    items = list(items)
    by_name: dict[str, list[str]] = {}
    for item in items:
        by_name.setdefault(constant_name(item.name), []).append(item.id)
    names: dict[str, str] = {}
    for name, ids in by_name.items():
        for key in ids:
            names[key] = name if len(ids) == 1 else f"{name}_{_suffix(key, ids)}"
    taken = sorted(names.values())
    # Ids nobody would expect, or a suffixed name that is another one's plain name.
    return {
        key: name if taken.count(name) == 1 else f"{name}__{position}"
        for position, (key, name) in enumerate(sorted(names.items()))
    }


def _suffix(key: str, among: Iterable[str]) -> str:
    """The beginning of an id, as long as it takes to tell it from the others."""
    others = [constant_name(other) for other in among if other != key]
    whole = constant_name(key).removeprefix("X_")
    stripped = [other.removeprefix("X_") for other in others]
    for length in range(8, len(whole)):
        start = whole[:length].rstrip("_")
        if not any(other.startswith(start) for other in stripped):
            return start
    return whole


def _named(entity_type: str, items: Iterable[Item], studio: Studio) -> tuple[ConstantItem, ...]:
    items = list(items)
    names = _names(items)
    made = [
        ConstantItem(
            name=names[item.id],
            id=item.id,
            facts={"name": item.name, **item.facts},
            references=item.references,
            doc=_doc(item, studio),
        )
        for item in items
    ]
    return tuple(sorted(made, key=lambda one: one.name))


def _doc(item: Item, studio: Studio) -> str:
    parts = [item.name or "Without a name"]
    if isinstance(item.facts.get("color"), str) and item.facts["color"]:
        parts.append(f"colour {item.facts['color']}")
    for name, (entity_type, key) in sorted(item.references.items()):
        related = next((one.name for one in studio.items.get(entity_type, ()) if one.id == key), None)
        if related:
            parts.append(f"{name} {related}")
    return ", ".join(parts) + "."


def _workflows(schema: Schema, studio: Studio) -> tuple[WorkflowItem, ...]:
    names = _names(one.item for one in studio.project_schemas)
    order = _Order(studio)
    made = [_workflow(one, names[one.item.id], schema, order) for one in studio.project_schemas]
    return tuple(sorted(made, key=lambda one: one.name))


class _Order:
    """Puts ids in the order their entities have on the server."""

    def __init__(self, studio: Studio) -> None:
        self._sort = {
            item.id: (item.facts.get("sort") or 0, item.name, item.id)
            for items in studio.items.values()
            for item in items
        }

    def __call__(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(ids, key=lambda key: self._sort.get(key, (0, "", key))))


def _workflow(source: ProjectSchema, name: str, schema: Schema, order: _Order) -> WorkflowItem:
    by_object_type = {
        value: entity.name for entity in schema.types.values() for value in entity.classifiers.values()
    }
    statuses = {by_object_type[key]: ids for key, ids in source.statuses.items() if key in by_object_type}
    types = {by_object_type[key]: ids for key, ids in source.types.items() if key in by_object_type}
    for entity_type, found in (("Task", source.task_statuses), ("AssetVersion", source.version_statuses)):
        if found and entity_type in schema:
            statuses[entity_type] = order(found)
    if source.task_types and "Task" in schema:
        types["Task"] = order(source.task_types)
    return WorkflowItem(
        name=name,
        id=source.item.id,
        object_types=source.object_types,
        statuses=dict(sorted(statuses.items())),
        types=dict(sorted(types.items())),
        overrides={key: order(ids) for key, ids in sorted(source.overrides.items())},
        doc=f"{source.item.name or 'Without a name'}.",
    )
