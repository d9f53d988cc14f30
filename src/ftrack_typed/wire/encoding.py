"""Values to the JSON the server reads.

wire: the body of a request is a JSON array of operations; moments are tagged objects
``{"__type__": "datetime", "value": "2031-05-04T10:20:30+00:00"}``, and calendar days travel under the same
tag with a value of only the date.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from typing import Any

from ftrack_typed.errors import UnencodableValueError

_DEEPEST = 100
"""Nesting at which a payload is taken to contain itself."""


def dumps(value: object, reference: Callable[[Any], Any] | None = None) -> bytes:
    """Return *value* as JSON in UTF-8, with sorted keys.

    Takes None, booleans, numbers, strings, lists, tuples, mappings with string keys, `datetime`, `date`, and objects
    around a `datetime` as `arrow` has them. A naive `datetime` is taken to be in UTC, as the server's own naive values
    are.

    Args:
        value: What to encode, usually a list of operations.
        reference: Turns an object it knows, such as an entity, into data that can be encoded, and returns
            `NotImplemented` for any other. It is asked before mappings and sequences are looked at, so an
            entity may itself be a mapping.

    Raises:
        UnencodableValueError: For NaN, infinities and values of any other type; it names their place in
            *value*.
    """
    return json.dumps(_plain(value, reference, "", 0), sort_keys=True, allow_nan=False).encode("ascii")


def encode_moment(value: date) -> dict[str, str]:
    """Return the tagged object for a `datetime` (naive means UTC) or a `date`."""
    if isinstance(value, datetime) and value.utcoffset() is None:
        value = value.replace(tzinfo=timezone.utc)
    return {"__type__": "datetime", "value": value.isoformat()}


def _plain(value: Any, reference: Callable[[Any], Any] | None, path: str, depth: int) -> Any:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnencodableValueError(
                f"{path or 'The value'} is {value}, which JSON cannot hold; use None instead.", path=path
            )
        return value
    if isinstance(value, date):
        return encode_moment(value)
    if depth > _DEEPEST:
        place = f"{path[:60]}…" if len(path) > 60 else path
        raise UnencodableValueError(f"{place} is nested too deeply or contains itself.", path=path)
    if reference is not None:
        data = reference(value)
        if data is not NotImplemented:
            return _plain(data, reference, path, depth + 1)
    wrapped = getattr(value, "datetime", None)
    if isinstance(wrapped, datetime):
        return encode_moment(wrapped)
    if isinstance(value, Mapping):
        return {
            _key(key, path): _plain(item, reference, f"{path}.{key}" if path else str(key), depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item, reference, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
    raise UnencodableValueError(
        f"{path or 'The value'} is of type {type(value).__name__}, which cannot be sent to the server; "
        "convert it to a string, a number, a datetime, or a list or dict of them.",
        path=path,
    )


def _key(key: object, path: str) -> str:
    if isinstance(key, str):
        return key
    raise UnencodableValueError(
        f"{path or 'The value'} has the key {key!r}; keys have to be strings.", path=path
    )
