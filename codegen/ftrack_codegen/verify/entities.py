"""Modules of entity types, and those every package has."""

from __future__ import annotations

import ast
from typing import Final

from ftrack_codegen.errors import GenerationError
from ftrack_codegen.intermediate import EntityType, Package

from .module import Module, is_annotation, is_constant, is_docstring, is_ellipsis

_LAZY_FACE: Final = ast.parse(
    """
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        return REGISTRY.lazy(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
"""
).body[0]


class EntityModule(Module):
    """One entity type."""

    def __init__(self, name: str, entity: EntityType) -> None:
        super().__init__(name)
        self._entity = entity

    def check(self, tree: ast.Module) -> None:
        """Go through a parsed module, which must hold exactly its class."""
        super().check(tree)
        classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        if classes != [self._entity.class_name]:
            raise GenerationError(f"The generated {self._name} does not hold exactly its class.")

    def allows(self, statement: ast.stmt) -> bool:
        """Tell whether the statement may stand in the module."""
        if self.is_typing_block(statement):
            assert isinstance(statement, ast.If)
            return all(map(self.is_import, statement.body))
        if isinstance(statement, ast.Import):
            modules = {mixin.module for mixin in self._entity.mixins}
            return all(alias.name in modules and alias.asname is None for alias in statement.names)
        if not isinstance(statement, ast.ClassDef):
            return False
        if statement.decorator_list or statement.keywords or not statement.bases:
            return False
        count = len(self._entity.mixins)
        if len(statement.bases) <= count:
            return False
        base, *helpers = statement.bases[count:]
        return (
            isinstance(base, ast.Name)
            and [ast.unparse(one) for one in statement.bases[:count]]
            == [mixin.path for mixin in self._entity.mixins]
            and [_name_of(helper) for helper in helpers] == [helper.name for helper in self._entity.helpers]
            and all(map(self._in_class, statement.body))
        )

    def _in_class(self, statement: ast.stmt) -> bool:
        if is_docstring(statement) or self._is_declaration(statement) or self._is_info(statement):
            return True
        if not self.is_typing_block(statement):
            return False
        assert isinstance(statement, ast.If)
        return len(statement.body) == 1 and self._is_constructor(statement.body[0])

    def _is_declaration(self, statement: ast.stmt) -> bool:
        return (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and any(statement.target.id == attribute.name for attribute in self._entity.attributes.values())
            and is_annotation(statement.annotation)
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
            and all(map(is_constant, call.args))
            and all(keyword.arg is not None and is_constant(keyword.value) for keyword in call.keywords)
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
            and all(annotation is not None and is_annotation(annotation) for annotation in annotations)
            and all(default is not None and is_ellipsis(default) for default in arguments.kw_defaults)
            and len(statement.body) == 1
            and isinstance(statement.body[0], ast.Expr)
            and is_ellipsis(statement.body[0].value)
        )


def _name_of(base: ast.expr) -> str | None:
    """The name of a base class, with arguments that are texts or without."""
    if isinstance(base, ast.Subscript):
        return _name_of(base.value) if is_constant(base.slice) else None
    return base.id if isinstance(base, ast.Name) else None


class FaceModule(Module):
    """The face of the package."""

    def __init__(self, name: str, package: Package) -> None:
        super().__init__(name)
        self._package = package

    def allows(self, statement: ast.stmt) -> bool:
        """Tell whether the statement may stand in the module."""
        if self.is_typing_block(statement):
            assert isinstance(statement, ast.If)
            return all(map(self.is_import, statement.body))
        if isinstance(statement, ast.If):
            return ast.dump(statement) == ast.dump(_LAZY_FACE)
        if isinstance(statement, ast.AnnAssign):
            return self._is_registry(statement)
        return (
            isinstance(statement, ast.Assign)
            and [ast.unparse(target) for target in statement.targets] == ["__all__"]
            and is_constant(statement.value)
        )

    def _is_registry(self, statement: ast.AnnAssign) -> bool:
        call = statement.value
        if not isinstance(call, ast.Call) or ast.unparse(statement.target) != "REGISTRY" or call.keywords:
            return False
        if ast.unparse(call.func) != "EntityRegistry" or len(call.args) not in (2, 3):
            return False
        package, index, *further = call.args
        if ast.unparse(package) != "__name__" or not all(map(is_constant, [index, *further])):
            return False
        expected = {
            entity.wire_id: (entity.module, entity.class_name, entity.base)
            for entity in self._package.entities.values()
        }
        custom = {
            made.owner: (made.module, made.class_name) for made in self._package.custom_attributes.values()
        }
        given = ast.literal_eval(further[0]) if further else {}
        return bool(ast.literal_eval(index) == expected and given == custom)


class ConstantModule(Module):
    """Constants in capitals."""

    def allows(self, statement: ast.stmt) -> bool:
        """Tell whether the statement may stand in the module."""
        return (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id.isupper()
            and is_annotation(statement.annotation)
            and statement.value is not None
            and is_constant(statement.value)
        )
