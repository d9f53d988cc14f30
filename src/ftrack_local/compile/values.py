"""Literals of a query as conditions on a column, by the kind of value the column holds."""

from __future__ import annotations

import json
import operator as signs
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import reduce
from typing import Any

from sqlalchemy import Float, String, and_, case, cast, false, func, literal, not_, or_
from sqlalchemy.sql.elements import ColumnElement, Grouping

from ftrack_local.codecs import from_text, parse_datetime
from ftrack_local.errors import QueryError
from ftrack_local.model import Model, Scalar, ScalarAttribute
from ftrack_local.query import Literal, Operator

from .folding import like

_LIKE_PART = re.compile(r"\\([\"'\\%_])|[\\%_]", re.DOTALL)
_DATE_ONLY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_DATE_PREFIX = '{"__type__":"datetime","value":"'
_WIDTH = 100
_SIGNS: Mapping[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Operator.EQUAL: signs.eq,
    Operator.NOT_EQUAL: signs.ne,
    Operator.GREATER: signs.gt,
    Operator.LESS: signs.lt,
    Operator.GREATER_EQUAL: signs.ge,
    Operator.LESS_EQUAL: signs.le,
}


def compare(
    model: Model, attribute: ScalarAttribute, column: ColumnElement[Any], operator: Operator, value: Literal
) -> ColumnElement[bool]:
    """Return the condition `column operator value`.

    Comparison follows SQL's three-valued logic: a null column matches nothing but `is none`.
    """
    if value.is_null:
        return _compare_null(attribute, column, operator, value)
    if operator in (Operator.LIKE, Operator.NOT_LIKE):
        matched = like(_text(attribute, column), like_pattern(value))
        return not_(matched) if operator is Operator.NOT_LIKE else matched
    if attribute.scalar is Scalar.VARIABLE:
        return _compare_variable(column, operator, value)
    if attribute.scalar is Scalar.DATETIME and _DATE_ONLY.match(value.text):
        return _compare_day(attribute, column, operator, value)
    return _ordered(column, operator, convert(model, attribute, value))


def member(
    model: Model, attribute: ScalarAttribute, column: ColumnElement[Any], values: Iterable[Literal]
) -> ColumnElement[bool]:
    """Return the condition that `column` equals one of `values`; no value matches nothing."""
    plain: list[Any] = []
    conditions: list[ColumnElement[bool]] = []
    for value in values:
        if attribute.scalar is Scalar.VARIABLE or value.is_null or _is_day(attribute, value):
            conditions.append(compare(model, attribute, column, Operator.EQUAL, value))
        elif value.raw or attribute.scalar is Scalar.TEXT:
            plain.append(convert(model, attribute, value))
    if plain:
        conditions.append(column.in_(plain))
    return any_of(conditions)


def any_of(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Join by `or`, as a shallow tree because databases limit the depth of expressions."""
    return _balanced(conditions, or_) if conditions else false()


def all_of(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Join by `and`, as a shallow tree."""
    return _balanced(conditions, and_)


class _Parenthesised(Grouping[bool]):
    """A group that joining by the same operator does not dissolve again."""

    operator = None
    inherit_cache = True


def _balanced(conditions: list[ColumnElement[bool]], join: Any) -> ColumnElement[bool]:
    while len(conditions) > _WIDTH:
        conditions = [
            _Parenthesised(join(*conditions[start : start + _WIDTH]))
            for start in range(0, len(conditions), _WIDTH)
        ]
    joined: ColumnElement[bool] = join(*conditions)
    return joined


def like_pattern(value: Literal) -> str:
    """Return the SQL pattern (escape character `\\`) of a `like` value."""
    if not value.quoted:
        return value.raw.replace("\\", "\\\\")

    def convert_part(match: re.Match[str]) -> str:
        escaped = match.group(1)
        if escaped is None:
            return "\\\\" if match.group() == "\\" else match.group()
        return escaped if escaped in "\"'" else f"\\{escaped}"

    return _LIKE_PART.sub(convert_part, value.raw)


def convert(model: Model, attribute: ScalarAttribute, value: Literal) -> Any:
    """Return the stored form of a literal for `attribute`; raise a clear error when it has none."""
    if attribute.is_entity_type:
        return model.table_name(value.text)
    if attribute.scalar in (Scalar.VARIABLE, Scalar.OBJECT):
        raise QueryError(f"`{attribute.name}` cannot be used in criteria.", value.position)
    try:
        return from_text(attribute.scalar, value.text)
    except (ValueError, OverflowError):
        raise QueryError(
            f"`{attribute.name}` is a {attribute.scalar.value}; `{value.text[:80]}` is not one.",
            value.position,
        ) from None


def _compare_null(
    attribute: ScalarAttribute, column: ColumnElement[Any], operator: Operator, value: Literal
) -> ColumnElement[bool]:
    unset: ColumnElement[bool] = column.is_(None)
    if attribute.scalar is Scalar.VARIABLE:
        unset = or_(unset, column == "null")
    if operator is Operator.EQUAL:
        return unset
    if operator is Operator.NOT_EQUAL:
        return not_(unset)
    raise QueryError(
        f"`{attribute.name} {operator.value} {value}` means nothing; `none` can only be tested with `is` "
        "and `is_not`.",
        value.position,
    )


def _ordered(column: ColumnElement[Any], operator: Operator, value: Any) -> ColumnElement[bool]:
    # SQLAlchemy takes a bare True for the keyword, which knows no order.
    return _SIGNS[operator](column, literal(value) if isinstance(value, bool) else value)


def _text(attribute: ScalarAttribute, column: ColumnElement[Any]) -> ColumnElement[Any]:
    if attribute.scalar is Scalar.VARIABLE:
        return func.trim(column, '"')
    return column if attribute.scalar in (Scalar.TEXT, Scalar.DATETIME) else cast(column, String)


def _is_day(attribute: ScalarAttribute, value: Literal) -> bool:
    return attribute.scalar is Scalar.DATETIME and _DATE_ONLY.match(value.text) is not None


def _compare_day(
    attribute: ScalarAttribute, column: ColumnElement[Any], operator: Operator, value: Literal
) -> ColumnElement[bool]:
    """Compare with a date: equality matches the whole day, everything else means midnight UTC."""
    try:
        day = date.fromisoformat(value.text)
        start = f"{day.isoformat()}T00:00:00"
        end = f"{(day + timedelta(days=1)).isoformat()}T00:00:00"
    except (ValueError, OverflowError):
        raise QueryError(
            f"`{attribute.name}` is a date; `{value.text}` is not one.", value.position
        ) from None
    if operator is Operator.EQUAL:
        return and_(column >= start, column < end)
    if operator is Operator.NOT_EQUAL:
        return or_(column < start, column >= end)
    return _ordered(column, operator, start)


def _compare_variable(column: ColumnElement[Any], operator: Operator, value: Literal) -> ColumnElement[bool]:
    """Compare with a value of any type, stored as JSON text.

    A list (enumerator) equals a value when it contains it; numbers, booleans and dates are
    recognised by the look of the literal, quoted or not.
    """
    text = value.text
    conditions: list[ColumnElement[bool]] = []
    number = _number(text)
    moment = _moment(text)
    if operator in (Operator.EQUAL, Operator.NOT_EQUAL):
        encoded = json.dumps(text, ensure_ascii=False)
        conditions.append(column == encoded)
        conditions.append(and_(column.like("[%"), func.replace(column, encoded, "") != column))
        if number is not None:
            conditions.append(_as_number(column) == number)
        if text.lower() in ("true", "false"):
            conditions.append(column == text.lower())
        if moment is not None:
            conditions.append(_as_moment(column).like(f"{moment}%"))
        matched = reduce(or_, conditions)
        return and_(column.is_not(None), not_(matched)) if operator is Operator.NOT_EQUAL else matched
    if number is not None:
        return _ordered(_as_number(column), operator, number)
    if moment is not None:
        return _ordered(_as_moment(column), operator, moment)
    return and_(column.like('"%'), _ordered(func.trim(column, '"'), operator, literal(text)))


def _number(text: str) -> float | None:
    try:
        return float(text) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text) else None
    except ValueError:
        return None


def _moment(text: str) -> str | None:
    try:
        return text if _DATE_ONLY.match(text) else parse_datetime(text) if "-" in text else None
    except ValueError:
        return None


def _as_number(column: ColumnElement[Any]) -> ColumnElement[Any]:
    first = func.substr(column, 1, 1)
    return case((first.in_([*"-0123456789"]), cast(column, Float)), else_=None)


def _as_moment(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the date inside a stored tagged date, null for every other value."""
    inner = func.substr(column, len(_DATE_PREFIX) + 1, 19)
    return case((func.substr(column, 1, len(_DATE_PREFIX)) == _DATE_PREFIX, inner), else_=None)
