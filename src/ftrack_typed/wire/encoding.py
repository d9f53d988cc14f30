"""Values to the JSON the server reads.

wire: the body of a request is a JSON array of operations; moments are tagged objects
``{"__type__": "datetime", "value": "2031-05-04T10:20:30+00:00"}``, and calendar days travel under the same
tag with a value of only the date.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timezone
from typing import Any, Final

from pydantic_core import to_json

from ftrack_typed.errors import UnencodableValueError

_DEEPEST = 100
"""Nesting at which a payload is taken to contain itself."""

_CONTAINERS = frozenset({dict, list, tuple})
_LEAVES = frozenset({str, int, float, bool, type(None)})

PLAIN: Final = frozenset({str, int, bool, type(None)})
"""Types of values that are plain data whatever they hold; a `float` may be none, as NaN is."""


class PlainOperations(list[dict[str, Any]]):
    """Operations that hold nothing but plain data, as `PlainValues` makes it: they are encoded as they are."""


class PlainValues:
    """Makes plain data of the values of one batch; what stands for an object is worked out once.

    Args:
        reference: Turns an object it knows into data, as for `dumps`.
    """

    __slots__ = ("_held", "_reference", "known")

    def __init__(self, reference: Callable[[Any], Any] | None = None) -> None:
        self.known: dict[int, Any] = {}
        """What stands for objects, by their ids."""
        self._held: list[Any] = []
        """These objects: as long as they are held, no other one gets their ids."""
        self._reference = reference

    def of(self, value: Any) -> Any:
        """Return what is sent in place of a value that is no text, integer, boolean or None.

        Raises:
            UnencodableValueError: For what can't be sent; the place it names starts at `value`.
        """
        if id(value) not in self.known:
            self._held.append(value)
            self.known[id(value)] = self._made_plain(value)
        return self.known[id(value)]

    def _made_plain(self, value: Any) -> Any:
        if self._reference is not None and not isinstance(value, date):
            data = self._reference(value)
            if type(data) is dict and PLAIN.issuperset(map(type, data.values())):
                return data
        return _plain(value, self._reference, "", 0)


def dumps(value: object, reference: Callable[[Any], Any] | None = None) -> bytes:
    """Return *value* as JSON in ASCII, with sorted keys; those of `PlainOperations` keep their order.

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
    if type(value) is PlainOperations:
        return _compact(value)
    if type(value) in _CONTAINERS and _is_usual(value, 0):
        # The encoder of Python is compiled and asks back for what it does not know; it tells less of what it refuses.
        try:
            return _encoded(value, PlainValues(reference).of)
        except (ValueError, TypeError, RecursionError):
            pass  # told below, with its place
    return _encoded(_plain(value, reference, "", 0))


def encode_moment(value: date) -> dict[str, str]:
    """Return the tagged object for a `datetime` (naive means UTC) or a `date`."""
    if isinstance(value, datetime) and value.utcoffset() is None:
        value = value.replace(tzinfo=timezone.utc)
    return {"__type__": "datetime", "value": value.isoformat()}


def _encoded(value: object, default: Callable[[Any], Any] | None = None) -> bytes:
    # What contains itself was found before.
    text = json.dumps(value, default=default, sort_keys=True, allow_nan=False, check_circular=False)
    return text.encode("ascii")


def _compact(operations: PlainOperations) -> bytes:
    # pydantic's encoder takes a quarter of the time of Python's, but knows neither ASCII nor lone surrogates.
    with suppress(ValueError):
        body = to_json(operations)
        if body.isascii():
            return body
    return json.dumps(operations, separators=(",", ":"), check_circular=False).encode("ascii")


def _is_usual(value: Any, depth: int) -> bool:
    """Whether the dicts and lists of a value have only string keys, are no subclasses, and come to an end."""
    if type(value) is dict:
        for key in value:
            if type(key) is not str:
                return False
        value = value.values()
    for item in value:
        kind = type(item)
        if kind in _LEAVES:
            continue
        if kind in _CONTAINERS:
            if depth == _DEEPEST or not _is_usual(item, depth + 1):
                return False
        elif issubclass(kind, (dict, list, tuple)):
            return False
    return True


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
