"""Moments as the server writes them.

wire: ``{"__type__": "datetime", "value": "2031-05-04T10:20:30"}``, naive and in UTC; newer servers write
date-only
values as ``{"__type__": "date", "value": "2031-05-04"}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

from ftrack_typed.errors import InvalidDateError

_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"\s?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2})?(?::?([0-9]{2}))?)?)?"
)


def parse(value: object) -> datetime:
    """Return *value* as an aware `datetime` in UTC.

    Args:
        value: A tagged object as the server writes it, an ISO 8601 text (``T`` or a space between date and
            time; ``Z``, an offset or nothing at its end), a `datetime` or a `date`. What names no zone is
            in UTC; a date alone is its midnight. Digits beyond microseconds are cut off.

    Raises:
        InvalidDateError: If *value* is none of these or names no existing moment.
    """
    if isinstance(value, Mapping) and value.get("__type__") in ("datetime", "date"):
        value = value.get("value")
    try:
        if isinstance(value, str):
            moment = _from_text(value)
        elif isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)
        else:
            raise InvalidDateError(f"{_shown(value)} is no date.")
        if moment.utcoffset() is None:
            return moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidDateError):
            raise
        raise InvalidDateError(f"{_shown(value)} is no date: {error}.") from None


def _from_text(text: str) -> datetime:
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise InvalidDateError(f"{_shown(text)} is no date; write it like 2031-05-04T10:20:30+00:00.")
    year, month, day, hour, minute, second, fraction, zulu, sign, *offset = match.groups()
    zone: timezone | None = None
    if zulu:
        zone = timezone.utc
    elif sign:
        hours, minutes, seconds = (int(part or 0) for part in offset)
        away = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        zone = timezone(-away if sign == "-" else away)
    return datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int((fraction or "")[:6].ljust(6, "0")),
        tzinfo=zone,
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
