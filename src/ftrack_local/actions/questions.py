"""Operations that ask about the site, the caller's rights or a query, and change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from ftrack_local.compile.aggregates import grouped
from ftrack_local.compile.resolve import entity_type
from ftrack_local.errors import MalformedRequestError
from ftrack_local.model import ScalarAttribute
from ftrack_local.query import Query, parse
from ftrack_local.results.groups import is_grouped
from ftrack_local.results.projection import tree

from .extension import Action, Extension, Finish, OpenBatch


class Questions(Extension):
    """`permissions`, `_authorize_operation`, `parse_query`, `storage_usage` and `_track_usage`."""

    def actions(self) -> Mapping[str, Action]:
        """Return the operations."""
        return {
            "permissions": self.permissions,
            "_authorize_operation": self.authorize_operation,
            "parse_query": self.parse_query,
            "storage_usage": self.storage_usage,
            "_track_usage": self.track_usage,
        }

    def permissions(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Say for each attribute of a type whether it can be read and written; everybody may."""
        entity = entity_type(batch.writes.rows.model, _text(operation, "entity_type"))
        allowed = {
            name: {
                "read": True,
                "write": name not in entity.immutable
                and not (isinstance(attribute, ScalarAttribute) and attribute.column is None),
            }
            for name, attribute in entity.attributes.items()
        }
        return lambda: {"action": "permissions", "data": allowed}

    def authorize_operation(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Everybody may do everything."""
        return lambda: {"result": True}

    def parse_query(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Take a query apart, after checking every name in it."""
        query = parse(_text(operation, "expression"))
        compiler = batch.writes.rows.compiler
        entity = entity_type(compiler.model, query.entity_type, query.position)
        if is_grouped(query):
            grouped(compiler, query)
        else:
            tree(compiler.model, entity, query)
            compiler.select(query)
        return lambda: {"action": "parse_query", "data": _parts(query)}

    def storage_usage(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Say how many bytes components take, by their announced sizes."""
        rows = batch.writes.rows
        used = 0
        if "Component" in rows.model.types:
            components = rows.compiler.source(rows.model.types["Component"])
            total = select(func.coalesce(func.sum(components.optional("size")), 0))
            used = int(rows.connection.scalar(total.select_from(components.selectable)) or 0)
        return lambda: {"action": "storage_usage", "data": {"used": used, "limit": None}}

    def track_usage(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Usage is not tracked; clients only want an answer."""
        return lambda: {"action": "_track_usage", "data": True}


def _parts(query: Query) -> dict[str, Any]:
    return {
        "entity_type": query.entity_type,
        "projections": [str(projection) for projection in query.projections],
        "filter": None if query.where is None else str(query.where),
        "group_by": [str(path) for path in query.group_by],
        "order_by": [str(key) for key in query.order_by],
        "limit": query.limit,
        "offset": query.offset,
    }


def _text(operation: Mapping[str, Any], name: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str):
        raise MalformedRequestError(f"A {operation['action']} needs its `{name}` as text.")
    return value
