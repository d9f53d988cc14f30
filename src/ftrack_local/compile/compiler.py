"""Criteria, sort keys and whole queries as SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, exists, literal, not_, select

from ftrack_local.errors import QueryError
from ftrack_local.model import (
    Collection,
    EntityType,
    Model,
    Reference,
    ScalarAttribute,
    Unrelated,
    Walk,
)
from ftrack_local.query import (
    And,
    Comparison,
    Criteria,
    Membership,
    Not,
    Operator,
    Or,
    Path,
    Query,
    Relation,
    Step,
)
from ftrack_local.tables import Tables

from . import values
from .computed import EXPRESSIONS
from .resolve import Meanings, cast_target, entity_type, meanings
from .routes import closure, joined
from .sources import Scope, Source, order_of, table_of
from .views import VIEWS

_MAX_INTEGER = 2**63 - 1
_Finish: TypeAlias = Callable[[Scope, Source, Meanings, Step], ColumnElement[bool]]


class Compiler:
    """Turns queries over a model into SQLAlchemy statements; holds no state between queries."""

    def __init__(self, model: Model, tables: Tables) -> None:
        self.model = model
        self.tables = tables

    def source(self, entity: EntityType) -> Source:
        """Return a fresh source of rows of `entity`."""
        if entity.view is not None:
            return Source(entity, VIEWS[entity.view](self, entity), None)
        return Source(entity, table_of(self.tables, entity).alias(), entity.type_column)

    def select(self, query: Query) -> tuple[Scope, Select[Any]]:
        """Return the scope of a query and its statement, which selects nothing yet.

        The order is the one asked for, then the order rows were made in, then the key, so that
        paging never repeats or misses a row.
        """
        entity = entity_type(self.model, query.entity_type, query.position)
        scope = Scope.over(self.source(entity))
        conditions = self.conditions(scope, query)
        order = self._order(scope, query)
        statement = select().select_from(scope.from_).where(*conditions).order_by(*order)
        return scope, self.paged(statement, query)

    def paged(self, statement: Select[Any], query: Query) -> Select[Any]:
        """Cut a statement to the query's `limit` and `offset`."""
        if query.limit is None and not query.offset:
            return statement
        # SQLite takes no offset without a limit.
        limit = _MAX_INTEGER if query.limit is None else min(query.limit, _MAX_INTEGER)
        return statement.limit(limit).offset(min(query.offset or 0, _MAX_INTEGER))

    def conditions(self, scope: Scope, query: Query) -> list[ColumnElement[bool]]:
        """Return what rows of the scope's root have to satisfy: their type and the query's criteria."""
        conditions = []
        of_type = scope.root.is_a(self.model, scope.root.entity)
        if of_type is not None:
            conditions.append(of_type)
        if query.where is not None:
            conditions.append(self.criteria(scope, scope.root, query.where))
        return conditions

    def _order(self, scope: Scope, query: Query) -> list[ColumnElement[Any]]:
        order: list[ColumnElement[Any]] = []
        for key in query.order_by:
            column, _ = self.value(scope, key.path, "order by")
            order.append(column.desc().nulls_last() if key.descending else column.asc().nulls_first())
        order.extend(order_of(scope.root))
        return order

    # Criteria

    def criteria(self, scope: Scope, source: Source, node: Criteria) -> ColumnElement[bool]:
        """Return the condition for `node` on rows of `source`."""
        if isinstance(node, And):
            return values.all_of([self.criteria(scope, source, operand) for operand in node.operands])
        if isinstance(node, Or):
            return values.any_of([self.criteria(scope, source, operand) for operand in node.operands])
        if isinstance(node, Not):
            return not_(self.criteria(scope, source, node.operand))
        if isinstance(node, Comparison):
            return self._comparison(scope, source, node)
        if isinstance(node, Membership):
            return self._membership(scope, source, node)
        return self._relation(scope, source, node)

    def _comparison(self, scope: Scope, source: Source, node: Comparison) -> ColumnElement[bool]:
        def finish(scope: Scope, source: Source, found: Meanings, step: Step) -> ColumnElement[bool]:
            if found.references:
                return self._compare_reference(source, found, node)
            if found.collections:
                raise QueryError(
                    f"`{node.path}` is a collection and cannot be compared; write `{node.path} any (…)`.",
                    node.path.position,
                )
            column, attribute = self._scalar(source, found)
            return values.compare(self.model, attribute, column, node.operator, node.value)

        return self._walk(scope, source, node.path, finish)

    def _compare_reference(self, source: Source, found: Meanings, node: Comparison) -> ColumnElement[bool]:
        if not node.value.is_null or node.operator not in (Operator.EQUAL, Operator.NOT_EQUAL):
            raise QueryError(
                f"`{node.path}` is a {found.references[0][1].target}; compare one of its attributes, as in "
                f"`{node.path}.id {node.operator.value} {node.value}`, or test it against `none`.",
                node.path.position,
            )
        columns = [self._foreign_key(source, reference) for _, reference in found.references]
        unset = and_(*(column.is_(None) for column in columns))
        return not_(unset) if node.operator is Operator.NOT_EQUAL else unset

    def _membership(self, scope: Scope, source: Source, node: Membership) -> ColumnElement[bool]:
        def finish(scope: Scope, source: Source, found: Meanings, step: Step) -> ColumnElement[bool]:
            if not found.scalars:
                raise QueryError(
                    f"`{node.path}` is a relation; compare one of its attributes, as in `{node.path}.id in (…)`.",
                    node.path.position,
                )
            column, attribute = self._scalar(source, found)
            if isinstance(node.choices, Query):
                matched: ColumnElement[bool] = column.in_(self.subquery(node.choices))
            else:
                matched = values.member(self.model, attribute, column, node.choices)
            return not_(matched) if node.negated else matched

        return self._walk(scope, source, node.path, finish)

    def _relation(self, scope: Scope, source: Source, node: Relation) -> ColumnElement[bool]:
        def finish(scope: Scope, source: Source, found: Meanings, step: Step) -> ColumnElement[bool]:
            if found.scalars:
                raise QueryError(
                    f"`{node.path}` holds a plain value; `{node.quantifier}` needs a relation.",
                    node.path.position,
                )
            if found.references and node.quantifier == "any":
                raise QueryError(
                    f"`{node.path}` is a single {found.references[0][1].target}; write `has` instead of `any`.",
                    node.path.position,
                )
            if found.collections and node.quantifier == "has":
                raise QueryError(
                    f"`{node.path}` is a collection; write `any` instead of `has`.", node.path.position
                )

            def inner(scope: Scope, source: Source) -> ColumnElement[bool] | None:
                return None if node.criteria is None else self.criteria(scope, source, node.criteria)

            return self._exists(source, found, step, node.path.position, inner)

        return self._walk(scope, source, node.path, finish)

    def _walk(self, scope: Scope, source: Source, path: Path, finish: _Finish) -> ColumnElement[bool]:
        """Follow a path to its last attribute and apply `finish` there.

        References are joined; a collection on the way turns the rest into "some element has …".
        """
        return self._follow(scope, source, path.steps, path.position, finish)

    def _follow(
        self, scope: Scope, source: Source, steps: Sequence[Step], position: int, finish: _Finish
    ) -> ColumnElement[bool]:
        for index, step in enumerate(steps):
            found = meanings(self.model, source.entity, step.name, position)
            if index == len(steps) - 1:
                return finish(scope, source, found, step)
            if found.collections:
                rest = steps[index + 1 :]

                def inner(
                    scope: Scope, source: Source, rest: Sequence[Step] = rest
                ) -> ColumnElement[bool] | None:
                    return self._follow(scope, source, rest, position, finish)

                return self._exists(source, found, step, position, inner)
            source = self.join(scope, source, found, step, position)
        raise AssertionError("a path has at least one step")

    def _exists(
        self,
        source: Source,
        found: Meanings,
        step: Step,
        position: int,
        inner: Callable[[Scope, Source], ColumnElement[bool] | None],
    ) -> ColumnElement[bool]:
        """Return the condition that a related row satisfies `inner`."""
        conditions = []
        seen: list[tuple[Any, str]] = []
        attributes: list[Reference | Collection] = [reference for _, reference in found.references]
        attributes.extend(collection for _, collection in found.collections)
        for attribute in attributes:
            signature = (
                (
                    (attribute.column, attribute.parts)
                    if isinstance(attribute, Reference)
                    else attribute.route
                ),
                attribute.target,
            )
            if signature not in seen:
                seen.append(signature)
                conditions.append(self._exists_one(source, attribute, step, position, inner))
        return values.any_of(conditions)

    def _exists_one(
        self,
        source: Source,
        attribute: Reference | Collection,
        step: Step,
        position: int,
        inner: Callable[[Scope, Source], ColumnElement[bool] | None],
    ) -> ColumnElement[bool]:
        declared = self.model.types[attribute.target]
        target = cast_target(self.model, step, declared, position) or declared
        if isinstance(attribute, Collection) and isinstance(attribute.route, Unrelated):
            return literal(1) == 0
        related = self.source(target)
        scope = Scope.over(related)
        conditions = []
        if isinstance(attribute, Collection) or step.cast is not None:
            of_type = related.is_a(self.model, target)
            if of_type is not None:
                conditions.append(of_type)
        condition = inner(scope, related)
        if condition is not None:
            conditions.append(condition)
        if isinstance(attribute, Collection) and isinstance(attribute.route, Walk):
            matched = select(*related.key()).select_from(scope.from_).where(*conditions)
            return closure(self, source, target, attribute.route, matched)
        if isinstance(attribute, Reference):
            conditions.append(self._names(source, attribute, related))
            from_ = scope.from_
            own = scope.selectables()
        else:
            from_, links, link_table = joined(self, source, related, attribute.route, scope.from_)
            conditions.extend(links)
            own = (*scope.selectables(), *link_table)
        return exists(select(literal(1)).select_from(from_).where(*conditions).correlate_except(*own))

    # Paths to one value

    def value(self, scope: Scope, path: Path, use: str) -> tuple[ColumnElement[Any], ScalarAttribute]:
        """Return the column a path of references ends in."""
        source = scope.root
        for index, step in enumerate(path.steps):
            found = meanings(self.model, source.entity, step.name, path.position)
            last = index == len(path.steps) - 1
            if found.collections:
                raise QueryError(
                    f"`{path}` runs through the collection `{step.name}` and has no single value for `{use}`.",
                    path.position,
                )
            if last:
                if found.references:
                    raise QueryError(
                        f"`{path}` is a relation and has no value for `{use}`; name one of its attributes, as in "
                        f"`{path}.id`.",
                        path.position,
                    )
                return self._scalar(source, found)
            source = self.join(scope, source, found, step, path.position)
        raise AssertionError("a path has at least one step")

    def subquery(self, query: Query) -> Select[Any]:
        """Return the statement of a subquery: its one selected value, nulls left out."""
        if len(query.projections) != 1 or not isinstance(query.projections[0], Path):
            raise QueryError(
                "A subquery selects exactly one attribute, as in `in (select id from …)`.", query.position
            )
        if query.group_by:
            raise QueryError("A subquery cannot have `group by`.", query.group_by[0].position)
        entity = entity_type(self.model, query.entity_type, query.position)
        scope = Scope.over(self.source(entity))
        column, _ = self.value(scope, query.projections[0], "a subquery")
        conditions = [*self.conditions(scope, query), column.is_not(None)]
        order = self._order(scope, query) if query.limit is not None or query.offset else []
        statement = select(column).select_from(scope.from_).where(*conditions).order_by(*order)
        return self.paged(statement, query).correlate(None)

    def join(self, scope: Scope, source: Source, found: Meanings, step: Step, position: int) -> Source:
        """Join the row a reference points to, once per scope; a missing row reads as nulls."""
        if not found.references:
            raise QueryError(
                f"`{source.entity.name}.{step.name}` holds a plain value and has no attributes of its own.",
                position,
            )
        reference = self._common_reference(found, position)
        signature = (id(source.selectable), step.name, step.cast)
        known = scope.joined.get(signature)
        declared = self.model.types[reference.target]
        target = cast_target(self.model, step, declared, position) or declared
        if known is not None:
            return known.of(target)
        related = self.source(target)
        condition = self._names(source, reference, related)
        if step.cast is not None:
            of_type = related.is_a(self.model, target)
            if of_type is not None:
                condition = and_(condition, of_type)
        scope.from_ = scope.from_.outerjoin(related.selectable, condition)
        scope.joined[signature] = related
        return related

    def _common_reference(self, found: Meanings, position: int) -> Reference:
        """Return the one reference that all meanings agree on, widened to a common target."""
        first = found.references[0][1]
        targets = {reference.target for _, reference in found.references}
        columns = {reference.column for _, reference in found.references}
        roots = {self.model.types[target].root for target in targets}
        if len(columns) > 1 or len(roots) > 1:
            owners = ", ".join(sorted(this.name for this, _ in found.references))
            raise QueryError(
                f"`{found.name}` means different things on {owners}; cast the step before it, as in "
                f"`…[{found.references[0][0].name}].{found.name}`.",
                position,
            )
        if len(targets) == 1:
            return first
        return Reference(first.name, roots.pop(), first.column, first.nullable)

    def _scalar(self, source: Source, found: Meanings) -> tuple[ColumnElement[Any], ScalarAttribute]:
        attribute = found.scalars[0][1]
        if attribute.column is None:
            expression = EXPRESSIONS.get(attribute.computed or "")
            if expression is None:
                raise QueryError(
                    f"`{source.entity.name}.{attribute.name}` is made by the server for results only and cannot be "
                    "used in criteria or for sorting."
                )
            return expression(self, source), attribute
        return source.scalar(self.model, found), attribute

    def _names(self, source: Source, reference: Reference, related: Source) -> ColumnElement[bool]:
        """Return the condition that a reference names a row of `related`."""
        if reference.parts:
            parts = zip(related.key(), reference.parts, strict=True)
            return and_(*(key == source.column(part) for key, part in parts))
        return related.key()[0] == self._foreign_key(source, reference)

    def _foreign_key(self, source: Source, reference: Reference) -> ColumnElement[Any]:
        if reference.parts:
            return source.column(reference.parts[0])
        if reference.column is not None:
            return source.column(reference.column)
        expression = EXPRESSIONS.get(reference.computed or "")
        return literal(None) if expression is None else expression(self, source)
