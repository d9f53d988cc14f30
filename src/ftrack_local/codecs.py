"""Values between the wire and the database, one rule per :class:`~ftrack_local.model.Scalar`.

Dates are kept as UTC text `YYYY-MM-DDTHH:MM:SS`, so that text order is time order on every engine;
`variable` values are kept as JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timezone
from functools import lru_cache
from typing import Any, NoReturn

from ftrack_local.model import Scalar, ScalarAttribute

_TEMPORAL = frozenset({"datetime", "date"})
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})
_SAME_ON_THE_WIRE = frozenset({Scalar.TEXT, Scalar.INTEGER, Scalar.NUMBER, Scalar.OBJECT})


class StorageValueError(ValueError):
    """A value does not fit the attribute it is meant for; the message names both."""


def to_storage(attribute: ScalarAttribute, value: Any) -> Any:
    """Return the database form of a wire value.

    Raises:
        StorageValueError: The value has the wrong type, is not one of the allowed ones, or is no date.
    """
    if value is None:
        return None
    try:
        stored = _ENCODERS[attribute.scalar](value)
    except StorageValueError as error:
        raise StorageValueError(f"{attribute.name}: {error}") from None
    if attribute.enum and stored not in attribute.enum:
        allowed = ", ".join(attribute.enum)
        raise StorageValueError(f"{attribute.name}: {value!r} is not one of {allowed}")
    return stored


def from_storage(attribute: ScalarAttribute, value: Any) -> Any:
    """Return the wire form of a database value (wire: dates are tagged, naive and in whole seconds)."""
    if value is None:
        return None
    return _DECODERS[attribute.scalar](value)


def reader(scalar: Scalar) -> Callable[[Any], Any] | None:
    """Return what turns a database value that is set into its wire form; None when the two are the same."""
    return None if scalar in _SAME_ON_THE_WIRE else _DECODERS[scalar]


def from_text(scalar: Scalar, text: str) -> Any:
    """Return the database form of a value written as text in a query.

    Numbers that no column could hold are kept within 64 bits, so that comparisons with them still hold.

    Raises:
        ValueError: The text is no such value; also for kinds that queries cannot name.
    """
    return _PARSERS[scalar](text)


def parse_datetime(value: Any) -> str:
    """Normalise any date a client may send to UTC text in whole seconds.

    Accepted are tagged objects, ISO text with or without time, offset or `Z`, and Python dates;
    text without offset counts as UTC (wire: clients send all of these).

    Raises:
        StorageValueError: It is no date.
    """
    if isinstance(value, dict) and value.get("__type__") in _TEMPORAL:
        value = value.get("value")
    if isinstance(value, str):
        return _normal_text(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise StorageValueError(f"expected a date such as 2031-05-04T10:20:30, got {value!r}")
    moment: datetime = value
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(timezone.utc)
        except OverflowError:
            raise StorageValueError(f"{moment.isoformat()} is outside the years 1 to 9999 in UTC") from None
    return moment.replace(microsecond=0, tzinfo=None).isoformat()


@lru_cache(maxsize=1024)
def _normal_text(text: str) -> str:
    """Normalise text; seeds say the same few dates again and again."""
    return parse_datetime(_parse_text(text))


def _parse_text(text: str) -> datetime:
    candidate = text.strip()
    if candidate[-1:] in ("Z", "z"):
        candidate = candidate[:-1] + "+00:00"
    # fromisoformat of Python 3.10 wants exactly 3 or 6 digits of a second.
    whole, point, rest = candidate.partition(".")
    if point:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        candidate = whole + rest[digits:]
    try:
        return datetime.fromisoformat(candidate)
    except ValueError:
        raise StorageValueError(f"expected a date such as 2031-05-04T10:20:30, got {text!r}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise StorageValueError(f"expected text, got {_shape(value)}")
    if "\x00" in value:
        raise StorageValueError("text must not contain the character U+0000")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise StorageValueError(f"expected a whole number, got {_shape(value)}")
    if isinstance(value, float) and not value.is_integer():
        raise StorageValueError(f"expected a whole number, got {value!r}")
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise StorageValueError(f"{number} is too large; whole numbers have 64 bits")
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise StorageValueError(f"expected a number, got {_shape(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise StorageValueError(f"{value} is too large for a number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise StorageValueError(f"expected a finite number, got {value!r}")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise StorageValueError(f"expected true or false, got {_shape(value)}")


def _variable(value: Any) -> str:
    try:
        return json.dumps(_normalise(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StorageValueError(f"cannot be kept as JSON: {error}") from None


def _normalise(value: Any) -> Any:
    """Dates inside a free value are kept tagged, in the same form as everywhere else."""
    if isinstance(value, (date, datetime)) or (
        isinstance(value, dict) and value.get("__type__") in _TEMPORAL
    ):
        return {"__type__": "datetime", "value": parse_datetime(value)}
    return value


def _made_by_server(value: Any) -> Any:
    raise StorageValueError("the server makes this value, it cannot be stored")


def _shape(value: Any) -> str:
    return f"{value!r} ({type(value).__name__})"


def _parse_integer(text: str) -> int | float:
    if re.fullmatch(r"[+-]?\d+", text) is None:
        return float(text)
    return max(min(int(text), 2**63 - 1), -(2**63))


def _parse_boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError(text)


def _parse_nothing(text: str) -> NoReturn:
    raise ValueError(text)


def _tagged(value: Any) -> dict[str, str]:
    return {"__type__": "datetime", "value": str(value)}


def _load(value: Any) -> Any:
    return json.loads(value)


def _same(value: Any) -> Any:
    return value


_PARSERS: dict[Scalar, Callable[[str], Any]] = {
    Scalar.TEXT: str,
    Scalar.INTEGER: _parse_integer,
    Scalar.NUMBER: float,
    Scalar.BOOLEAN: _parse_boolean,
    Scalar.DATETIME: parse_datetime,
    Scalar.VARIABLE: _parse_nothing,
    Scalar.OBJECT: _parse_nothing,
}
_ENCODERS: dict[Scalar, Callable[[Any], Any]] = {
    Scalar.TEXT: _text,
    Scalar.INTEGER: _integer,
    Scalar.NUMBER: _number,
    Scalar.BOOLEAN: _boolean,
    Scalar.DATETIME: parse_datetime,
    Scalar.VARIABLE: _variable,
    Scalar.OBJECT: _made_by_server,
}
_DECODERS: dict[Scalar, Callable[[Any], Any]] = {
    Scalar.TEXT: str,
    Scalar.INTEGER: int,
    Scalar.NUMBER: float,
    Scalar.BOOLEAN: bool,
    Scalar.DATETIME: _tagged,
    Scalar.VARIABLE: _load,
    Scalar.OBJECT: _same,
}
