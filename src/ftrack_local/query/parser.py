"""Query text to syntax tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeVar

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from ftrack_local.errors import ParseError

from .syntax import (
    Aggregate,
    And,
    Comparison,
    Criteria,
    Literal,
    Membership,
    Not,
    Operator,
    Or,
    Path,
    Query,
    Relation,
    SortKey,
    Step,
)

MAX_LENGTH = 1_000_000
"""Longest expression accepted, in characters."""
MAX_DEPTH = 32
"""Deepest nesting of parentheses accepted."""
MAX_STEPS = 16
"""Longest dotted path accepted."""

_OPERATORS = {
    "=": Operator.EQUAL,
    "is": Operator.EQUAL,
    "!=": Operator.NOT_EQUAL,
    "is_not": Operator.NOT_EQUAL,
    ">": Operator.GREATER,
    "after": Operator.GREATER,
    "greater_than": Operator.GREATER,
    "<": Operator.LESS,
    "before": Operator.LESS,
    "less_than": Operator.LESS,
    ">=": Operator.GREATER_EQUAL,
    "<=": Operator.LESS_EQUAL,
    "like": Operator.LIKE,
    "not_like": Operator.NOT_LIKE,
}
_MEANING = {
    "TYPE": "an entity type",
    "NAME": "an attribute",
    "OPERATOR": "a comparison (`is`, `is_not`, `<`, `like`, …)",
    "MEMBERSHIP": "`in` or `not_in`",
    "QUANTIFIER": "`any` or `has`",
    "WORD": "a value",
    "INTEGER": "a whole number",
    "DIRECTION": "`asc` or `desc`",
    "DOT": "`.`",
    "COMMA": "`,`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "_SELECT": "`select`",
    "_FROM": "`from`",
    "_WHERE": "`where`",
    "_LIMIT": "`limit`",
    "_OFFSET": "`offset`",
    "_OR": "`or`",
    "_AND": "`and`",
    "_NOT": "`not`",
    "_GROUP_BY": "`group by`",
    "_ORDER_BY": "`order by`",
    "$END": "the end",
}
_QUOTES_AND_PARENTHESES = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[()]", re.DOTALL)
_REDUNDANT_OR_MISSING = re.compile(r"\\([\"'])|\"")

_Operand = TypeVar("_Operand", And, Or)


class _RepeatedClauseError(Exception):
    def __init__(self, clause: str) -> None:
        super().__init__(clause)
        self.clause = clause


class _LongPathError(Exception):
    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def _canonical(raw: str) -> str:
    """Escape exactly the quotes that need it between double quotes."""
    return _REDUNDANT_OR_MISSING.sub(lambda match: "'" if match.group(1) == "'" else '\\"', raw)


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Grammar rules to syntax nodes; called bottom-up while parsing, so nothing here recurses."""

    def start(self, query: Query) -> Query:
        return query

    def query(self, *parts: Any) -> Query:
        found: dict[str, Any] = {}
        projections: tuple[Any, ...] = ()
        entity_type = Token("TYPE", "")
        for part in parts:
            if isinstance(part, Token):
                entity_type = part
            elif part[0] == "select":
                projections = part[1]
            elif part[0] in found:
                raise _RepeatedClauseError(part[0])
            else:
                found[part[0]] = part[1]
        return Query(str(entity_type), projections, position=entity_type.start_pos or 0, **found)

    def projection_list(self, *projections: Any) -> tuple[str, tuple[Any, ...]]:
        return "select", projections

    def aggregate(self, function: Token, path: Path) -> Aggregate:
        return Aggregate(function.lower(), path)

    def where(self, criteria: Criteria) -> tuple[str, Criteria]:
        return "where", criteria

    def group_by(self, *paths: Path) -> tuple[str, tuple[Path, ...]]:
        return "group_by", paths

    def order_by(self, *keys: SortKey) -> tuple[str, tuple[SortKey, ...]]:
        return "order_by", keys

    def limit(self, number: Token) -> tuple[str, int]:
        return "limit", int(number)

    def offset(self, number: Token) -> tuple[str, int]:
        return "offset", int(number)

    def sort_key(self, path: Path, direction: Token | None) -> SortKey:
        return SortKey(path, direction is not None and direction.lower().startswith("desc"))

    def disjunction(self, *operands: Criteria) -> Criteria:
        return operands[0] if len(operands) == 1 else Or(operands)

    def conjunction(self, *operands: Criteria) -> Criteria:
        return operands[0] if len(operands) == 1 else And(operands)

    def negation(self, operand: Criteria) -> Criteria:
        return Not(operand)

    def comparison(self, path: Path, operator: Token, value: Literal) -> Criteria:
        return Comparison(path, _OPERATORS[operator.lower()], value)

    def membership(self, path: Path, keyword: Token, choices: Any) -> Criteria:
        return Membership(path, choices, negated=keyword.lower() == "not_in")

    def relation(self, path: Path, quantifier: Token, criteria: Criteria | None = None) -> Criteria:
        return Relation(path, quantifier.lower(), criteria)

    def value_list(self, *values: Literal | None) -> tuple[Literal, ...]:
        return tuple(value for value in values if value is not None)

    def path(self, *steps: tuple[Step, int]) -> Path:
        if len(steps) > MAX_STEPS:
            raise _LongPathError(steps[0][1])
        return Path(tuple(step for step, _ in steps), position=steps[0][1])

    def step(self, name: Token, cast: Token | None) -> tuple[Step, int]:
        return Step(str(name), None if cast is None else str(cast)), name.start_pos or 0

    def value(self, token: Token) -> Literal:
        position = token.start_pos or 0
        if token.type == "WORD":
            return Literal(str(token), quoted=False, position=position)
        inner = str(token)[1:-1]
        return Literal(inner if token.type == "DOUBLE_QUOTED" else _canonical(inner), position=position)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    text = files("ftrack_local.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", transformer=_Builder(), maybe_placeholders=True)


@lru_cache(maxsize=512)
def _parse_cached(expression: str) -> Query:
    return _parse(expression)


def parse(expression: str) -> Query:
    """Return the syntax tree of a query.

    Raises :class:`ParseError`, with the position and a hint, for anything that is not a query.
    """
    if len(expression) > MAX_LENGTH:
        raise ParseError(
            expression,
            None,
            f"The expression has {len(expression)} characters; at most {MAX_LENGTH} are accepted.",
        )
    return _parse_cached(expression) if len(expression) <= 4096 else _parse(expression)


def _parse(expression: str) -> Query:
    _check_nesting(expression)
    try:
        tree: Any = _grammar().parse(expression)
    except UnexpectedInput as error:
        raise _explain(expression, error) from None
    except VisitError as error:
        raise _explain_builder(expression, error.orig_exc) from None
    except (_RepeatedClauseError, _LongPathError) as error:
        raise _explain_builder(expression, error) from None
    assert isinstance(tree, Query)
    return tree


def _check_nesting(expression: str) -> None:
    depth = 0
    for match in _QUOTES_AND_PARENTHESES.finditer(expression):
        if match.group() == "(":
            depth += 1
            if depth > MAX_DEPTH:
                raise ParseError(
                    expression,
                    match.start(),
                    f"Parentheses nest deeper than the {MAX_DEPTH} levels accepted.",
                )
        elif match.group() == ")":
            depth -= 1


def _explain_builder(expression: str, error: Exception) -> ParseError:
    if isinstance(error, _LongPathError):
        return ParseError(expression, error.position, f"A path has more than {MAX_STEPS} steps.")
    if isinstance(error, _RepeatedClauseError):
        clause = error.clause.replace("_", " ")
        return ParseError(expression, None, f"The clause `{clause}` stands there twice.")
    raise error


def _explain(expression: str, error: UnexpectedInput) -> ParseError:
    if isinstance(error, UnexpectedToken):
        expected: Iterable[str] = error.accepts or error.expected
        position = error.token.start_pos
        at_end = error.token.type == "$END"
    else:
        expected = getattr(error, "allowed", None) or ()
        position = error.pos_in_stream if isinstance(error, UnexpectedCharacters) else None
        at_end = isinstance(error, UnexpectedEOF)
    if position is None or position < 0 or at_end:
        position = len(expression)
    wanted = sorted({_MEANING[name] for name in expected if name in _MEANING})
    found = "the end" if position >= len(expression) else f"`{_excerpt(expression, position)}`"
    detail = f"Found {found} where {_one_of(wanted)} should stand." if wanted else f"Found {found}."
    return ParseError(expression, position, detail + _hint(expression, position, wanted))


def _excerpt(expression: str, position: int) -> str:
    word = re.match(r"\S{1,24}|\s+\S{1,24}", expression[position:])
    return (word.group() if word else expression[position : position + 24]).strip()


def _one_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _hint(expression: str, position: int, wanted: list[str]) -> str:
    before = expression[:position].rstrip()
    rest = expression[position:].lstrip()
    if re.search(r"\bis\s+not$", before, re.IGNORECASE):
        return " Write `is_not` for `is not`."
    if re.search(r"\bnot$", before, re.IGNORECASE) and re.match(r"(in|like)\b", rest, re.IGNORECASE):
        return " Write `not_in` and `not_like` with an underscore."
    if re.match(r"(not)\s+(in|like)\b", rest, re.IGNORECASE):
        return " Write `not_in` and `not_like` with an underscore."
    if rest.startswith(("==", "<>")) or before.endswith(("=", "<")):
        return " Write `=` or `is` for equal, `!=` or `is_not` for different."
    if rest.startswith("*"):
        return " Name the attributes to select; `*` is not part of the language."
    if rest.startswith(("'", '"')) and "a value" in wanted:
        return " The quoted text has no closing quote."
    if before.lower().endswith((" is", "=")) and not rest:
        return " A value is missing."
    if "`and`" in wanted and re.match(r"\w", rest):
        return " A value with blanks must be quoted."
    return ""
