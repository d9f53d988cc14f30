"""Computed attributes that a database can calculate, and so may stand in criteria and sort keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select

from .resolve import entity_type
from .sources import Source

if TYPE_CHECKING:
    from .compiler import Compiler


def is_latest_version(compiler: Compiler, source: Source) -> ColumnElement[Any]:
    """Whether no version of the same asset has a higher number."""
    other = compiler.source(source.entity)
    newer = exists(
        select(literal(1))
        .select_from(other.selectable)
        .where(
            other.attribute("asset_id") == source.attribute("asset_id"),
            other.attribute("version") > source.attribute("version"),
        )
        .correlate_except(other.selectable)
    )
    return ~newer


def latest_version(compiler: Compiler, source: Source) -> ColumnElement[Any]:
    """The key of the asset's version with the highest number."""
    versions = compiler.source(entity_type(compiler.model, "AssetVersion"))
    statement = (
        select(*versions.key())
        .where(versions.attribute("asset_id") == source.key()[0])
        .order_by(versions.attribute("version").desc())
        .limit(1)
    )
    return statement.correlate_except(versions.selectable).scalar_subquery()


def time_logged(compiler: Compiler, source: Source) -> ColumnElement[Any]:
    """Seconds logged on a context and everything below it."""
    child = compiler.source(source.entity)
    below = select(source.key()[0].label("id")).correlate(source.selectable).cte(recursive=True, nesting=True)
    below = below.union(select(*child.key()).where(child.attribute("parent_id") == below.c.id))
    logs = compiler.source(entity_type(compiler.model, "Timelog"))
    statement = select(func.coalesce(func.sum(logs.attribute("duration")), 0.0)).where(
        logs.attribute("context_id") == below.c.id
    )
    return statement.correlate(source.selectable).scalar_subquery()


def bid_difference(compiler: Compiler, source: Source) -> ColumnElement[Any]:
    """Bid minus logged time, in seconds."""
    return func.coalesce(source.attribute("bid"), 0.0) - time_logged(compiler, source)


def is_open(compiler: Compiler, source: Source) -> ColumnElement[Any]:
    """Whether a review session's dates include the present moment."""
    now = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0).isoformat()
    start, end = source.attribute("start_date"), source.attribute("end_date")
    return and_(or_(start.is_(None), start <= now), or_(end.is_(None), end >= now))


def review_thumbnail(compiler: Compiler, source: Source) -> ColumnElement[Any]:
    """The thumbnail of the version a review session shows itself with."""
    versions = compiler.source(entity_type(compiler.model, "AssetVersion"))
    statement = (
        select(versions.attribute("thumbnail_id"))
        .where(versions.key()[0] == source.attribute("thumbnail_source_id"))
        .limit(1)
    )
    return statement.correlate_except(versions.selectable).scalar_subquery()


def view_key(compiler: Compiler, source: Source) -> ColumnElement[Any]:
    """The configuration's key, which the view of dense custom attribute values carries along."""
    return source.selectable.c["key"]


EXPRESSIONS: Mapping[str, Callable[[Compiler, Source], ColumnElement[Any]]] = {
    "is_latest_version": is_latest_version,
    "latest_version": latest_version,
    "time_logged": time_logged,
    "bid_time_logged_difference": bid_difference,
    "is_open": is_open,
    "key": view_key,
    "thumbnail_id": review_thumbnail,
}
