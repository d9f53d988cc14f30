"""Python values as literals of the query language (wire: protocol "value")."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, timezone
from typing import Any

from ftrack_typed.errors import OperationError


def literal(value: Any) -> str:
    """Spell `value` so that the server reads exactly that value, whatever it contains.

    Strings are quoted and escaped; datetimes are written in UTC, naive ones are taken as UTC; enum-like
    values, UUIDs and paths go through ``str``; an entity stands for its key.

    Raises:
        OperationError: for a number that is not finite, or a value with no spelling.
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OperationError(f"{value!r} can't be compared with in a query; use a finite number.")
        return repr(value)
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
        return quote(aware.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds"))
    if isinstance(value, date):
        return quote(value.isoformat())
    key = getattr(value, "primary_key", None)
    if isinstance(key, dict):
        if len(key) != 1:
            raise OperationError(
                f"{type(value).__name__} has the composite key {', '.join(key)}; compare its parts one by one."
            )
        return literal(next(iter(key.values())))
    if isinstance(value, (list, tuple, set, frozenset, dict, bytes)):
        raise OperationError(
            f"A {type(value).__name__} can't be compared with in a query; use in_(…) for several values."
        )
    return quote(str(value))


def quote(text: str) -> str:
    """Quote a string for the query language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literals(values: Iterable[Any]) -> str:
    """Spell the inside of an ``in (…)`` list."""
    return ", ".join(literal(value) for value in values)
