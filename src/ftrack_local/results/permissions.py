"""`__permissions`: which values the caller may store in an attribute (wire: __permissions).

Everybody may do everything here, so what limits a value is the project's schema and the attribute itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from ftrack_local.compile.compiler import Compiler
from ftrack_local.model import EntityType, Reference, Scalar, ScalarAttribute
from ftrack_local.workflow import Workflow

from .records import Record

NEEDS = ("project_id", "type_id", "object_type_id")
"""Attributes of an entity that decide what its project's schema offers."""

_CATALOGUES = frozenset(
    {
        "AssetType",
        "ListCategory",
        "NoteLabel",
        "ObjectType",
        "Priority",
        "ProjectSchema",
        "State",
        "Status",
        "Type",
    }
)
"""Entity types with few rows, any of which may be chosen."""


class Permissions:
    """Finds allowed values; asks the database once for all entities in the same situation."""

    def __init__(self, compiler: Compiler, connection: Connection) -> None:
        self._compiler = compiler
        self._connection = connection
        self._workflow = Workflow(compiler, connection)
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def add(self, name: str, records: Sequence[Record]) -> None:
        """Note on every record what may be stored in its attribute `name`."""
        for record in records:
            if name not in record.entity.attributes:
                continue
            needed = {key: _value(record, key) for key in NEEDS}
            if record.entity.name == "Project":
                needed["project_id"] = record.key[0]
            question = (record.entity.name, name, *needed.values())
            if question not in self._known:
                self._known[question] = self._answer(record, name, needed["project_id"])
            record.permissions[name] = self._known[question]

    def _answer(self, record: Record, name: str, project_id: Any) -> dict[str, Any]:
        options = self._options(record, name, project_id)
        return {} if options is None else {"__options": options}

    def _options(self, record: Record, name: str, project_id: Any) -> list[Any] | None:
        """Return the allowed values, None where any value will do."""
        entity = record.entity
        attribute = entity.attributes.get(name)
        if isinstance(attribute, Reference):
            attribute = _key_of(entity, attribute)
        if not isinstance(attribute, ScalarAttribute) or attribute.column is None:
            return []
        if attribute.references == "Status" and project_id is not None:
            return list(self._workflow.statuses(entity, record.values, project_id))
        if attribute.references == "Type" and project_id is not None:
            return list(self._workflow.types(entity, record.values, project_id))
        if name in entity.immutable:
            return []
        if attribute.enum:
            return list(attribute.enum)
        if attribute.scalar is Scalar.BOOLEAN:
            return [True, False]
        if attribute.references in _CATALOGUES:
            return self._rows_of(str(attribute.references))
        return None

    def _rows_of(self, name: str) -> list[Any]:
        source = self._compiler.source(self._compiler.model.types[name])
        condition = source.is_a(self._compiler.model, source.entity)
        statement = select(source.key()[0]).order_by(source.optional("sort"), source.key()[0])
        return list(self._connection.scalars(statement if condition is None else statement.where(condition)))


def _key_of(entity: EntityType, reference: Reference) -> ScalarAttribute | None:
    attributes: Mapping[str, Any] = entity.attributes
    for attribute in attributes.values():
        if isinstance(attribute, ScalarAttribute) and attribute.column == reference.column is not None:
            return attribute
    return None


def _value(record: Record, name: str) -> Any:
    column = getattr(record.entity.attributes.get(name), "column", None)
    return None if column is None else record.values.get(column)
