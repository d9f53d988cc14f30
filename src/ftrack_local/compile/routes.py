"""Collections as joins: how the rows of one source belong to the rows of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, Select, select

from ftrack_local.model import EntityType, Inverse, Route, Through, Walk

from .sources import Source, single_key, table_of

if TYPE_CHECKING:
    from .compiler import Compiler


def joined(
    compiler: Compiler, owner: Source, related: Source, route: Route, from_: FromClause
) -> tuple[FromClause, list[ColumnElement[bool]], tuple[FromClause, ...]]:
    """Tie `related` to `owner` along a route.

    Returns the FROM clause of `related` (with the join table, if any), the conditions, and the
    tables added.
    """
    key = owner.key()[0]
    if isinstance(route, Inverse):
        conditions = [related.column(route.column) == key]
        conditions.extend(related.column(name) == value for name, value in route.where.items())
        return from_, conditions, ()
    if isinstance(route, Through):
        link = compiler.tables[route.table].alias()
        from_ = from_.join(link, link.c[route.far] == related.column(single_key(related.entity)))
        conditions = [link.c[route.near] == key]
        conditions.extend(link.c[name] == value for name, value in route.where.items())
        return from_, conditions, (link,)
    raise AssertionError(f"no join for {route!r}")


def closure(
    compiler: Compiler, owner: Source, target: EntityType, route: Walk, matched: Select[Any]
) -> ColumnElement[bool]:
    """Return the condition that walking from `owner` reaches one of the `matched` keys.

    Walked from the matching rows back to the owners, so that the database does it once per query
    and along an index instead of once per row.
    """
    table = table_of(compiler.tables, target)
    key = single_key(target)
    found = matched.correlate(None).subquery().c[0]
    near, far = (key, route.column) if route.direction == "up" else (route.column, key)
    step, following = table.alias(), table.alias()
    if route.start is None:
        reached = select(step.c[near].label("id")).where(step.c[far] == found).cte(recursive=True)
        origin = single_key(owner.entity)
    else:
        reached = select(found.label("id")).cte(recursive=True)
        origin = route.start
    reached = reached.union(select(following.c[near]).where(following.c[far] == reached.c.id))
    return owner.column(origin).in_(select(reached.c.id).where(reached.c.id.is_not(None)).correlate(None))
