"""First status and type of a new entity, as the project's schema has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select

from ftrack_local.compile.sources import Source, column_of
from ftrack_local.model import EntityType

from .rows import Rows


def default_status(rows: Rows, entity: EntityType, values: Mapping[str, Any], project_id: str) -> str | None:
    """Return the status a new entity starts with, None when its project's schema offers none.

    Tasks follow their type's override or the task workflow, versions the version workflow, other
    object types their own list; of the statuses offered one that means "not started" goes first.
    """
    schema = _project_schema(rows, project_id)
    if schema is None:
        return None
    if entity.root == "AssetVersion":
        workflow = schema.get("asset_version_workflow_schema_id")
    elif entity.name == "Task":
        type_id = values.get(column_of(entity, "type_id"))
        workflow = _override(rows, schema["id"], type_id) or schema.get("task_workflow_schema_id")
    else:
        return _first_status(
            rows,
            _offered(
                rows,
                "SchemaStatus",
                "status_id",
                "schema_id",
                _schema_ids(rows, schema["id"], entity, values),
            ),
        )
    return _first_status(
        rows, _offered(rows, "WorkflowSchemaStatus", "status_id", "workflow_schema_id", _one(workflow))
    )


def default_type(rows: Rows, entity: EntityType, values: Mapping[str, Any], project_id: str) -> str | None:
    """Return the type a new entity starts with, None when its project's schema offers none."""
    schema = _project_schema(rows, project_id)
    if schema is None:
        return None
    if entity.name == "Task":
        offered = _offered(
            rows,
            "TaskTypeSchemaType",
            "type_id",
            "task_type_schema_id",
            _one(schema.get("task_type_schema_id")),
        )
    else:
        offered = _offered(
            rows, "SchemaType", "type_id", "schema_id", _schema_ids(rows, schema["id"], entity, values)
        )
    if not offered:
        return None
    types = rows.compiler.source(rows.model.types["Type"])
    statement = (
        select(types.key()[0])
        .where(types.key()[0].in_(offered))
        .order_by(types.attribute("sort"), types.attribute("name"))
    )
    return rows.connection.scalar(statement.limit(1))


def _project_schema(rows: Rows, project_id: str) -> dict[str, Any] | None:
    types = rows.model.types
    project = rows.find(types["Project"], (project_id,))
    if project is None:
        return None
    schema = rows.find(types["ProjectSchema"], (project.values.get("project_schema_id"),))
    if schema is None:
        return None
    names = ("asset_version_workflow_schema", "task_workflow_schema", "task_type_schema")
    found: dict[str, Any] = {"id": schema.key[0]}
    for name in names:
        if name in schema.entity.attributes:
            found[f"{name}_id"] = schema.values.get(column_of(schema.entity, name))
    return found


def _override(rows: Rows, schema_id: str, type_id: Any) -> str | None:
    if type_id is None or "ProjectSchemaOverride" not in rows.model.types:
        return None
    source = rows.compiler.source(rows.model.types["ProjectSchemaOverride"])
    statement = select(source.attribute("workflow_schema_id")).where(
        source.attribute("project_schema_id") == schema_id, source.attribute("type_id") == type_id
    )
    return rows.connection.scalar(statement.limit(1))


def _schema_ids(rows: Rows, schema_id: str, entity: EntityType, values: Mapping[str, Any]) -> list[Any]:
    object_type = entity.attributes.get("object_type_id")
    column = getattr(object_type, "column", None)
    if column is None or "Schema" not in rows.model.types:
        return []
    source = rows.compiler.source(rows.model.types["Schema"])
    statement = select(source.key()[0]).where(
        source.attribute("project_schema_id") == schema_id,
        source.attribute("type_id") == values.get(column),
    )
    return list(rows.connection.scalars(statement))


def _offered(rows: Rows, name: str, wanted: str, by: str, owners: list[Any]) -> list[Any]:
    if not owners or name not in rows.model.types:
        return []
    source: Source = rows.compiler.source(rows.model.types[name])
    statement: Select[Any] = select(source.attribute(wanted)).where(source.attribute(by).in_(owners))
    return list(rows.connection.scalars(statement))


def _one(key: Any) -> list[Any]:
    return [] if key is None else [key]


def _first_status(rows: Rows, offered: list[Any]) -> str | None:
    if not offered:
        return None
    status = rows.compiler.source(rows.model.types["Status"])
    state = rows.compiler.source(rows.model.types["State"])
    reference = column_of(status.entity, "state")
    statement = (
        select(status.key()[0])
        .select_from(
            status.selectable.outerjoin(state.selectable, state.key()[0] == status.column(reference))
        )
        .where(status.key()[0].in_(offered))
        .order_by(
            (state.attribute("short") != "NOT_STARTED").is_not(False),
            status.attribute("sort"),
            status.key()[0],
        )
    )
    return rows.connection.scalar(statement.limit(1))
