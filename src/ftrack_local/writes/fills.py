"""Values the server fills in when a create leaves them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from ftrack_local.compile.sources import column_of
from ftrack_local.model import TYPE_SOURCES, EntityType, ScalarAttribute
from ftrack_local.workflow import Workflow

from .rows import Row, Rows

_PROJECT_LINKS = (
    "parent_id",
    "context_id",
    "asset_id",
    "task_id",
    "version_id",
    "review_session_id",
    "note_id",
)

_OUTSIDE_WORKFLOW = frozenset({"Context", "Asset", "AssetVersion", "Component", "Note", "Metadata"})


@dataclass(frozen=True, slots=True)
class Filler:
    """Knows the batch's caller and time, and where rows are."""

    rows: Rows
    user_id: str
    now: str
    _workflow: dict[tuple[Any, ...], str | None] = field(default_factory=dict)

    def fill(self, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]) -> Any:
        """Return the value for `attribute`, None while it cannot be known yet."""
        maker = _MAKERS.get(attribute.fill or "")
        return None if maker is None else maker(self, entity, attribute, values)

    def from_workflow(self, wanted: str, entity: EntityType, values: Mapping[str, Any]) -> str | None:
        """Return the `status` or `type` a new entity starts with, None while its project is unknown."""
        project = self.project_of(entity, values)
        if project is None:
            return None
        marks = (
            getattr(entity.attributes.get(name), "column", None) for name in ("type_id", "object_type_id")
        )
        question = (wanted, entity.name, project, *(values.get(column or "") for column in marks))
        if question not in self._workflow:
            workflow = Workflow(self.rows.compiler, self.rows.connection)
            offered = workflow.statuses if wanted == "status" else workflow.types
            self._workflow[question] = next(iter(offered(entity, values, project)), None)
        return self._workflow[question]

    def forget(self, entity: EntityType) -> None:
        """Drop what may no longer hold after a row of `entity` has changed."""
        if entity.root not in _OUTSIDE_WORKFLOW or entity.name == "Project":
            self._workflow.clear()

    def project_of(self, entity: EntityType, values: Mapping[str, Any], depth: int = 0) -> str | None:
        """Return the project an entity belongs to, found by way of what it hangs below."""
        if entity.name == "Project":
            return str(values[column_of(entity, entity.primary_key[0])])
        own = entity.attributes.get("project_id")
        if isinstance(own, ScalarAttribute) and own.column and values.get(own.column):
            return str(values[own.column])
        if depth > 64:
            return None
        for row in self._parents(entity, values):
            project = self.project_of(row.entity, row.values, depth + 1)
            if project is not None:
                return project
        return None

    def _parents(self, entity: EntityType, values: Mapping[str, Any]) -> list[Row]:
        found: list[Row] = []
        for name in _PROJECT_LINKS:
            attribute = entity.attributes.get(name)
            if not isinstance(attribute, ScalarAttribute) or attribute.column is None:
                continue
            key = values.get(attribute.column)
            if key is None:
                continue
            for target in attribute.owners or (attribute.references,):
                if target is not None:
                    root = self.rows.model.types[self.rows.model.types[target].root]
                    row = self.rows.find(root, (key,))
                    if row is not None:
                        found.append(row)
        return found


_Maker = Callable[[Filler, EntityType, ScalarAttribute, Mapping[str, Any]], Any]


def _uid(filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]) -> str:
    return str(uuid4())


def _serial(filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]) -> int:
    column = filler.rows.table(entity).c[str(attribute.column)]
    return int(filler.rows.connection.scalar(select(func.coalesce(func.max(column), 0))) or 0) + 1


def _now(filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]) -> str:
    return filler.now


def _user(filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]) -> str:
    return filler.user_id


def _next_version(
    filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]
) -> int:
    table = filler.rows.table(entity)
    asset = column_of(entity, "asset_id")
    newest = select(func.max(table.c[str(attribute.column)])).where(table.c[asset] == values.get(asset))
    return int(filler.rows.connection.scalar(newest) or 0) + 1


def _project(
    filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]
) -> str | None:
    return filler.project_of(entity, values)


def _status(
    filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]
) -> str | None:
    return filler.from_workflow("status", entity, values)


def _type(
    filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]
) -> str | None:
    return filler.from_workflow("type", entity, values)


def _username(
    filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]
) -> str:
    key = str(values.get(column_of(entity, entity.primary_key[0])) or uuid4())
    return f"user-{key[:8]}"


def _entity_type(
    filler: Filler, entity: EntityType, attribute: ScalarAttribute, values: Mapping[str, Any]
) -> str | None:
    """Find the type of the entity a key without a declared type names."""
    key_attribute = entity.attributes.get(TYPE_SOURCES.get(attribute.name, ""))
    key = values.get(getattr(key_attribute, "column", None) or "")
    if key is None:
        return None
    model = filler.rows.model
    owners = getattr(key_attribute, "owners", ()) or tuple(
        this.name for this in model.types.values() if this.base is None and this.view is None
    )
    for name in owners:
        root = model.types[model.types[name].root]
        if len(root.primary_key) == 1:
            row = filler.rows.find(root, (key,))
            if row is not None:
                return row.entity.table_name
    return None


_MAKERS: Mapping[str, _Maker] = {
    "uid": _uid,
    "serial": _serial,
    "now": _now,
    "user": _user,
    "next_version": _next_version,
    "project": _project,
    "workflow_status": _status,
    "workflow_type": _type,
    "username": _username,
    "parent_type": _entity_type,
    "entity_type": _entity_type,
}
