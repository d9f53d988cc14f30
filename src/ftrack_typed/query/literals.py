"""Python values as literals of the query language (wire: protocol "value")."""

from __future__ import annotations

import math
import re
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


_IN_PATTERN = re.compile(r"\\[\\%_]|[\\\"]")
_WILDCARDS = re.compile(r"[\\%_]")


def pattern(text: str) -> str:
    r"""Quote the pattern of a ``like``: ``%`` and ``_`` stay wildcards, ``\%``, ``\_`` and ``\\`` escapes."""
    return '"' + _IN_PATTERN.sub(lambda found: _in_pattern(found[0]), text) + '"'


def _in_pattern(found: str) -> str:
    return found if len(found) == 2 else f"\\{found}"


def escape_like(text: str) -> str:
    """Spell `text` so that a ``like`` pattern matches these very characters, wildcards included."""
    return _WILDCARDS.sub(lambda found: f"\\{found[0]}", text)


def literals(values: Iterable[Any]) -> tuple[str, ...]:
    """Spell the values of an ``in (…)`` list, each once."""
    return tuple(dict.fromkeys(literal(value) for value in values))
