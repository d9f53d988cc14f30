"""Rows of queries with `group by`, which are plain objects without type and key (wire: aggregation)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from ftrack_local.codecs import from_storage
from ftrack_local.compile.aggregates import grouped
from ftrack_local.compile.compiler import Compiler
from ftrack_local.errors import QueryError
from ftrack_local.query import Aggregate, Query


def is_grouped(query: Query) -> bool:
    """Whether a query is answered with groups instead of entities."""
    return bool(query.group_by) or any(isinstance(part, Aggregate) for part in query.projections)


def load_groups(
    compiler: Compiler, connection: Connection, query: Query, *, strict: bool
) -> list[dict[str, Any]]:
    """Return the rows of a grouped query; raise :class:`QueryError` when they were not asked for in strict mode."""
    if not query.group_by:
        raise QueryError(
            "Aggregates need `group by`, as in `select count(id) from Task … group by status_id`."
        )
    if not strict:
        raise QueryError(
            "`group by` needs the strict API; send the header `ftrack-strict-api: true` "
            "(session = Session(…, strict_api=True))."
        )
    outputs, statement = grouped(compiler, query)
    if query.limit == 0:
        return []
    readers = [(output.name, output.attribute) for output in outputs]
    model = compiler.model
    return [
        {
            name: model.by_table_name.get(value, value)
            if attribute.is_entity_type
            else from_storage(attribute, value)
            for (name, attribute), value in zip(readers, row, strict=True)
        }
        for row in connection.execute(statement)
    ]
