"""A last look at the generated text before it is written: is it the code we meant, and nothing else?

Escaping in :mod:`.source` should make a surprise impossible. This check doesn't rely on it: it parses every
module and compares it, statement by statement, with the few shapes a generated module may have.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from .errors import GenerationError
from .intermediate import EntityType, Package

_SOURCES: Final = frozenset({"__future__", "typing", "datetime", "collections.abc", "ftrack_typed.entity"})
"""Modules that generated code may import from, besides its own package."""

_CONSTANT_PARTS: Final = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.USub, ast.Load)
_ANNOTATION_PARTS: Final = (
    ast.Name, ast.Subscript, ast.BinOp, ast.BitOr, ast.Tuple, ast.Constant, ast.Load, ast.UnaryOp, ast.USub
)  # fmt: skip

_LAZY_FACE: Final = ast.parse(
    """
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        return REGISTRY.lazy(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
"""
).body[0]


def verify(files: Mapping[str, str], package: Package) -> None:
    """Compare the Python modules `files` with what a package may consist of.

    Raises:
        GenerationError: naming the module and the line that doesn't belong there.
    """
    modules = {f"{entity.module}.py": entity for entity in package.entities.values()}
    for name, text in files.items():
        try:
            tree = ast.parse(text, filename=name)
        except (SyntaxError, ValueError) as error:
            raise GenerationError(f"The generated {name} is no Python: {error}") from error
        if name in modules:
            _EntityModule(name, modules[name]).check(tree)
        elif name == "__init__.py":
            _FaceModule(name, package).check(tree)
        else:
            _ConstantModule(name).check(tree)


class _Module:
    """What all kinds of modules have in common."""

    def __init__(self, name: str) -> None:
        self._name = name

    def check(self, tree: ast.Module) -> None:
        for statement in tree.body:
            if not (_is_docstring(statement) or self._is_import(statement) or self._allows(statement)):
                raise self._refusal(statement)

    def _allows(self, statement: ast.stmt) -> bool:
        raise NotImplementedError

    def _is_import(self, statement: ast.stmt) -> bool:
        if not isinstance(statement, ast.ImportFrom):
            return False
        module = statement.module or ""
        if statement.level == 0:
            return module in _SOURCES and all(alias.asname is None for alias in statement.names)
        own = statement.level == 1 and module.startswith("_") and "." not in module
        return own and all(alias.asname in (None, alias.name) for alias in statement.names)

    def _is_typing_block(self, statement: ast.stmt) -> bool:
        return (
            isinstance(statement, ast.If)
            and isinstance(statement.test, ast.Name)
            and statement.test.id == "TYPE_CHECKING"
            and not statement.orelse
        )

    def _refusal(self, node: ast.stmt | ast.expr) -> GenerationError:
        return GenerationError(
            f"The generated {self._name} has something in line {node.lineno} that no schema should be able "
            "to put there; nothing was written."
        )


class _EntityModule(_Module):
    def __init__(self, name: str, entity: EntityType) -> None:
        super().__init__(name)
        self._entity = entity

    def check(self, tree: ast.Module) -> None:
        super().check(tree)
        classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        if classes != [self._entity.class_name]:
            raise GenerationError(f"The generated {self._name} does not hold exactly its class.")

    def _allows(self, statement: ast.stmt) -> bool:
        if self._is_typing_block(statement):
            assert isinstance(statement, ast.If)
            return all(map(self._is_import, statement.body))
        if not isinstance(statement, ast.ClassDef):
            return False
        if statement.decorator_list or statement.keywords or len(statement.bases) != 1:
            return False
        return isinstance(statement.bases[0], ast.Name) and all(map(self._in_class, statement.body))

    def _in_class(self, statement: ast.stmt) -> bool:
        if _is_docstring(statement) or self._is_declaration(statement) or self._is_info(statement):
            return True
        if not self._is_typing_block(statement):
            return False
        assert isinstance(statement, ast.If)
        return len(statement.body) == 1 and self._is_constructor(statement.body[0])

    def _is_declaration(self, statement: ast.stmt) -> bool:
        return (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and any(statement.target.id == attribute.name for attribute in self._entity.attributes.values())
            and _is_annotation(statement.annotation)
            and isinstance(statement.value, ast.Name)
            and statement.value.id == "UNSET"
        )

    def _is_info(self, statement: ast.stmt) -> bool:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.value, ast.Call):
            return False
        call = statement.value
        return (
            ast.unparse(statement.target) == "__entity__"
            and ast.unparse(statement.annotation) == "ClassVar[EntityInfo]"
            and isinstance(call.func, ast.Name)
            and call.func.id == "EntityInfo"
            and all(map(_is_constant, call.args))
            and all(keyword.arg is not None and _is_constant(keyword.value) for keyword in call.keywords)
        )

    def _is_constructor(self, statement: ast.stmt) -> bool:
        if not isinstance(statement, ast.FunctionDef) or statement.name != "__init__":
            return False
        arguments = statement.args
        annotations = [argument.annotation for argument in arguments.kwonlyargs]
        return (
            not statement.decorator_list
            and [argument.arg for argument in arguments.args] == ["self"]
            and not (arguments.posonlyargs or arguments.vararg or arguments.kwarg or arguments.defaults)
            and all(annotation is not None and _is_annotation(annotation) for annotation in annotations)
            and all(default is not None and _is_ellipsis(default) for default in arguments.kw_defaults)
            and len(statement.body) == 1
            and isinstance(statement.body[0], ast.Expr)
            and _is_ellipsis(statement.body[0].value)
        )


class _FaceModule(_Module):
    def __init__(self, name: str, package: Package) -> None:
        super().__init__(name)
        self._package = package

    def _allows(self, statement: ast.stmt) -> bool:
        if self._is_typing_block(statement):
            assert isinstance(statement, ast.If)
            return all(map(self._is_import, statement.body))
        if isinstance(statement, ast.If):
            return ast.dump(statement) == ast.dump(_LAZY_FACE)
        if isinstance(statement, ast.AnnAssign):
            return self._is_registry(statement)
        return (
            isinstance(statement, ast.Assign)
            and [ast.unparse(target) for target in statement.targets] == ["__all__"]
            and _is_constant(statement.value)
        )

    def _is_registry(self, statement: ast.AnnAssign) -> bool:
        call = statement.value
        if not isinstance(call, ast.Call) or ast.unparse(statement.target) != "REGISTRY" or call.keywords:
            return False
        if ast.unparse(call.func) != "EntityRegistry" or len(call.args) != 2:
            return False
        package, index = call.args
        if ast.unparse(package) != "__name__" or not _is_constant(index):
            return False
        expected = {
            entity.wire_id: (entity.module, entity.class_name, entity.base)
            for entity in self._package.entities.values()
        }
        return bool(ast.literal_eval(index) == expected)


class _ConstantModule(_Module):
    def _allows(self, statement: ast.stmt) -> bool:
        return (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id.isupper()
            and _is_annotation(statement.annotation)
            and statement.value is not None
            and _is_constant(statement.value)
        )


def _is_docstring(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr):
        return False
    return isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _is_constant(node: ast.expr) -> bool:
    return all(
        isinstance(part, _CONSTANT_PARTS) or (isinstance(part, ast.Name) and part.id == "UID")
        for part in ast.walk(node)
    )


def _is_annotation(node: ast.expr) -> bool:
    return all(isinstance(part, _ANNOTATION_PARTS) for part in ast.walk(node))
