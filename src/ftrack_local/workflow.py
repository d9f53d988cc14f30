"""What a project's schema offers its entities: the statuses and types they may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from ftrack_local.compile.compiler import Compiler
from ftrack_local.compile.sources import Source, column_of
from ftrack_local.model import EntityType

_SCHEMA_KEYS = ("asset_version_workflow_schema", "task_workflow_schema", "task_type_schema")


class Workflow:
    """Reads project schemas over one connection."""

    def __init__(self, compiler: Compiler, connection: Connection) -> None:
        self._compiler = compiler
        self._connection = connection
        self._types = compiler.model.types

    def statuses(self, entity: EntityType, values: Mapping[str, Any], project_id: str) -> list[str]:
        """Return the statuses an entity may have, those that mean "not started" first.

        Tasks follow their type's override or the task workflow, versions the version workflow, other
        object types their own list. `values` holds the entity's stored values by column.
        """
        schema = self._project_schema(project_id)
        if schema is None:
            return []
        if entity.root == "AssetVersion":
            workflow = schema.get("asset_version_workflow_schema_id")
        elif entity.name == "Task":
            type_id = values.get(column_of(entity, "type_id"))
            workflow = self._override(schema["id"], type_id) or schema.get("task_workflow_schema_id")
        else:
            owners = self._schema_ids(schema["id"], entity, values)
            return self._sorted_statuses(self._offered("SchemaStatus", "status_id", "schema_id", owners))
        offered = self._offered("WorkflowSchemaStatus", "status_id", "workflow_schema_id", _one(workflow))
        return self._sorted_statuses(offered)

    def types(self, entity: EntityType, values: Mapping[str, Any], project_id: str) -> list[str]:
        """Return the types an entity may have, in their order."""
        schema = self._project_schema(project_id)
        if schema is None:
            return []
        if entity.name == "Task":
            owners = _one(schema.get("task_type_schema_id"))
            offered = self._offered("TaskTypeSchemaType", "type_id", "task_type_schema_id", owners)
        else:
            owners = self._schema_ids(schema["id"], entity, values)
            offered = self._offered("SchemaType", "type_id", "schema_id", owners)
        if not offered:
            return []
        types = self._compiler.source(self._types["Type"])
        statement = (
            select(types.key()[0])
            .where(types.key()[0].in_(offered))
            .order_by(types.attribute("sort"), types.attribute("name"), types.key()[0])
        )
        return list(self._connection.scalars(statement))

    def _project_schema(self, project_id: str) -> dict[str, Any] | None:
        projects = self._compiler.source(self._types["Project"])
        schemas = self._compiler.source(self._types["ProjectSchema"])
        named = [name for name in _SCHEMA_KEYS if name in schemas.entity.attributes]
        statement = (
            select(schemas.key()[0], *(schemas.attribute(name) for name in named))
            .join_from(
                projects.selectable,
                schemas.selectable,
                schemas.key()[0] == projects.attribute("project_schema_id"),
            )
            .where(projects.key()[0] == project_id)
        )
        row = self._connection.execute(statement).first()
        if row is None:
            return None
        return dict(zip(("id", *(f"{name}_id" for name in named)), row, strict=True))

    def _override(self, schema_id: str, type_id: Any) -> str | None:
        if type_id is None or "ProjectSchemaOverride" not in self._types:
            return None
        source = self._compiler.source(self._types["ProjectSchemaOverride"])
        statement = select(source.attribute("workflow_schema_id")).where(
            source.attribute("project_schema_id") == schema_id, source.attribute("type_id") == type_id
        )
        return self._connection.scalar(statement.limit(1))

    def _schema_ids(self, schema_id: str, entity: EntityType, values: Mapping[str, Any]) -> list[Any]:
        column = getattr(entity.attributes.get("object_type_id"), "column", None)
        if column is None or "Schema" not in self._types:
            return []
        source = self._compiler.source(self._types["Schema"])
        statement = select(source.key()[0]).where(
            source.attribute("project_schema_id") == schema_id,
            source.attribute("type_id") == values.get(column),
        )
        return list(self._connection.scalars(statement))

    def _offered(self, name: str, wanted: str, by: str, owners: Sequence[Any]) -> list[Any]:
        if not owners or name not in self._types:
            return []
        source: Source = self._compiler.source(self._types[name])
        statement: Select[Any] = select(source.attribute(wanted)).where(source.attribute(by).in_(owners))
        return list(self._connection.scalars(statement))

    def _sorted_statuses(self, offered: Sequence[Any]) -> list[str]:
        if not offered:
            return []
        status = self._compiler.source(self._types["Status"])
        state = self._compiler.source(self._types["State"])
        reference = column_of(status.entity, "state")
        from_ = status.selectable.outerjoin(state.selectable, state.key()[0] == status.column(reference))
        statement = (
            select(status.key()[0])
            .select_from(from_)
            .where(status.key()[0].in_(offered))
            .order_by(
                (state.attribute("short") != "NOT_STARTED").is_not(False),
                status.attribute("sort"),
                status.key()[0],
            )
        )
        return list(self._connection.scalars(statement))


def _one(key: Any) -> list[Any]:
    return [] if key is None else [key]
