"""Merging rows that a server sorted, in the order that server uses.

How a server orders texts (by case or not, by accents or not) and where it puts missing values depends on its database
and is told nowhere. It shows in what the server gives, so the order is read off the rows themselves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

from ftrack_typed.errors import QueryError

T = TypeVar("T")

Direction: TypeAlias = bool
"""Whether a sort key is descending."""

Key: TypeAlias = "tuple[Any, ...]"


def _folded(text: str) -> str:
    return text.casefold()


def _unaccented(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


_TEXTS: tuple[Callable[[str], str], ...] = (_unaccented, _folded, str)
"""Ways databases compare texts."""


def merged(runs: Sequence[Sequence[tuple[Key, T]]], directions: Sequence[Direction]) -> list[T]:
    """Merge sorted runs into one, as the server that sorted them would have.

    Args:
        runs: For each run its rows, in the server's order: sort keys and the row.
        directions: For each sort key whether it is descending.

    Raises:
        QueryError: when the runs are in no order this knows, or the orders that fit them disagree on the whole.
    """
    together = [row for run in runs for row in run]
    orders: list[list[T]] = []
    for text in _TEXTS:
        for nulls_first in (True, False):
            measure = _measure(text, nulls_first, directions)
            try:
                measured = [[measure(key) for key, _ in run] for run in runs]
                if any(later < earlier for run in measured for earlier, later in pairwise(run)):
                    continue
                ranked = [position for run in measured for position in run]
                order = sorted(range(len(together)), key=ranked.__getitem__)
            except TypeError:  # values that can't be compared with each other
                continue
            orders.append([together[index][1] for index in order])
    if orders and all(
        one is other for found in orders[1:] for one, other in zip(orders[0], found, strict=True)
    ):
        return orders[0]
    why = (
        "the server's order of texts can't be told from its rows"
        if orders
        else "it is in no order known here"
    )
    raise QueryError(
        "The query has too many values for one request, and its parts can't be merged in the server's order: "
        f"{why}. Leave out order_by and sort the result in Python, or ask with a subquery."
    )


def _measure(
    text: Callable[[str], str], nulls_first: bool, directions: Sequence[Direction]
) -> Callable[[Key], tuple[_Position, ...]]:
    def measure(key: Key) -> tuple[_Position, ...]:
        return tuple(
            _Position(_comparable(value, text), descending, nulls_first)
            for value, descending in zip(key, directions, strict=True)
        )

    return measure


def _comparable(value: Any, text: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, (bool, int, float, datetime)):
        return value
    raise TypeError(f"{type(value).__name__} has no order")


class _Position:
    """One sort key's value, ordered as the server would."""

    __slots__ = ("descending", "nulls_first", "value")

    def __init__(self, value: Any, descending: bool, nulls_first: bool) -> None:
        self.value = value
        self.descending = descending
        self.nulls_first = nulls_first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Position) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __lt__(self, other: _Position) -> bool:
        mine, theirs = (other, self) if self.descending else (self, other)
        if mine.value is None or theirs.value is None:
            if mine.value is theirs.value:
                return False
            # "First" is meant for ascending order: databases treat a missing value as smallest or as largest.
            return (mine.value is None) == self.nulls_first
        return bool(mine.value < theirs.value)
