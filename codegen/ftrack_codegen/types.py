"""Type texts, worked out by datamodel-code-generator.

The intermediate model is written as one JSON Schema document with a definition per entity type. The engine
turns it into a module of models whose annotations are read back with :mod:`ast`: what stands there is the
type of the attribute. Only texts are taken over, not the engine's module layout, because the graph of entity
types is one strong component and would end up in a single module.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datamodel_code_generator import generate
from datamodel_code_generator.enums import DataModelType, InputFileType
from datamodel_code_generator.format import DatetimeClassType, PythonVersion

from .errors import GenerationError
from .intermediate import Attribute, EntityType, Kind, Package, Scalar

_PREFIX = "Entity_"
"""Stands before class names inside the engine, so that none meets a name it imports."""

_RUNTIME = "ftrack_typed.entity"

_SCALARS: Mapping[Scalar, Mapping[str, Any]] = {
    Scalar.STRING: {"type": "string"},
    Scalar.INTEGER: {"type": "integer"},
    Scalar.NUMBER: {"type": "number"},
    Scalar.BOOLEAN: {"type": "boolean"},
    Scalar.DATETIME: {"type": "string", "format": "date-time"},
    Scalar.JSON: {"customTypePath": f"{_RUNTIME}.JsonObject"},
    Scalar.LINK: {"customTypePath": f"{_RUNTIME}.Link"},
    Scalar.VARIABLE: {},
}


@dataclass(frozen=True)
class TypeText:
    """The type of an attribute as it stands in source code.

    For relations and their keys it is the class of the related entity, whatever the relation's kind; for
    key-value attributes the type of the values.
    """

    text: str
    names: frozenset[str]
    """Names the text refers to."""


TypeTexts = Mapping[tuple[str, str], TypeText]
"""(wire id of an entity type, wire name of an attribute it declares) → its type."""


def resolve(package: Package) -> TypeTexts:
    """Work out the types of all attributes that the entity types of `package` declare.

    Raises:
        GenerationError: when the engine fails, or answers with something else than it was asked for.
    """
    source = _run(_document(package))
    answers = dict(_read(source))
    texts: dict[tuple[str, str], TypeText] = {}
    for entity in package.entities.values():
        for wire_name in entity.declared:
            attribute = entity.attributes[wire_name]
            annotation = answers.pop((_PREFIX + entity.class_name, attribute.name), None)
            where = f"{entity.wire_id}.{wire_name}"
            if annotation is None:
                raise GenerationError(f"The type engine gave no type for {where}.")
            texts[entity.wire_id, wire_name] = _type_text(annotation, attribute, package, where)
    if answers:
        model, name = min(answers)
        raise GenerationError(f"The type engine invented the attribute {name!r} of {model!r}.")
    return texts


# JSON Schema -------------------------------------------------


def _document(package: Package) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            _PREFIX + entity.class_name: _definition(entity, package) for entity in package.entities.values()
        },
    }


def _definition(entity: EntityType, package: Package) -> dict[str, Any]:
    declared = [entity.attributes[name] for name in entity.declared]
    return {
        "type": "object",
        "properties": {attribute.name: _property(attribute, package) for attribute in declared},
        "required": [attribute.name for attribute in declared],
    }


def _property(attribute: Attribute, package: Package) -> dict[str, Any]:
    if attribute.kind is Kind.KEY_VALUE:
        return {"type": "object", "additionalProperties": _scalar(attribute)}
    if attribute.key_of is not None:
        return {"$ref": f"#/$defs/{_PREFIX}{package.entities[attribute.key_of].class_name}"}
    if attribute.kind is Kind.SCALAR:
        return _scalar(attribute)
    assert attribute.target is not None
    reference = {"$ref": f"#/$defs/{_PREFIX}{package.entities[attribute.target].class_name}"}
    if attribute.kind is Kind.REFERENCE:
        return _or_null(reference) if attribute.nullable else reference
    return {"type": "array", "items": reference}


def _scalar(attribute: Attribute) -> dict[str, Any]:
    assert attribute.scalar is not None
    schema = dict(_SCALARS[attribute.scalar])
    if attribute.choices:
        schema = {"enum": list(attribute.choices)}
    return _or_null(schema) if attribute.nullable and schema else schema


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


# The engine --------------------------------------------------


def _run(document: dict[str, Any]) -> str:
    try:
        with warnings.catch_warnings():
            # Its announcements of future defaults are about options we set ourselves.
            warnings.simplefilter("ignore")
            source = generate(
                json.dumps(document),
                input_file_type=InputFileType.JsonSchema,
                output_model_type=DataModelType.PydanticV2BaseModel,
                target_python_version=PythonVersion.PY_310,
                output_datetime_class=DatetimeClassType.Datetime,
                custom_class_name_generator=lambda name: name,
                enum_field_as_literal="all",  # type: ignore[arg-type]
                use_union_operator=True,
                use_standard_collections=True,
                strict_nullable=True,
                disable_timestamp=True,
                formatters=[],
            )
    except Exception as error:  # the engine documents no exceptions of its own
        raise GenerationError(f"The type engine could not read the schema: {error}") from error
    if not isinstance(source, str):
        raise GenerationError("The type engine gave several modules instead of one.")
    return source


def _read(source: str) -> Iterator[tuple[tuple[str, str], ast.expr]]:
    """Yield ((class, attribute), annotation) for every field of every model in `source`."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef) or not node.name.startswith(_PREFIX):
            continue
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                name = _alias(statement.value) or statement.target.id
                yield (node.name, name), statement.annotation


def _alias(value: ast.expr | None) -> str | None:
    """The name a field was asked for by, where the engine thought of a better one."""
    if isinstance(value, ast.Call):
        for keyword in value.keywords:
            if keyword.arg == "alias" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return None


# Annotations -------------------------------------------------


def _type_text(annotation: ast.expr, attribute: Attribute, package: Package, where: str) -> TypeText:
    if attribute.key_of is not None:
        return _reference(annotation, package.entities[attribute.key_of].class_name, where)
    if attribute.kind is Kind.SCALAR:
        return _checked(annotation, attribute, where)
    if attribute.kind is Kind.KEY_VALUE:
        return _checked(_arguments(annotation, where)[-1], attribute, where)
    assert attribute.target is not None
    element = annotation
    if attribute.kind is not Kind.REFERENCE:
        element = _arguments(annotation, where)[0]
    elif attribute.nullable and isinstance(annotation, ast.BinOp):
        element = annotation.left
    return _reference(element, package.entities[attribute.target].class_name, where)


def _reference(annotation: ast.expr, expected: str, where: str) -> TypeText:
    if not isinstance(annotation, ast.Name) or annotation.id != _PREFIX + expected:
        raise _unexpected(annotation, where)
    return TypeText(expected, frozenset({expected}))


def _arguments(annotation: ast.expr, where: str) -> list[ast.expr]:
    if not isinstance(annotation, ast.Subscript):
        raise _unexpected(annotation, where)
    inside = annotation.slice
    return list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]


def _checked(annotation: ast.expr, attribute: Attribute, where: str) -> TypeText:
    """Take over the annotation of a plain value, provided that it is one of the texts allowed."""
    element, nullable = annotation, False
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        element, nullable = annotation.left, True
        if not isinstance(annotation.right, ast.Constant) or annotation.right.value is not None:
            raise _unexpected(annotation, where)
    if isinstance(element, ast.Subscript):
        values = [node.value for node in _arguments(element, where) if isinstance(node, ast.Constant)]
        if not isinstance(element.value, ast.Name) or element.value.id != "Literal":
            raise _unexpected(annotation, where)
        if values != list(attribute.choices):
            raise _unexpected(annotation, where)
        name = "Literal"
    elif isinstance(element, ast.Name):
        name = element.id
    else:
        raise _unexpected(annotation, where)
    if name not in _ALLOWED or nullable is not (attribute.nullable and name != "Any"):
        raise _unexpected(annotation, where)
    return TypeText(ast.unparse(annotation), frozenset({name}))


_ALLOWED = frozenset({"str", "int", "float", "bool", "datetime", "Any", "Literal", "JsonObject", "Link"})


def _unexpected(annotation: ast.expr, where: str) -> GenerationError:
    return GenerationError(
        f"The type engine gave the unexpected type {ast.unparse(annotation)!r} for {where}."
    )
