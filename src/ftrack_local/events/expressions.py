"""Expressions of subscriptions and targets: `topic=ftrack.update and source.user.username="ada"`.

Wire: expression grammar. A condition on a key that is missing is false whatever its operator, an
empty expression is true. Clients agree on how texts compare, but neither on numbers and booleans nor on a
trailing star, which asks some for a beginning and some for a text anywhere. As they repeat the matching, a
server has to send what any of them may want: a node `matches` when one of these readings does, and does so
`surely` when all do. The difference matters beneath `not`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

MAX_DEPTH = 50
"""Deepest nesting of parentheses and `not` accepted."""
MAX_LENGTH = 20_000
"""Longest expression accepted, in characters."""

_BARE = r"[A-Za-z0-9\-_,./*@+]+"
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<parenthesis>[()])
      | (?P<condition>(?P<field>[A-Za-z0-9_.]+)\s*(?P<op>!=|>=|<=|=|>|<)\s*
            (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>{_BARE})))
      | (?P<word>[A-Za-z]+)
    )""",
    re.VERBOSE,
)
_IS_BARE = re.compile(_BARE)
_MISSING = object()


class ExpressionError(ValueError):
    """An expression that does not follow the grammar; the text is ready to be shown."""

    def __init__(self, expression: str, detail: str) -> None:
        shown = expression if len(expression) <= 500 else f"{expression[:500]}…"
        super().__init__(f"Failed to parse: {shown}. {detail}")


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches whatever it is asked about."""

    def matches(self, candidate: Any) -> bool:
        """Return True."""
        return True

    def surely(self, candidate: Any) -> bool:
        """Return True."""
        return True

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Compares the value under a dotted key with a text."""

    field: str
    op: str
    value: str

    def matches(self, candidate: Any) -> bool:
        """Whether the key exists in `candidate` and its value may compare as asked."""
        found = _look_up(candidate, self.field)
        if found is _MISSING:
            return False
        if self.op == "=":
            return self._may_equal(found)
        if self.op == "!=":
            return not isinstance(found, str) or found != self.value
        return _may_be_ordered(_ORDERINGS[self.op], found, self.value)

    def surely(self, candidate: Any) -> bool:
        """Whether the key exists in `candidate` and its value compares as asked for every client."""
        found = _look_up(candidate, self.field)
        if found is _MISSING:
            return False
        if self.op == "!=":
            return not self._may_equal(found)
        if not isinstance(found, str):
            return False
        if self.op == "=":
            star = self.value.endswith("*")
            return found.startswith(self.value[:-1]) if star else found == self.value
        return _ORDERINGS[self.op](found, self.value)

    def _may_equal(self, found: Any) -> bool:
        texts = _texts(found)
        if self.op == "=" and self.value.endswith("*"):
            return any(self.value[:-1] in text for text in texts)
        if isinstance(found, str):
            return found == self.value
        number = _number(self.value)
        return self.value.lower() in texts or (
            isinstance(found, (int, float)) and number is not None and found == number
        )

    def __str__(self) -> str:
        if _IS_BARE.fullmatch(self.value):
            return f"{self.field}{self.op}{self.value}"
        quote = "'" if '"' in self.value else '"'
        return f"{self.field}{self.op}{quote}{self.value}{quote}"


@dataclass(frozen=True, slots=True)
class Not:
    """Matches what its operand does not."""

    operand: Expression

    def matches(self, candidate: Any) -> bool:
        """Whether the operand does not match."""
        return not self.operand.surely(candidate)

    def surely(self, candidate: Any) -> bool:
        """Whether the operand does not match for any client."""
        return not self.operand.matches(candidate)

    def __str__(self) -> str:
        return f"not {_nested(self.operand)}"


@dataclass(frozen=True, slots=True)
class All:
    """Matches what every operand matches."""

    operands: tuple[Expression, ...]

    def matches(self, candidate: Any) -> bool:
        """Whether all operands match."""
        return all(operand.matches(candidate) for operand in self.operands)

    def surely(self, candidate: Any) -> bool:
        """Whether all operands match for every client."""
        return all(operand.surely(candidate) for operand in self.operands)

    def __str__(self) -> str:
        return " and ".join(map(_nested, self.operands))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Matches what at least one operand matches."""

    operands: tuple[Expression, ...]

    def matches(self, candidate: Any) -> bool:
        """Whether an operand matches."""
        return any(operand.matches(candidate) for operand in self.operands)

    def surely(self, candidate: Any) -> bool:
        """Whether an operand matches for every client."""
        return any(operand.surely(candidate) for operand in self.operands)

    def __str__(self) -> str:
        return " or ".join(map(_nested, self.operands))


Expression: TypeAlias = Everything | Condition | Not | All | AnyOf


def parse(text: str) -> Expression:
    """Return the expression a text stands for; raise :class:`ExpressionError` when it is none."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(text, f"It is longer than the {MAX_LENGTH} characters accepted.")
    if not text.strip():
        return Everything()
    return _Parser(text).parse()


class _Parser:
    """Recursive descent over tokens: `or` binds loosest, `not` tightest."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan()
        self._index = 0
        self._depth = 0

    def parse(self) -> Expression:
        expression = self._or()
        if self._index < len(self._tokens):
            raise self._error("Expected `and`, `or` or the end")
        return expression

    def _scan(self) -> list[tuple[str, Condition | None, int]]:
        tokens: list[tuple[str, Condition | None, int]] = []
        position, end = 0, len(self._text.rstrip())
        while position < end:
            match = _TOKEN.match(self._text, position)
            if match is None:
                place = position + len(self._text[position:]) - len(self._text[position:].lstrip())
                raise ExpressionError(
                    self._text,
                    f"Expected a condition such as `topic=ftrack.update` (at character {place + 1}).",
                )
            tokens.append(_token(match))
            position = match.end()
        return tokens

    def _or(self) -> Expression:
        operands = [self._and()]
        while self._take("or"):
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else AnyOf(tuple(operands))

    def _and(self) -> Expression:
        operands = [self._not()]
        while self._take("and"):
            operands.append(self._not())
        return operands[0] if len(operands) == 1 else All(tuple(operands))

    def _not(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"It nests deeper than {MAX_DEPTH} levels")
        if self._take("not"):
            found: Expression = Not(self._not())
        elif self._take("("):
            found = self._or()
            if not self._take(")"):
                raise self._error("Expected `)`")
        else:
            found = self._condition()
        self._depth -= 1
        return found

    def _condition(self) -> Condition:
        if self._index < len(self._tokens):
            value = self._tokens[self._index][1]
            if isinstance(value, Condition):
                self._index += 1
                return value
        raise self._error("Expected a condition such as `topic=ftrack.update`")

    def _take(self, kind: str) -> bool:
        if self._index < len(self._tokens) and self._tokens[self._index][0] == kind:
            self._index += 1
            return True
        return False

    def _error(self, detail: str) -> ExpressionError:
        rest = self._tokens[self._index :]
        place = f"at character {rest[0][2] + 1}" if rest else "at the end"
        return ExpressionError(self._text, f"{detail} ({place}).")


def _token(match: re.Match[str]) -> tuple[str, Condition | None, int]:
    if match["condition"]:
        value = next(v for v in (match["double"], match["single"], match["bare"]) if v is not None)
        return "condition", Condition(match["field"], match["op"], value), match.start("condition")
    if match["parenthesis"]:
        return match["parenthesis"], None, match.start("parenthesis")
    return match["word"].lower(), None, match.start("word")


def _nested(expression: Expression) -> str:
    return f"({expression})" if isinstance(expression, (All, AnyOf)) else str(expression)


def _look_up(candidate: Any, field: str) -> Any:
    found = candidate
    for part in field.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _MISSING
        found = found[part]
    return found


def _texts(value: Any) -> tuple[str, ...]:
    """The texts a value may be spelled as, but for the case of letters that Python writes large."""
    if isinstance(value, bool):
        return ("true", "1") if value else ("false", "0")
    return (str(value),) if isinstance(value, str) else (str(value), str(value).lower())


def _may_be_ordered(compare: Callable[[Any, Any], bool], found: Any, value: str) -> bool:
    if isinstance(found, str):
        return compare(found, value)
    number = _number(value)
    if isinstance(found, (int, float)) and number is not None:
        return compare(found, number)
    return any(compare(text, value) for text in _texts(found))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
