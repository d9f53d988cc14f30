"""Where in people's code something happens: the line that a warning or an error is about."""

from __future__ import annotations

import sys
from typing import NamedTuple

_PACKAGE = __name__.partition(".")[0]


class Line(NamedTuple):
    """A line of code."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


def calling_line() -> Line:
    """The innermost line on the stack that is not of this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_own(str(frame.f_globals.get("__name__", ""))):
        frame = frame.f_back
    return Line(frame.f_code.co_filename, frame.f_lineno)


def _is_own(module: str) -> bool:
    return module.partition(".")[0] == _PACKAGE or module in ("contextlib", "functools", "_collections_abc")
