"""What a generated package promises, read from its source without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ftrack_typed.errors import SchemaError

_CUSTOM: Final = "__custom__"
_ENTITY: Final = "__entity__"


@dataclass(frozen=True, slots=True)
class TypePicture:
    """One entity type."""

    name: str
    """Its class."""
    wire_id: str
    base: str | None
    attributes: Mapping[str, str]
    """Python spelling → annotation, those of its own only."""
    facts: Mapping[str, Any]
    """What ``EntityInfo`` says, by argument."""


@dataclass(frozen=True, slots=True)
class CustomPicture:
    """The custom attributes of one entity type."""

    owner: str
    """Wire id of the entity type."""
    attributes: Mapping[str, str]
    """Key → annotation; for attributes that are reached as items only, the names of their types."""


@dataclass(frozen=True, slots=True)
class ConstantPicture:
    """One constant."""

    id: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole package."""

    types: Mapping[str, TypePicture] = field(default_factory=dict)
    """By class name."""
    custom: Mapping[str, CustomPicture] = field(default_factory=dict)
    """By wire id of the entity type."""
    constants: Mapping[str, Mapping[str, ConstantPicture]] = field(default_factory=dict)
    """Group → name → constant."""


def read_package(sources: Mapping[str, str]) -> Picture:
    """Read the modules of a generated package, file name → text.

    Raises:
        SchemaError: for a module that was edited until it was no generated one any more.
    """
    types: dict[str, TypePicture] = {}
    custom: dict[str, CustomPicture] = {}
    constants: dict[str, Mapping[str, ConstantPicture]] = {}
    for name in sorted(sources):
        try:
            tree = ast.parse(sources[name], filename=name)
            for node in tree.body:
                if not isinstance(node, ast.ClassDef):
                    continue
                fields = dict(_fields(node))
                if _ENTITY in fields:
                    types[node.name] = _type(node, fields)
                elif _CUSTOM in fields:
                    found = _custom(fields)
                    custom[found.owner] = found
                else:
                    constants[node.name] = dict(_constants(fields))
        except (SyntaxError, ValueError, KeyError, IndexError, StopIteration) as error:
            raise SchemaError(f"{name} is no module that ftrack-typed generated: {error}") from error
    return Picture(types, custom, {group: members for group, members in constants.items() if members})


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.AnnAssign]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement


def _type(node: ast.ClassDef, fields: Mapping[str, ast.AnnAssign]) -> TypePicture:
    # A studio's mixins go before the base, by module and name.
    base = next(one.id for one in node.bases if isinstance(one, ast.Name))
    given, named = _call(fields[_ENTITY].value)
    return TypePicture(
        name=node.name,
        wire_id=given[0],
        base=None if base == "Entity" else base,
        attributes={
            name: _text(field.annotation) for name, field in fields.items() if not name.startswith("__")
        },
        facts=named,
    )


def _custom(fields: Mapping[str, ast.AnnAssign]) -> CustomPicture:
    given, named = _call(fields[_CUSTOM].value)
    keys: Mapping[str, str] = named.get("keys", {})
    attributes = {
        keys.get(name, name): _text(field.annotation)
        for name, field in fields.items()
        if not name.startswith("__")
    }
    for key, kind, *_ in named.get("configurations", ()):
        attributes.setdefault(key, kind)
    return CustomPicture(given[0], attributes)


def _constants(fields: Mapping[str, ast.AnnAssign]) -> Iterator[tuple[str, ConstantPicture]]:
    for name, declared in fields.items():
        given, named = _call(declared.value)
        texts = [one for one in given if isinstance(one, str)]
        facts = {key: value for one in given if isinstance(one, dict) for key, value in one.items()}
        yield name, ConstantPicture(texts[-1], {**facts, **named})


def _call(node: ast.expr | None) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments of a call of constants."""
    if not isinstance(node, ast.Call):
        raise ValueError("a call is expected")
    return (
        [_value(one) for one in node.args],
        {str(one.arg): _value(one.value) for one in node.keywords},
    )


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call):
        return tuple(_call(node)[0])
    if isinstance(node, ast.Tuple):
        return tuple(_value(one) for one in node.elts)
    if isinstance(node, ast.Dict):
        return {
            ast.literal_eval(key): _value(value)
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None
        }
    if isinstance(node, ast.Name):
        return node.id
    return ast.literal_eval(node)


def _text(annotation: ast.expr) -> str:
    return ast.unparse(annotation)
