"""Values of changes: events carry them as text, attributes have types."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ftrack_typed.wire import dates

T_co = TypeVar("T_co", covariant=True)

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_TRUTHS: Mapping[str, bool] = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True)
class ValueChange(Generic[T_co]):
    """One value before and after a change."""

    old: T_co | None
    """The value before; None where there was none, or none is told."""
    new: T_co | None
    """The value after; None where there is none."""
    certain: bool = True
    """Whether both have the type of the attribute. Else they are as they were sent, which is mostly as text."""


def value_change(scalar: str, change: object) -> ValueChange[Any]:
    """Read one of an event's changes.

    Args:
        scalar: Type of the attribute's values, as annotations name it.
        change: ``{"old": …, "new": …}`` as it was sent.
    """
    if not isinstance(change, Mapping) or "new" not in change:
        return ValueChange(None, change, certain=False)
    try:
        return ValueChange(
            _converted(scalar, change.get("old")), _converted(scalar, change["new"]), "old" in change
        )
    except ValueError:
        return ValueChange(change.get("old"), change["new"], certain=False)


def _converted(scalar: str, sent: object) -> Any:
    if sent is None:
        return None
    read = _READERS.get(scalar)
    if read is None:
        raise ValueError(f"No value of the type {scalar} is known to travel as text.")
    return read(sent)


def _text(sent: object) -> str:
    if not isinstance(sent, str):
        raise ValueError("no text")
    return sent


def _integer(sent: object) -> int:
    if isinstance(sent, int) and not isinstance(sent, bool):
        return sent
    if isinstance(sent, str) and _WHOLE.fullmatch(sent):
        return int(sent)
    raise ValueError("no whole number")


def _number(sent: object) -> float:
    if isinstance(sent, bool) or not isinstance(sent, (int, float, str)):
        raise ValueError("no number")
    number = float(sent)
    if not math.isfinite(number):
        raise ValueError("no finite number")
    return number


def _truth(sent: object) -> bool:
    if isinstance(sent, bool):
        return sent
    found = _TRUTHS.get(str(sent).lower())
    if found is None:
        raise ValueError("neither true nor false")
    return found


_READERS: Mapping[str, Callable[[object], Any]] = {
    "str": _text,
    "int": _integer,
    "float": _number,
    "bool": _truth,
    "datetime": dates.parse,
}
