"""What all kinds of generated modules have in common, and which expressions they may hold."""

from __future__ import annotations

import ast
from typing import Final

from ftrack_codegen.errors import GenerationError

_SOURCES: Final = frozenset(
    {
        "__future__",
        "typing",
        "datetime",
        "collections.abc",
        "ftrack_typed.entity",
        "ftrack_typed.entity_helpers",
    }
)
"""Modules that generated code may import from, besides its own package."""

_CONSTANT_PARTS: Final = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.USub, ast.Load)
_ANNOTATION_PARTS: Final = (
    ast.Name, ast.Subscript, ast.BinOp, ast.BitOr, ast.Tuple, ast.Constant, ast.Load, ast.UnaryOp, ast.USub
)  # fmt: skip


class Module:
    """What all kinds of modules have in common."""

    def __init__(self, name: str) -> None:
        self._name = name

    def check(self, tree: ast.Module) -> None:
        """Go through a parsed module.

        Raises:
            GenerationError: at the first statement that doesn't belong there.
        """
        for statement in tree.body:
            if not (is_docstring(statement) or self.is_import(statement) or self.allows(statement)):
                raise self.refusal(statement)

    def allows(self, statement: ast.stmt) -> bool:
        """Tell whether the statement may stand in this kind of module."""
        raise NotImplementedError

    def is_import(self, statement: ast.stmt) -> bool:
        """Tell whether it imports from the runtime or from the package itself, without renaming."""
        if not isinstance(statement, ast.ImportFrom):
            return False
        module = statement.module or ""
        if statement.level == 0:
            return module in _SOURCES and all(alias.asname is None for alias in statement.names)
        own = statement.level == 1 and module.startswith("_") and "." not in module
        return own and all(alias.asname in (None, alias.name) for alias in statement.names)

    def is_typing_block(self, statement: ast.stmt) -> bool:
        """Tell whether it is an ``if TYPE_CHECKING:`` without anything else."""
        return (
            isinstance(statement, ast.If)
            and isinstance(statement.test, ast.Name)
            and statement.test.id == "TYPE_CHECKING"
            and not statement.orelse
        )

    def refusal(self, node: ast.stmt | ast.expr) -> GenerationError:
        """The error that names the place of `node`."""
        return GenerationError(
            f"The generated {self._name} has something in line {node.lineno} that no schema should be able "
            "to put there; nothing was written."
        )


def is_docstring(statement: ast.stmt) -> bool:
    """Tell whether it is a text by itself."""
    if not isinstance(statement, ast.Expr):
        return False
    return isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def is_ellipsis(node: ast.expr) -> bool:
    """Tell whether it is ``...``."""
    return isinstance(node, ast.Constant) and node.value is ...


def is_constant(node: ast.expr) -> bool:
    """Tell whether it is built of constants alone."""
    return all(
        isinstance(part, _CONSTANT_PARTS) or (isinstance(part, ast.Name) and part.id == "UID")
        for part in ast.walk(node)
    )


def is_annotation(node: ast.expr) -> bool:
    """Tell whether it is made of nothing but what type expressions need."""
    return all(isinstance(part, _ANNOTATION_PARTS) for part in ast.walk(node))
