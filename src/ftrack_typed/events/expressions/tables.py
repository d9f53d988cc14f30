"""Tables of the parser of event expressions, compiled from expressions.lark. Do not edit.

Rebuild with ``python tools/build_expressions.py``.
"""

from __future__ import annotations

from typing import Final

TERMINALS: Final[dict[str, str]] = {
    "NOT": "(?i:not(?![A-Za-z0-9_.])(?!\\s*[=!<>]))",
    "AND": "(?i:and(?![A-Za-z0-9_.]))",
    "OR": "(?i:or(?![A-Za-z0-9_.]))",
    "OPEN": "\\(",
    "CLOSE": "\\)",
    "KEY": "[A-Za-z0-9_.]+",
    "OPERATOR": "!=|>=|<=|=|>|<",
    "BARE": "[A-Za-z0-9\\-_,.\\/*@+]+",
    "DOUBLE": '"[^"]*"',
    "SINGLE": "'[^']*'",
    "__IGNORE_0": "\\s+",
}
"""Regular expression of each terminal, those that are tried first in front."""

IGNORED: Final[tuple[str, ...]] = ("__IGNORE_0",)
"""Terminals that mean nothing."""

RULES: Final[tuple[tuple[str, int, str | None], ...]] = (
    ("start", 1, None),
    ("start", 0, "everything"),
    ("disjunction", 1, "any_of"),
    ("alternatives", 1, "first"),
    ("alternatives", 3, "another"),
    ("conjunction", 1, "all_of"),
    ("factors", 1, "first"),
    ("factors", 3, "another"),
    ("negation", 2, "negated"),
    ("negation", 3, "inside"),
    ("negation", 3, "condition"),
    ("value", 1, None),
    ("value", 1, "unquoted"),
    ("value", 1, "unquoted"),
)
"""What each rule makes, of how many parts, and how; None for what its only part is."""

STATES: Final[tuple[dict[str, int], ...]] = (
    {
        "$END": -2,
        "KEY": 1,
        "NOT": 2,
        "OPEN": 3,
        "alternatives": 4,
        "conjunction": 5,
        "disjunction": 6,
        "factors": 7,
        "negation": 8,
        "start": 9,
    },
    {"OPERATOR": 10},
    {"KEY": 1, "NOT": 2, "OPEN": 3, "negation": 11},
    {
        "KEY": 1,
        "NOT": 2,
        "OPEN": 3,
        "alternatives": 4,
        "conjunction": 5,
        "disjunction": 12,
        "factors": 7,
        "negation": 8,
    },
    {"$END": -3, "CLOSE": -3, "OR": 13},
    {"$END": -4, "CLOSE": -4, "OR": -4},
    {"$END": -1},
    {"$END": -6, "AND": 14, "CLOSE": -6, "OR": -6},
    {"$END": -7, "AND": -7, "CLOSE": -7, "OR": -7},
    {},
    {"BARE": 15, "DOUBLE": 16, "SINGLE": 17, "value": 18},
    {"$END": -9, "AND": -9, "CLOSE": -9, "OR": -9},
    {"CLOSE": 19},
    {"KEY": 1, "NOT": 2, "OPEN": 3, "conjunction": 20, "factors": 7, "negation": 8},
    {"KEY": 1, "NOT": 2, "OPEN": 3, "negation": 21},
    {"$END": -12, "AND": -12, "CLOSE": -12, "OR": -12},
    {"$END": -13, "AND": -13, "CLOSE": -13, "OR": -13},
    {"$END": -14, "AND": -14, "CLOSE": -14, "OR": -14},
    {"$END": -11, "AND": -11, "CLOSE": -11, "OR": -11},
    {"$END": -10, "AND": -10, "CLOSE": -10, "OR": -10},
    {"$END": -5, "CLOSE": -5, "OR": -5},
    {"$END": -8, "AND": -8, "CLOSE": -8, "OR": -8},
)
"""What a symbol does in each state: the state that follows, or the inverted number of the rule that is
complete. The first state is where parsing begins."""
