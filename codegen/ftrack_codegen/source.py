"""Source text made from values: the only door through which anything of a schema reaches generated code.

Templates may print nothing but :class:`Source`, so a text that was not escaped for its place fails to render
instead of becoming code.
"""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from typing import Final

from ftrack_typed.entity.info import UID

from .errors import GenerationError

WIDTH: Final = 110
"""Columns of a generated line."""


class Source(str):
    """Text that is safe to stand in source code as it is."""

    __slots__ = ()


def identifier(name: str) -> Source:
    """Let a name through that is an identifier in its composed form."""
    if not name.isidentifier() or unicodedata.normalize("NFKC", name) != name:
        raise GenerationError(f"{name!r} can't be written as a name in Python.")
    return Source(name)


def literal(value: object) -> Source:
    """Write a JSON value (or :data:`~ftrack_typed.entity.UID`) as a Python expression.

    Raises:
        GenerationError: for anything that has no such form, infinite numbers included.
    """
    if value is UID:
        return Source("UID")
    # Exact types: a subclass could bring a `__repr__` of its own.
    if value is None or type(value) in (bool, int, str):
        return Source(repr(value))
    if type(value) is float and math.isfinite(value):
        return Source(repr(value))
    if type(value) is tuple:
        return Source("(" + ", ".join(map(literal, value)) + (",)" if len(value) == 1 else ")"))
    if type(value) is list:
        return Source("[" + ", ".join(map(literal, value)) + "]")
    if type(value) is dict:
        items = (f"{literal(key)}: {literal(item)}" for key, item in value.items())
        return Source("{" + ", ".join(items) + "}")
    raise GenerationError(f"A value of type {type(value).__name__} can't be written in Python: {value!r}")


def docstring(text: str, indent: int = 0) -> Source:
    """Write free text as a docstring: one paragraph, wrapped, harmless whatever it holds.

    Line breaks of every kind become blanks; control, direction and other invisible characters are dropped.
    """
    blanks = "".join(" " if character.isspace() else character for character in text)
    visible = "".join(c for c in blanks if c == " " or not unicodedata.category(c).startswith("C"))
    words = " ".join(visible.split())
    lines = textwrap.wrap(
        words or "No description.",
        WIDTH - indent - 7,
        break_long_words=False,
        break_on_hyphens=False,
    )
    body = [_escaped(line) for line in lines]
    margin = "\n" + " " * indent
    if len(body) == 1:
        return Source(f'"""{body[0]}"""')
    return Source('"""' + margin.join(body) + margin + '"""')


def _escaped(line: str) -> str:
    # A quote before another one or before the end of the line could be read as part of the delimiter.
    return re.sub(r'"(?="|$)', r"\"", line.replace("\\", "\\\\"))
