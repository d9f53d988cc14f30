"""Criteria: the conditions of a query as values that combine and print themselves."""

from __future__ import annotations

from typing import NoReturn


class Criterion:
    """A condition on entities, made by comparing attributes of their classes.

    Combine with ``&``, ``|`` and ``~``. ``str(criterion)`` is the condition in the server's query language.
    """

    __slots__ = ("_binding", "text")

    text: str
    _binding: int

    def __init__(self, text: str, binding: int = 3) -> None:
        """Args:
        text: The condition in the query language.
        binding: How tightly its outermost operator binds: 1 ``or``, 2 ``and``, 3 anything else.
        """
        self.text = text
        self._binding = binding

    def _operand(self, binding: int) -> str:
        return self.text if self._binding >= binding else f"({self.text})"

    def __and__(self, other: Criterion) -> Criterion:
        if not isinstance(other, Criterion):
            return NotImplemented
        return Criterion(f"{self._operand(2)} and {other._operand(2)}", 2)

    def __or__(self, other: Criterion) -> Criterion:
        if not isinstance(other, Criterion):
            return NotImplemented
        return Criterion(f"{self._operand(1)} or {other._operand(1)}", 1)

    def __invert__(self) -> Criterion:
        return Criterion(f"not ({self.text})")

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"The criterion `{self.text}` has no truth value before the server evaluates it: combine criteria "
            "with & | ~ instead of and, or, not, and test for nothing with `== None` instead of `is None`."
        )

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Criterion({self.text!r})"


def all_of(criteria: tuple[Criterion, ...]) -> str:
    """Join criteria with ``and``; the empty text when there are none."""
    joined: Criterion | None = None
    for criterion in criteria:
        if not isinstance(criterion, Criterion):
            raise TypeError(
                f"{criterion!r} is no criterion; compare an attribute of the entity class, as in Task.name == 'comp'."
            )
        joined = criterion if joined is None else joined & criterion
    return "" if joined is None else joined.text
