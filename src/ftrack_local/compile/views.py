"""Derived rows that stand in for a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, FromClause, and_, case, false, func, null, or_, select, true

from ftrack_local.model import EntityType
from ftrack_local.seeds.ids import CUSTOM_ATTRIBUTE_TYPES

from .sources import Source

if TYPE_CHECKING:
    from .compiler import Compiler

CUSTOM_ATTRIBUTE_SUFFIX = "CustomAttributeValue"
_INHERITING = frozenset({"Asset", "AssetVersion"})
"""Types besides contexts that have the hierarchical attributes."""


def owner_type(compiler: Compiler, entity: EntityType) -> EntityType | None:
    """Return the entity type a `…CustomAttributeValue` type holds values of."""
    return compiler.model.types.get(entity.name.removesuffix(CUSTOM_ATTRIBUTE_SUFFIX))


def custom_attribute_values(compiler: Compiler, entity: EntityType) -> FromClause:
    """Dense custom attribute values: one row for each entity and configuration that applies to it.

    The value is the entity's own or the configuration's default (wire: custom attributes).
    """
    model = compiler.model
    configuration = compiler.source(model.types["CustomAttributeConfiguration"])
    sparse = compiler.source(model.types["CustomAttributeValue"])
    owner = owner_type(compiler, entity)
    if owner is None:
        rows = compiler.source(model.types["CustomAttributeConfiguration"])
        applies: ColumnElement[bool] = false()
        identity = rows.key()[0]
    else:
        rows = compiler.source(owner)
        applies = applicable(compiler, rows, configuration)
        # The table also holds the definitions of custom attribute links, which have no values.
        of_type = configuration.is_a(model, configuration.entity)
        applies = applies if of_type is None else and_(applies, of_type)
        identity = rows.key()[0]
    own = and_(
        sparse.attribute("configuration_id") == configuration.key()[0],
        sparse.attribute("entity_id") == identity,
    )
    from_ = rows.selectable.join(configuration.selectable, applies).outerjoin(sparse.selectable, own)
    value = func.coalesce(sparse.optional("value"), _default(configuration))
    columns: dict[str, ColumnElement[object]] = {
        "configuration_id": configuration.key()[0],
        "entity_id": identity,
        "key": configuration.optional("key"),
        "value": value,
        "project_id": configuration.optional("project_id"),
    }
    named = []
    for name, column in columns.items():
        stored = getattr(entity.attributes.get(name), "column", None) or name
        named.append(column.label(stored))
    return select(*named).select_from(from_).subquery()


def _default(configuration: Source) -> ColumnElement[object]:
    """Return the default of a configuration as stored JSON.

    Unset defaults are kept as empty text, which only text attributes can have as a value.
    """
    default = configuration.optional("default")
    kind = configuration.optional("type_id")
    choices = [CUSTOM_ATTRIBUTE_TYPES[name] for name in ("enumerator", "dynamic enumerator")]
    texts = [CUSTOM_ATTRIBUTE_TYPES[name] for name in ("text", "url", "expression")]
    return case(
        (default != '""', default),
        (kind.in_(choices), "[]"),
        (kind.in_(texts), default),
        else_=null(),
    )


def applicable(compiler: Compiler, rows: Source, configuration: Source) -> ColumnElement[bool]:
    """Return the condition that a configuration applies to an entity (wire: custom attributes)."""
    kind = configuration.optional("entity_type")
    project = configuration.optional("project_id")
    root = rows.entity.root
    if root != "Context":
        condition: ColumnElement[bool] = kind == rows.entity.event_name
        if root in _INHERITING:
            condition = or_(condition, configuration.optional("is_hierarchical").is_(True))
        own_project = getattr(rows.entity.attributes.get("project_id"), "column", None)
        if own_project is None:
            return condition
        return and_(condition, or_(project.is_(None), project == rows.column(own_project)))
    return _applicable_context(compiler, rows, configuration, kind, project)


def _applicable_context(
    compiler: Compiler,
    rows: Source,
    configuration: Source,
    kind: ColumnElement[str],
    project: ColumnElement[str],
) -> ColumnElement[bool]:
    types = compiler.model.types
    typed = rows.of(types.get("TypedContext", rows.entity))
    row_type = typed.optional("object_type_id")
    object_type = configuration.optional("object_type_id")
    is_show = rows.is_a(compiler.model, types.get("Project", rows.entity))
    matching = or_(
        configuration.optional("is_hierarchical").is_(True),
        and_(kind == "show", true() if is_show is None else is_show),
        and_(kind == "task", row_type.is_not(None), or_(object_type.is_(None), object_type == row_type)),
    )
    return and_(
        matching, or_(project.is_(None), project == typed.optional("project_id"), project == rows.key()[0])
    )


VIEWS: Mapping[str, Callable[[Compiler, EntityType], FromClause]] = {
    "custom_attribute_values": custom_attribute_values,
}
