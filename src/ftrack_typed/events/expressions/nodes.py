"""Expressions as trees. Immutable; nodes are equal when they are written alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any as Anything

from ftrack_typed.errors import ParseError, suggestion
from ftrack_typed.events.expressions.comparing import OPERATORS, Operator, Predicate, condition

_KEY = re.compile(r"[A-Za-z0-9_.]+")
_BARE = re.compile(r"[A-Za-z0-9\-_,./*@+]+")


class Expression:
    """What a mapping has to be like; this one matches whatever it is asked about.

    ``str`` gives the text that :func:`parse` reads back as the same expression, ``repr`` the tree.
    """

    __slots__ = ("_predicate",)

    _predicate: Predicate

    def __init__(self) -> None:
        self._become(lambda candidate: True)

    def _become(self, predicate: Predicate) -> None:
        object.__setattr__(self, "_predicate", predicate)

    @property
    def predicate(self) -> Predicate:
        """The expression as a function, for code that asks often."""
        return self._predicate

    def matches(self, candidate: Mapping[str, Anything]) -> bool:
        """Whether a mapping, such as an event or a subscriber's metadata, is as the expression says.

        Never raises, whatever the values are.
        """
        return self._predicate(candidate)

    def renamed(self, names: Mapping[str, str]) -> Expression:
        """The same expression, with other names for some keys; itself where it has none of them."""
        return self

    def _parts(self) -> tuple[Anything, ...]:
        return ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"An expression can't be changed, so {name!r} can't be set; make another one.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(
            f"An expression can't be changed, so {name!r} can't be deleted; make another one."
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return type(self) is type(other) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((type(self), self._parts()))

    def __reduce__(self) -> tuple[Anything, ...]:
        return type(self), self._parts()

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class _Several(Expression):
    __slots__ = ("expressions",)

    expressions: tuple[Expression, ...]

    def __init__(self, expressions: Iterable[Expression] = ()) -> None:
        object.__setattr__(self, "expressions", tuple(expressions))

    def renamed(self, names: Mapping[str, str]) -> Expression:
        found = [each.renamed(names) for each in self.expressions]
        same = all(new is old for new, old in zip(found, self.expressions, strict=True))
        return self if same else type(self)(found)

    def _parts(self) -> tuple[Anything, ...]:
        return (self.expressions,)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{' '.join(map(repr, self.expressions))}]>"


class All(_Several):
    """Matches what every one of its expressions matches, and so anything when it has none."""

    __slots__ = ()

    def __init__(self, expressions: Iterable[Expression] = ()) -> None:
        super().__init__(expressions)
        predicates = tuple(each.predicate for each in self.expressions)

        def every(candidate: Anything) -> bool:
            for predicate in predicates:  # noqa: SIM110  # a generator would cost more than most predicates
                if not predicate(candidate):
                    return False
            return True

        self._become(every)

    def __str__(self) -> str:
        return " and ".join(_nested(each) for each in self.expressions)


class Any(_Several):
    """Matches what at least one of its expressions matches, and so nothing when it has none."""

    __slots__ = ()

    def __init__(self, expressions: Iterable[Expression] = ()) -> None:
        super().__init__(expressions)
        predicates = tuple(each.predicate for each in self.expressions)

        def some(candidate: Anything) -> bool:
            for predicate in predicates:  # noqa: SIM110  # as above
                if predicate(candidate):
                    return True
            return False

        self._become(some)

    def __str__(self) -> str:
        return " or ".join(_nested(each) for each in self.expressions)


class Not(Expression):
    """Matches what its expression does not."""

    __slots__ = ("expression",)

    expression: Expression

    def __init__(self, expression: Expression) -> None:
        object.__setattr__(self, "expression", expression)
        predicate = expression.predicate
        self._become(lambda candidate: not predicate(candidate))

    def renamed(self, names: Mapping[str, str]) -> Expression:
        found = self.expression.renamed(names)
        return self if found is self.expression else Not(found)

    def _parts(self) -> tuple[Anything, ...]:
        return (self.expression,)

    def __str__(self) -> str:
        return f"not {_nested(self.expression)}"

    def __repr__(self) -> str:
        return f"<Not {self.expression!r}>"


class Condition(Expression):
    """Compares the value under a key with a literal: ``source.user.username="ada"``.

    Args:
        key: Where the value is; dots lead into mappings within. Letters, digits, ``_`` and ``.``.
        operator: ``=``, ``!=``, ``>=``, ``<=``, ``>`` or ``<``. A value with a star at its end makes ``=`` ask for
            what stands before the star at the beginning of a text.
        value: What to compare with. It can hold single or double quotes, not both, as the language has no escapes.

    Raises:
        ParseError: when one of them can't be written in an expression.
    """

    __slots__ = ("key", "operator", "value")

    key: str
    operator: Operator
    value: str

    def __init__(self, key: str, operator: str, value: str) -> None:
        if _KEY.fullmatch(key) is None:
            raise ParseError(
                f"{key!r} can't be a key in an expression: keys are of letters, digits, `_` and `.`.",
                expression=key,
            )
        if operator not in OPERATORS:
            raise ParseError(
                f"There is no operator {operator!r}; use one of {' '.join(OPERATORS)}."
                f"{suggestion(operator, OPERATORS)}",
                expression=operator,
            )
        if '"' in value and "'" in value:
            raise ParseError(
                f"{value!r} holds both kinds of quotes, which expressions have no way to write.",
                expression=value,
            )
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "value", value)
        self._become(condition(key, operator, value))

    def renamed(self, names: Mapping[str, str]) -> Expression:
        return Condition(names[self.key], self.operator, self.value) if self.key in names else self

    def _parts(self) -> tuple[Anything, ...]:
        return self.key, self.operator, self.value

    def __str__(self) -> str:
        return f"{self.key}{self.operator}{_quoted(self.value)}"

    def __repr__(self) -> str:
        return f"<Condition {self.key}{self.operator}{self.value}>"


def _quoted(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    quote = "'" if '"' in value else '"'
    return f"{quote}{value}{quote}"


def _nested(expression: Expression) -> str:
    return f"({expression})" if isinstance(expression, _Several) else str(expression)
