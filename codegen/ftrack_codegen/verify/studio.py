"""Modules of a studio's custom attributes and constants."""

from __future__ import annotations

import ast

from ftrack_codegen.intermediate import CustomAttributeClass

from .module import Module, is_annotation, is_constant, is_docstring, is_ellipsis


class CustomAttributeModule(Module):
    """A class that declares custom attributes."""

    def __init__(self, name: str, made: CustomAttributeClass) -> None:
        super().__init__(name)
        self._class = made.class_name
        self._names = frozenset(one.name for one in made.attributes.values())

    def allows(self, statement: ast.stmt) -> bool:
        """Tell whether the statement may stand in the module."""
        if self.is_typing_block(statement):
            assert isinstance(statement, ast.If)
            return all(map(self.is_import, statement.body))
        return (
            _is_class(statement, self._class)
            and isinstance(statement, ast.ClassDef)
            and isinstance(statement.bases[0], ast.Name)
            and all(map(self._in_class, statement.body))
        )

    def _in_class(self, statement: ast.stmt) -> bool:
        if is_docstring(statement):
            return True
        if self.is_typing_block(statement):
            assert isinstance(statement, ast.If)
            return all(map(_is_access, statement.body))
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            return False
        if statement.target.id == "__custom__":
            return statement.value is not None and _is_call(statement.value, "CustomAttributesInfo")
        return (
            statement.target.id in self._names
            and is_annotation(statement.annotation)
            and isinstance(statement.value, ast.Name)
            and statement.value.id == "UNSET"
        )


class GroupModule(Module):
    """A class of constants."""

    def __init__(self, name: str, class_name: str, names: frozenset[str]) -> None:
        super().__init__(name)
        self._class = class_name
        self._names = names

    def allows(self, statement: ast.stmt) -> bool:
        """Tell whether the statement may stand in the module."""
        if self.is_typing_block(statement):
            assert isinstance(statement, ast.If)
            return all(map(self.is_import, statement.body))
        if not isinstance(statement, ast.ClassDef) or not _is_class(statement, self._class):
            return False
        return all(map(is_annotation, statement.bases)) and all(map(self._in_class, statement.body))

    def _in_class(self, statement: ast.stmt) -> bool:
        if is_docstring(statement):
            return True
        return (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id in self._names
            and is_annotation(statement.annotation)
            and statement.value is not None
            and (_is_call(statement.value, "Constant") or _is_call(statement.value, "Workflow"))
        )


class FacadeModule(Module):
    """The module that offers all groups of constants."""

    def __init__(self, name: str, exported: frozenset[str]) -> None:
        super().__init__(name)
        self._exported = exported

    def allows(self, statement: ast.stmt) -> bool:
        """Tell whether the statement may stand in the module."""
        return (
            isinstance(statement, ast.Assign)
            and [ast.unparse(target) for target in statement.targets] == ["__all__"]
            and is_constant(statement.value)
            and set(ast.literal_eval(statement.value)) == self._exported
        )


def _is_class(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.ClassDef)
        and statement.name == name
        and not (statement.decorator_list or statement.keywords)
        and len(statement.bases) <= 1
    )


def _is_call(node: ast.expr, name: str) -> bool:
    """Whether it is a call of `name` with constants, or with calls that state facts."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != name:
        return False
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return all(keyword.arg is not None for keyword in node.keywords) and all(map(_is_fact, given))


def _is_fact(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_fact, node.elts))
    return is_constant(node) or _is_call(node, "CustomAttributeInfo")


def _is_access(statement: ast.stmt) -> bool:
    """Whether it declares reading or writing by key."""
    if not isinstance(statement, ast.FunctionDef) or statement.name not in ("__getitem__", "__setitem__"):
        return False
    arguments = statement.args
    given = [argument.arg for argument in arguments.posonlyargs]
    annotations = [argument.annotation for argument in arguments.posonlyargs[1:]]
    return (
        all(isinstance(one, ast.Name) and one.id == "overload" for one in statement.decorator_list)
        and given in (["self", "key"], ["self", "key", "value"])
        and not (arguments.args or arguments.kwonlyargs or arguments.vararg or arguments.kwarg)
        and not arguments.defaults
        and all(annotation is not None and is_annotation(annotation) for annotation in annotations)
        and statement.returns is not None
        and is_annotation(statement.returns)
        and len(statement.body) == 1
        and isinstance(statement.body[0], ast.Expr)
        and is_ellipsis(statement.body[0].value)
    )
