"""The query language: text to syntax tree and back. Knows nothing of schemas or SQL."""

from .parser import parse
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
    Projection,
    Query,
    Relation,
    SortKey,
    Step,
)

__all__ = [
    "Aggregate",
    "And",
    "Comparison",
    "Criteria",
    "Literal",
    "Membership",
    "Not",
    "Operator",
    "Or",
    "Path",
    "Projection",
    "Query",
    "Relation",
    "SortKey",
    "Step",
    "parse",
]
