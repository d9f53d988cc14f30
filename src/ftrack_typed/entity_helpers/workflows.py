"""The statuses and types a project schema offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ftrack_typed.entity_helpers.base import Generic, Helpers
from ftrack_typed.errors import ConfigurationValueError, EntityTypeError
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

StatusT = TypeVar("StatusT", bound="Entity")
TypeT = TypeVar("TypeT", bound="Entity")

_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "task": ("task_workflow_schema", "_task_workflow"),
    "version": ("asset_version_workflow_schema", "_version_workflow"),
    "types": ("task_type_schema", "_task_type_schema"),
    "overrides": ("task_workflow_schema_overrides", "_overrides"),
    "schemas": ("object_type_schemas", "_schemas"),
}
"""What relations of project schemas are called, on newer servers and on older ones."""

_FACTS: Final = ("name", "sort", "color")
"""What is loaded of statuses and types."""


class WorkflowHelpers(Helpers, Generic[StatusT, TypeT]):
    """Of project schemas. What was asked once is kept: asking again costs no request."""

    __slots__ = ()

    def get_statuses(self, schema: str | type[Entity], type_id: str | TypeT | None = None) -> list[StatusT]:
        """The statuses that entities of a type may have in projects of this schema; at most one request.

        Args:
            schema: Entity type, as class or wire id: ``"Task"``, ``"AssetVersion"``, or one that stands for an
                object type, such as ``"Shot"``.
            type_id: For tasks: their type or its id, as some types have a workflow of their own.

        Raises:
            ConfigurationValueError: for an entity type that has no statuses here.
        """
        entity_type = _wire_id(schema)
        if entity_type == "AssetVersion":
            self._load("version", "statuses")
            return _members(self._read("version"), "statuses")
        if entity_type != "Task":
            return self._offered(entity_type, "statuses", "task_status")
        if type_id is None:
            self._load("task", "statuses")
            return _members(self._read("task"), "statuses")
        workflow = self._path("task", "statuses")
        overrides = self._path("overrides", "workflow_schema.statuses")
        self._session.prefetch(self._entity, *workflow, *overrides, f"{self._name('overrides')}.type_id")
        wanted = type_id if isinstance(type_id, str) else type_id["id"]
        for override in self._read("overrides") or ():
            if override["type_id"] == wanted:
                return _members(override["workflow_schema"], "statuses")
        return _members(self._read("task"), "statuses")

    def get_types(self, schema: str | type[Entity]) -> list[TypeT]:
        """The types that entities of a type may have in projects of this schema; at most one request.

        Args:
            schema: Entity type, as class or wire id: ``"Task"``, or one that stands for an object type, such as
                ``"AssetBuild"``.

        Raises:
            ConfigurationValueError: for an entity type that has no types here.
        """
        entity_type = _wire_id(schema)
        if entity_type != "Task":
            return self._offered(entity_type, "types", "task_type")
        self._load("types", "types")
        return _members(self._read("types"), "types")

    def _offered(self, entity_type: str, collection: str, relation: str) -> list[Any]:
        """What this schema has for an object type, in its order."""
        object_type = self._session.types[entity_type].__entity__.defaults.get("object_type_id")
        if object_type is not None:
            self._load("schemas", f"{collection}.{relation}", f"{collection}.sort", "type_id")
            for offered in self._read("schemas") or ():
                if offered["type_id"] == object_type:
                    rows = sorted(offered[collection], key=lambda row: row["sort"] or 0)
                    return [row[relation] for row in rows]
        workflows = "Task, AssetVersion" if collection == "statuses" else "Task"
        raise ConfigurationValueError(
            f"{self._entity!r} has no {collection} for {entity_type}: give {workflows} or an entity type that stands "
            "for one of its object types.",
            setting="schema",
        )

    def _name(self, part: str) -> str:
        known = {found.wire for found in type(self._entity).__attributes__.values()}
        newer, older = _NAMES[part]
        return newer if newer in known else older

    def _path(self, part: str, relation: str) -> list[str]:
        return [f"{self._name(part)}.{relation}.{fact}" for fact in _FACTS]

    def _load(self, part: str, relation: str, *further: str) -> None:
        plain = [f"{self._name(part)}.{path}" for path in further]
        self._session.prefetch(self._entity, *self._path(part, relation), *plain)

    def _read(self, part: str) -> Any:
        return self._entity[self._name(part)]


def _wire_id(schema: str | type[Entity]) -> str:
    if isinstance(schema, str):
        return schema
    info = getattr(schema, "__entity__", None)
    if info is None:
        raise EntityTypeError(f"{schema!r} is neither an entity class nor the name of an entity type.")
    name: str = info.name
    return name


def _members(owner: Any, collection: str) -> list[Any]:
    return [] if owner is None or owner is NOT_SET else list(cast("Any", owner[collection]))
