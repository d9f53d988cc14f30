"""Text without the difference of upper and lower case, on every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Lower(FunctionElement[str]):
    """`lower` for the letters of all languages."""

    name = "lower"
    type = String()
    inherit_cache = True


def like(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    r"""Return the condition that text matches a pattern in any case; `\` escapes `%`, `_` and itself."""
    return _Lower(column).like(pattern.lower(), escape="\\")


@compiles(_Lower)
def _lower(element: _Lower, compiler: SQLCompiler, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(_Lower, "postgresql")
def _lower_on_postgresql(element: _Lower, compiler: SQLCompiler, **options: Any) -> str:
    # Columns are compared by code point, and the rules that go with it know ASCII alone.
    return f'lower(({compiler.process(element.clauses, **options)}) COLLATE "und-x-icu")'
