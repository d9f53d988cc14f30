"""What a query asks for, as a tree of attributes over entity types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ftrack_local.compile.resolve import cast_target, meanings
from ftrack_local.errors import QueryError, UnknownNameError
from ftrack_local.model import Collection, EntityType, Model, Reference
from ftrack_local.query import Aggregate, Path, Query, Step

PERMISSIONS = "__permissions"
"""Pseudo attribute telling what the caller may store in an attribute (wire: __permissions)."""
_IGNORED = frozenset({"__entity_type__"})


@dataclass(slots=True, eq=False)
class Branch:
    """One relation of a node; one child per type its meanings point to."""

    name: str
    cast: EntityType | None
    children: dict[str, Node] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Node:
    """Attributes wanted of the entities found in one place of the result."""

    entity: EntityType
    scalars: dict[str, None] = field(default_factory=dict)
    branches: dict[tuple[str, str | None], Branch] = field(default_factory=dict)
    permissions: dict[str, None] = field(default_factory=dict)
    """Attributes whose allowed values are wanted."""


def tree(model: Model, entity: EntityType, query: Query) -> Node:
    """Return the projection tree of a query; without `select`, the type's default projections."""
    node = Node(entity)
    for projection in query.projections:
        if isinstance(projection, Aggregate):
            raise QueryError(f"`{projection}` needs `group by`.", projection.path.position)
        _add(model, node, projection)
    if not query.projections:
        add_names(model, node, _defaults(entity))
    return node


def add_names(model: Model, node: Node, names: Iterable[str]) -> None:
    """Add attributes by plain name."""
    for name in names:
        _add(model, node, Path((Step(name),)))


def _defaults(entity: EntityType) -> list[str]:
    names = entity.document.get("default_projections") or entity.primary_key
    return [name for name in names if name in entity.attributes]


def _add(model: Model, node: Node, path: Path) -> None:
    step, rest = path.steps[0], path.steps[1:]
    if step.name == PERMISSIONS:
        _add_permissions(model, node, path)
        return
    if _is_tolerated(model, node, step, rest):
        return
    found = meanings(model, node.entity, step.name, path.position)
    if not found.scalars:
        branch = _branch(model, node, step, path)
        if rest:
            _add_below(model, branch, Path(rest, path.position))
    elif rest:
        raise QueryError(
            f"`{node.entity.name}.{step.name}` holds a plain value and has no attributes of its own.",
            path.position,
        )
    else:
        node.scalars[step.name] = None


def _add_permissions(model: Model, node: Node, path: Path) -> None:
    if len(path.steps) != 2:
        raise QueryError(
            f"`{path}` names no attribute; write `{PERMISSIONS}.status_id` for the values it may have.",
            path.position,
        )
    name = path.steps[1].name
    meanings(model, node.entity, name, path.position)
    node.permissions[name] = None


def _is_tolerated(model: Model, node: Node, step: Step, rest: tuple[Step, ...]) -> bool:
    """Tell names that real servers accept although no attribute has them.

    `select id` works on types with a composite key, and clients rely on it.
    """
    if rest:
        return False
    return step.name in _IGNORED or (
        step.name == "id" and next(model.find(node.entity.name, "id"), None) is None
    )


def _branch(model: Model, node: Node, step: Step, path: Path) -> Branch:
    known = node.branches.get((step.name, step.cast))
    if known is not None:
        return known
    found = meanings(model, node.entity, step.name, path.position)
    attributes: list[Reference | Collection] = [reference for _, reference in found.references]
    attributes.extend(collection for _, collection in found.collections)
    branch = Branch(step.name, cast_target(model, step, model.types[attributes[0].target], path.position))
    for attribute in attributes:
        if isinstance(attribute, Collection) and attribute.restricted:
            raise QueryError(
                f"`{node.entity.name}.{step.name}` can be used in criteria but not selected.", path.position
            )
        child = branch.children.setdefault(
            attribute.target, Node(branch.cast or model.types[attribute.target])
        )
        if isinstance(attribute, Collection) and attribute.mapped:
            names = [*_defaults(child.entity), "key", "value"]
            add_names(model, child, [name for name in names if name in child.entity.attributes])
    node.branches[step.name, step.cast] = branch
    return branch


def _add_below(model: Model, branch: Branch, path: Path) -> None:
    """Add a path to every child that knows it; at least one has to."""
    trouble: UnknownNameError | None = None
    added = False
    for child in branch.children.values():
        try:
            _add(model, child, path)
            added = True
        except UnknownNameError as error:
            trouble = trouble or error
    if trouble is not None and not added:
        raise trouble
