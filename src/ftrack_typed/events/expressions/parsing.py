"""The parser of expressions: runs the compiled tables, knows nothing of the grammar but how nodes are made."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any as Anything
from typing import NamedTuple

from ftrack_typed.errors import ParseError
from ftrack_typed.events.expressions.nodes import All, Any, Condition, Expression, Not
from ftrack_typed.events.expressions.tables import IGNORED, RULES, STATES, TERMINALS

_END = "$END"
_DEEPEST = 200
"""Most unfinished parts; more is no subscription but an attempt to exhaust Python's stack."""

_SKIP = re.compile("|".join(TERMINALS[name] for name in IGNORED))
_SHOWN = 60
"""Characters of an expression that a message shows around the place where it goes wrong."""


class Token(NamedTuple):
    """A piece of the text."""

    terminal: str
    text: str
    position: int


def parse(text: str) -> Expression:
    """Return the expression a text stands for; an empty text matches everything.

    Values that are not of letters, digits and ``-_,./*@+`` need quotes, single or double. There are no escapes, as
    servers know none (wire: protocol 5.6): a backslash stands for itself. ``not`` binds tightest, ``or`` loosest.

    Raises:
        ParseError: with the place where the text goes wrong, and how to put it right.
    """
    if not isinstance(text, str):
        raise ParseError(f"An expression is text such as `topic=ftrack.update`, not {text!r}.")
    return _parsed(text)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Expression:
    states = [0]
    values: list[Anything] = []
    token = _next(text, 0, 0)
    while True:
        action = STATES[states[-1]].get(token.terminal)
        if action is None:
            raise _error(text, token.position, states)
        if action >= 0:
            states.append(action)
            values.append(token.text)
            if len(states) > _DEEPEST:
                raise _refusal(text, token.position, "The expression nests too deeply")
            token = _next(text, token.position + len(token.text), action)
            continue
        made, count, method = RULES[~action]
        parts = values[len(values) - count :]
        del values[len(values) - count :], states[len(states) - count :]
        value = parts[0] if method is None else _METHODS[method](parts)
        if made == "start":
            return value  # type: ignore[no-any-return]
        states.append(STATES[states[-1]][made])
        values.append(value)


def _next(text: str, position: int, state: int) -> Token:
    skipped = _SKIP.match(text, position)
    start = position if skipped is None else skipped.end()
    if start == len(text):
        return Token(_END, "", start)
    found = _pattern(state).match(text, start)
    # Where nothing fits, the parser has no use for the token and says what it would have.
    return Token(found.lastgroup or "", found[0], start) if found else Token("", "", start)


@cache
def _pattern(state: int) -> re.Pattern[str]:
    """Matches the terminals that make sense in a state."""
    groups = [f"(?P<{name}>{regexp})" for name, regexp in TERMINALS.items() if name in STATES[state]]
    return re.compile("|".join(groups) or "(?!)")


# -- making nodes ----------------------------------------------------------------------------------


class Builder:
    """Makes the value of each part from those of its own parts, by the names the grammar gives."""

    @staticmethod
    def everything(parts: list[Anything]) -> Expression:
        """No condition at all."""
        return Expression()

    @staticmethod
    def first(parts: list[Anything]) -> list[Expression]:
        """The first of a list."""
        return parts

    @staticmethod
    def another(parts: list[Anything]) -> list[Expression]:
        """One more of a list, which stands before the word between them."""
        found: list[Expression] = parts[0]
        found.append(parts[2])
        return found

    @staticmethod
    def any_of(parts: list[Anything]) -> Expression:
        """A list joined by ``or``."""
        found: list[Expression] = parts[0]
        return found[0] if len(found) == 1 else Any(found)

    @staticmethod
    def all_of(parts: list[Anything]) -> Expression:
        """A list joined by ``and``."""
        found: list[Expression] = parts[0]
        return found[0] if len(found) == 1 else All(found)

    @staticmethod
    def negated(parts: list[Anything]) -> Expression:
        """What follows ``not``."""
        return Not(parts[1])

    @staticmethod
    def inside(parts: list[Anything]) -> Expression:
        """What stands in parentheses."""
        found: Expression = parts[1]
        return found

    @staticmethod
    def condition(parts: list[Anything]) -> Expression:
        """A key, an operator and a value."""
        return Condition(*parts)

    @staticmethod
    def unquoted(parts: list[Anything]) -> str:
        """A value without its quotes."""
        return str(parts[0][1:-1])


_METHODS: dict[str, Callable[[list[Anything]], Anything]] = {
    method: getattr(Builder, method) for _, _, method in RULES if method is not None
}


# -- saying what is wrong --------------------------------------------------------------------------


def _error(text: str, position: int, states: list[int]) -> ParseError:
    expected = STATES[states[-1]]
    rest = text[position:]
    hint: str | None = None
    if "KEY" in expected:
        wanted = "a condition such as `topic=ftrack.update`"
        if rest.startswith(("'", '"')):
            hint = "The key of a condition stands in front and without quotes."
    elif "OPERATOR" in expected:
        wanted = "one of the operators = != >= <= > <"
        if rest and not rest[0].isspace() and text[position - 1] not in " \t\r\n":
            hint = "Keys are of letters, digits, `_` and `.`."
    elif "BARE" in expected:
        wanted = "a value"
        if rest.startswith("="):
            hint = "Equality is written with a single `=`."
        elif rest.startswith(("'", '"')):
            hint = "The quote is never closed."
        elif rest:
            hint = "Put the value in quotes."
    else:
        within = STATES[0]["OPEN"] in states
        wanted = "`and`, `or`" + (" or `)`" if within else " or the end")
        if rest.startswith(("&", "|")):
            hint = "Write `and` and `or` as words."
        elif rest and not rest[0].isspace() and rest[0] not in "()=<>!" and not text[position - 1].isspace():
            hint = "Put the value in quotes."
    return _refusal(text, position, f"Expected {wanted}", hint)


def _refusal(text: str, position: int, what: str, hint: str | None = None) -> ParseError:
    start, end = max(0, position - _SHOWN), position + _SHOWN
    excerpt = f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
    place = f"character {position}" if position < len(text) else "the end"
    return ParseError(
        f"{what}, at {place} of the expression `{excerpt}`.{f' {hint}' if hint else ''}",
        expression=text,
        position=position,
        hint=hint,
    )
