"""Conditions as functions: what a key's value has to be like.

Values of events are JSON, the literal of a condition is text. Text is compared as text, a number with a number
where the literal is one, a boolean with ``true`` and ``false``, or 1 and 0. Nothing else equals a literal.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

Operator: TypeAlias = Literal["=", "!=", ">=", "<=", ">", "<"]
Predicate: TypeAlias = Callable[[Any], bool]

OPERATORS: Final[tuple[Operator, ...]] = ("=", "!=", ">=", "<=", ">", "<")

_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUTHS: Mapping[str, int] = {"true": 1, "false": 0}
_MISSING: Final[Any] = object()


def only_text(op: str, literal: str) -> bool:
    """Whether a condition is fulfilled by one text and nothing else."""
    if op != "=" or literal.endswith("*") or literal.lower() in _TRUTHS:
        return False
    return _number(literal) is None


def text_at(candidate: Any, parts: tuple[str, ...]) -> str | None:
    """The text under a dotted key, taken apart; None where there is none, or something else."""
    for part in parts:
        candidate = candidate.get(part, _MISSING) if type(candidate) is dict else _under(candidate, part)
    return candidate if isinstance(candidate, str) else None


def condition(key: str, op: Operator, literal: str) -> Predicate:
    """Whether the value a mapping has under a dotted key compares with a literal as asked.

    False for every operator where the key is missing, or something on the way to it is no mapping.
    """
    compares = _comparison(op, literal)
    parts = tuple(key.split("."))

    def fulfilled(candidate: Any) -> bool:
        for part in parts:
            candidate = candidate.get(part, _MISSING) if type(candidate) is dict else _under(candidate, part)
        return candidate is not _MISSING and compares(candidate)

    return fulfilled


def _under(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return dict.get(value, key, _MISSING)  # one with defaults must not grow by being asked
    if isinstance(value, Mapping):
        try:
            return value[key]
        except KeyError:
            return _MISSING
    return _MISSING


def _comparison(op: Operator, literal: str) -> Predicate:
    if op == "=" and literal.endswith("*"):
        return _beginning(literal[:-1])
    equals = _equality(literal)
    if op == "=":
        return equals
    if op == "!=":
        return lambda value: not equals(value)
    return _ordering(_ORDERINGS[op], literal)


def _beginning(prefix: str) -> Predicate:
    if not prefix:
        return lambda value: True
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def _equality(literal: str) -> Predicate:
    number = _number(literal)
    truth = _TRUTHS.get(literal.lower(), number)
    if truth is None:
        return lambda value: isinstance(value, str) and value == literal

    def equals(value: Any) -> bool:
        if isinstance(value, str):
            return value == literal
        if isinstance(value, bool):
            return bool(value == truth)
        return isinstance(value, (int, float)) and number is not None and value == number

    return equals


def _ordering(compare: Callable[[Any, Any], bool], literal: str) -> Predicate:
    number = _number(literal)

    def compares(value: Any) -> bool:
        if isinstance(value, str):
            return compare(value, literal)
        return isinstance(value, (int, float)) and number is not None and compare(value, number)

    return compares


def _number(literal: str) -> int | float | None:
    if _NUMBER.fullmatch(literal) is None:
        return None
    try:
        return int(literal)
    except ValueError:  # a fraction, or more digits than Python converts
        return float(literal)
