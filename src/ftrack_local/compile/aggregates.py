"""Queries with `group by`: plain rows of group values and aggregates (wire: aggregation)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, cast, func, select

from ftrack_local.errors import QueryError, nearest
from ftrack_local.model import EntityType, Scalar, ScalarAttribute
from ftrack_local.query import Aggregate, Path, Query, SortKey

from .compiler import Compiler
from .resolve import entity_type
from .sources import Scope

_FUNCTIONS: Mapping[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    "count": func.count,
    "min": func.min,
    "max": func.max,
    "sum": func.sum,
    # Engines differ in what the average of whole numbers is.
    "avg": lambda column: func.avg(cast(column, Float)),
}
_RESULTS: Mapping[str, Scalar] = {"count": Scalar.INTEGER, "avg": Scalar.NUMBER}
_NUMBERS = frozenset({Scalar.INTEGER, Scalar.NUMBER})
_UNORDERED = frozenset({Scalar.BOOLEAN, Scalar.VARIABLE, Scalar.OBJECT})


@dataclass(frozen=True, slots=True)
class Output:
    """One key of a row: its name, and the attribute that tells how its value is read."""

    name: str
    attribute: ScalarAttribute
    column: ColumnElement[Any]


def grouped(compiler: Compiler, query: Query) -> tuple[list[Output], Select[Any]]:
    """Return what rows of a grouped query hold and the statement that finds them.

    Raises :class:`QueryError` for a type that cannot be grouped, a plain projection that is no group,
    or an aggregate that its attribute does not allow.
    """
    entity = entity_type(compiler.model, query.entity_type, query.position)
    _check_type(entity, query)
    scope = Scope.over(compiler.source(entity))
    groups = [_group(compiler, scope, path) for path in query.group_by]
    outputs = {output.name: output for output in groups}
    for projection in query.projections:
        if isinstance(projection, Aggregate):
            output = _aggregate(compiler, scope, projection)
            outputs.setdefault(output.name, output)
        elif str(projection) not in outputs:
            raise QueryError(
                f"`{projection}` is selected without being part of `group by`; add it there, or select an "
                f"aggregate such as `count({projection})`.",
                projection.position,
            )
    conditions = compiler.conditions(scope, query)
    found = list(outputs.values())
    order = [_sort(outputs, key) for key in query.order_by]
    order.extend(output.column.asc().nulls_first() for output in groups)
    statement = (
        select(*(output.column.label(f"c{index}") for index, output in enumerate(found)))
        .select_from(scope.from_)
        .where(*conditions)
        .group_by(*(output.column for output in groups))
        .order_by(*order)
    )
    return found, compiler.paged(statement, query)


def _check_type(entity: EntityType, query: Query) -> None:
    metadata = entity.document.get("metadata")
    if not isinstance(metadata, Mapping) or not metadata.get("group_by"):
        raise QueryError(
            f"{entity.name} cannot be used with `group by`; its schema does not say `group_by`.",
            query.position,
        )


def _group(compiler: Compiler, scope: Scope, path: Path) -> Output:
    column, attribute = compiler.value(scope, path, "group by")
    return Output(str(path), attribute, column)


def _aggregate(compiler: Compiler, scope: Scope, projection: Aggregate) -> Output:
    column, attribute = compiler.value(scope, projection.path, projection.function)
    refused = (
        attribute.scalar not in _NUMBERS
        if projection.function in ("sum", "avg")
        else projection.function != "count" and attribute.scalar in _UNORDERED
    )
    if refused:
        raise QueryError(
            f"`{projection}` is not possible: `{projection.path}` is a {attribute.scalar.value}.",
            projection.path.position,
        )
    scalar = _RESULTS.get(projection.function, attribute.scalar)
    name = f"{projection.function}_{projection.path}"
    read = replace(attribute, name=name, scalar=scalar, is_entity_type=False)
    return Output(name, read, _FUNCTIONS[projection.function](column))


def _sort(outputs: Mapping[str, Output], key: SortKey) -> ColumnElement[Any]:
    output = outputs.get(str(key.path))
    if output is None:
        raise QueryError(
            f"`{key.path}` is no part of the grouped rows and cannot sort them.{nearest(str(key.path), outputs)}",
            key.path.position,
        )
    return output.column.desc().nulls_last() if key.descending else output.column.asc().nulls_first()
