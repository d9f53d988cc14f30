"""Criteria: the conditions of a query as values that combine and print themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, NoReturn, TypeAlias

from ftrack_typed.query.text import shortened

OR, AND, TERM = 1, 2, 3
"""How tightly the outermost operator of a condition binds."""


class Values(NamedTuple):
    """The literals of an ``in (…)`` list, apart from the text so that a long list can be split."""

    literals: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.literals)


Parts: TypeAlias = "tuple[str | Values, ...]"
"""A condition in pieces: joined, they are its text."""


class Criterion:
    """A condition on entities, made by comparing attributes of their classes.

    Combine with ``&``, ``|`` and ``~``. ``str(criterion)`` is the condition in the server's query language.
    """

    __slots__ = ("_binding", "parts")

    parts: Parts
    _binding: int

    def __init__(self, condition: str | Parts, binding: int = TERM) -> None:
        """Args:
        condition: The condition in the query language, or the pieces of it.
        binding: How tightly its outermost operator binds: 1 ``or``, 2 ``and``, 3 anything else.
        """
        self.parts = (condition,) if isinstance(condition, str) else condition
        self._binding = binding

    @property
    def text(self) -> str:
        """The condition in the query language."""
        return "".join(map(str, self.parts))

    def _operand(self, binding: int) -> Parts:
        return self.parts if self._binding >= binding else ("(", *self.parts, ")")

    def __and__(self, other: Criterion) -> Criterion:
        if not isinstance(other, Criterion):
            return NotImplemented
        return Criterion((*self._operand(AND), " and ", *other._operand(AND)), AND)

    def __or__(self, other: Criterion) -> Criterion:
        if not isinstance(other, Criterion):
            return NotImplemented
        return Criterion((*self._operand(OR), " or ", *other._operand(OR)), OR)

    def __invert__(self) -> Criterion:
        # As one text: what matches none of a list is not what some part of the list does not match.
        return Criterion(f"not ({self.text})")

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"The criterion `{shortened(self.text)}` has no truth value before the server evaluates it: combine "
            "criteria with & | ~ instead of and, or, not, and test for nothing with `.is_(None)` instead of `is None`."
        )

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Criterion({shortened(self.text)!r})"


def all_of(criteria: Iterable[Criterion]) -> Criterion | None:
    """Join criteria with ``and``; None when there are none.

    Raises:
        TypeError: when one of them is no criterion, such as the bool that ``Task.name is None`` gives.
    """
    joined: Criterion | None = None
    for criterion in criteria:
        given: object = criterion  # people may pass anything
        if not isinstance(given, Criterion):
            raise TypeError(
                f"{criterion!r} is no criterion; compare an attribute of the entity class, as in Task.name == 'comp' "
                "or Task.description.is_(None)."
            )
        joined = criterion if joined is None else joined & criterion
    return joined


def nested(before: str, criteria: Iterable[Criterion]) -> Criterion:
    """The criterion `before` followed by all `criteria` in parentheses, which may be empty."""
    inner = all_of(criteria)
    return Criterion((f"{before} (", *(() if inner is None else inner.parts), ")"))
