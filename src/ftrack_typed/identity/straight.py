"""Straight code: functions written out for what many values have in common, so that they do without loops and lookups.

Writing one pays once it is called often. The texts are made of fixed pieces, numbers, and names as `repr` writes them;
values never become code.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

OFTEN = 16
"""After how many times a function is written for what comes in the same form again."""


def define(parameters: str, body: Iterable[str], names: dict[str, Any], title: str) -> Any:
    """Define a function.

    Args:
        parameters: Its parameters.
        body: Lines of its text.
        names: Global names it uses, and what they stand for.
        title: What tracebacks call the text.
    """
    text = "\n    ".join([f"def straight({parameters}):", *body]) + "\n"
    return function(text, names, title)


def function(text: str, names: dict[str, Any], title: str) -> Any:
    """The function that a text defines, which sees later changes of `names`."""
    # A copy: the interpreter notes in code what it found when it ran, and finds other things for other names.
    return FunctionType(_compiled(text, title).replace(), names)


@lru_cache(maxsize=1024)
def _compiled(text: str, title: str) -> CodeType:
    # Sessions made by `fork` come upon the same forms again, and compiling takes most of the time.
    module = compile(text, f"<{title}>", "exec")
    return next(each for each in module.co_consts if isinstance(each, CodeType))
