"""Syntax tree of the query language; `str()` of any node is query text that parses to an equal node.

Positions (character offsets in the parsed text) serve error messages and do not take part in
comparison.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

_ESCAPE = re.compile(r"\\([\"'\\%_])")
_NULLS = frozenset({"none", "null"})


class Operator(Enum):
    """Comparison operators, by meaning; spellings are in `parser`."""

    EQUAL = "is"
    NOT_EQUAL = "is_not"
    GREATER = ">"
    LESS = "<"
    GREATER_EQUAL = ">="
    LESS_EQUAL = "<="
    LIKE = "like"
    NOT_LIKE = "not_like"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written.

    `raw` is the text between double quotes with its escapes kept, because `\\%` and `%` mean
    different things to `like`; for an unquoted word it is the word itself.
    """

    raw: str
    quoted: bool = True
    position: int = field(default=-1, compare=False)

    @classmethod
    def of(cls, text: str) -> Literal:
        """Return the quoted literal whose :attr:`text` is `text`."""
        return cls(text.replace("\\", "\\\\").replace('"', '\\"'))

    @property
    def text(self) -> str:
        """The value with escapes resolved."""
        return _ESCAPE.sub(r"\1", self.raw) if self.quoted else self.raw

    @property
    def is_null(self) -> bool:
        """Whether this is the unquoted word `none` or `null`, in any case."""
        return not self.quoted and self.raw.lower() in _NULLS

    def __str__(self) -> str:
        return f'"{self.raw}"' if self.quoted else self.raw


@dataclass(frozen=True, slots=True)
class Step:
    """One attribute of a path, with the type it is cast to."""

    name: str
    cast: str | None = None

    def __str__(self) -> str:
        return self.name if self.cast is None else f"{self.name}[{self.cast}]"


@dataclass(frozen=True, slots=True)
class Path:
    """Attributes joined by dots."""

    steps: tuple[Step, ...]
    position: int = field(default=-1, compare=False)

    def __str__(self) -> str:
        return ".".join(map(str, self.steps))


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`count(id)` and its like; only meaningful with `group by`."""

    function: str
    path: Path

    def __str__(self) -> str:
        return f"{self.function}({self.path})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator value`."""

    path: Path
    operator: Operator
    value: Literal

    def __str__(self) -> str:
        return f"{self.path} {self.operator.value} {self.value}"


@dataclass(frozen=True, slots=True)
class Membership:
    """`path in (…)` over values or over a subquery."""

    path: Path
    choices: tuple[Literal, ...] | Query
    negated: bool = False

    def __str__(self) -> str:
        inner = str(self.choices) if isinstance(self.choices, Query) else ", ".join(map(str, self.choices))
        return f"{self.path} {'not_in' if self.negated else 'in'} ({inner})"


@dataclass(frozen=True, slots=True)
class Relation:
    """`path any (…)` over a collection or `path has (…)` over a reference."""

    path: Path
    quantifier: str
    criteria: Criteria | None = None

    def __str__(self) -> str:
        return f"{self.path} {self.quantifier} ({'' if self.criteria is None else self.criteria})"


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    operand: Criteria

    def __str__(self) -> str:
        return f"not {_nested(self.operand)}"


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction of two or more criteria."""

    operands: tuple[Criteria, ...]

    def __str__(self) -> str:
        return " and ".join(map(_nested, self.operands))


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction of two or more criteria."""

    operands: tuple[Criteria, ...]

    def __str__(self) -> str:
        return " or ".join(
            str(operand) if isinstance(operand, And) else _nested(operand) for operand in self.operands
        )


Criteria: TypeAlias = Comparison | Membership | Relation | Not | And | Or
Projection: TypeAlias = Path | Aggregate


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of `order by`."""

    path: Path
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.path} desc" if self.descending else str(self.path)


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; `projections` is empty when it has no `select`."""

    entity_type: str
    projections: tuple[Projection, ...] = ()
    where: Criteria | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int | None = None
    position: int = field(default=-1, compare=False)

    def __str__(self) -> str:
        parts = [f"select {', '.join(map(str, self.projections))} from"] if self.projections else []
        parts.append(self.entity_type)
        if self.where is not None:
            parts.append(f"where {self.where}")
        if self.group_by:
            parts.append(f"group by {', '.join(map(str, self.group_by))}")
        if self.order_by:
            parts.append(f"order by {', '.join(map(str, self.order_by))}")
        if self.offset is not None:
            parts.append(f"offset {self.offset}")
        if self.limit is not None:
            parts.append(f"limit {self.limit}")
        return " ".join(parts)


def _nested(criteria: Criteria) -> str:
    return f"({criteria})" if isinstance(criteria, (And, Or)) else str(criteria)
