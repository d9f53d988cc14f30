"""Query texts in words (wire: protocol 3.1). Linear in the length of the text, and never fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["word", "text", "operator", "mark", "end"]

_TOKEN = re.compile(
    r"""
    (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<operator>>=|<=|!=|=|>|<)
    |(?P<mark>[,()"'!])
    |(?P<word>[^\s,()"'=<>!]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of a query.

    A `word` is an unquoted run of characters: a keyword, a dotted path with its casts, a number, a bare value. A
    `text` is quoted. A `mark` is a comma, a parenthesis, or a character that begins nothing.
    """

    kind: Kind
    text: str
    position: int

    @property
    def keyword(self) -> str:
        """The word in lower case, as keywords are written in any case; empty for everything else."""
        return self.text.lower() if self.kind == "word" else ""


def tokens(expression: str) -> Iterator[Token]:
    """The tokens of a query, and one of the kind `end` behind them."""
    broken = False
    position = 0
    for found in _TOKEN.finditer(expression):
        position = found.start()
        kind: Kind = found.lastgroup  # type: ignore[assignment]
        # A quote that is never closed would be looked for again from every further quote.
        broken = kind == "mark" and found[0] in "\"'"
        yield Token(kind, found[0], position)
        if broken:
            break
    yield Token("end", "", len(expression))
