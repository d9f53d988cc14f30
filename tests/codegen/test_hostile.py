"""Schemas that try to become code."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_codegen import regenerate
from ftrack_codegen.errors import GenerationError, OutputError
from ftrack_codegen.intermediate import build
from ftrack_codegen.render import Provenance, render
from ftrack_codegen.types import resolve
from ftrack_codegen.verify import verify
from ftrack_typed.errors import Error, SchemaError
from ftrack_typed.schema import Schema

Make = Callable[..., dict[str, Any]]
CODE = 'x\'"""\nimport os; os.abort()\n\\\u2028\u202e{{ 7 * 7 }}{% raw %}'


def assert_harmless(directory: Path) -> None:
    """Nothing but what generated modules consist of: no calls of anything else, no foreign imports."""
    for path in directory.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert called <= {"EntityInfo", "EntityRegistry", "REGISTRY.lazy", "sorted", "globals"}
        assert "\u202e" not in text
        assert "\u2028" not in text


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: d.update(id=CODE), id="type name"),
        pytest.param(lambda d: d["properties"].update({CODE: {"type": "string"}}), id="attribute name"),
        pytest.param(lambda d: d["properties"].update({"os.abort()": {"$ref": "A"}}), id="relation name"),
        pytest.param(lambda d: d.update(primary_key=[CODE]), id="primary key"),
        pytest.param(lambda d: d["properties"]["id"].update(type={"a": 1}), id="type is no text"),
        pytest.param(lambda d: d["properties"].update(x={"$ref": 5}), id="reference is no text"),
        pytest.param(lambda d: d["properties"].update(x={"enum": {"a": 1}}), id="enumeration is no list"),
        pytest.param(
            lambda d: d["properties"].update(x={"default": float("nan")}), id="default is no number"
        ),
    ],
)
def test_code_in_names_is_refused_and_nothing_written(
    entity_type: Make, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    document = entity_type("A")
    change(document)
    with pytest.raises((SchemaError, GenerationError)):
        regenerate([document, entity_type("B")], "made", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_code_in_texts_is_harmless(entity_type: Make, tmp_path: Path) -> None:
    properties = {
        "described": {"type": "string", "description": CODE},
        "defaulted": {"type": "string", "default": CODE},
        "chosen": {"type": "string", "enum": [CODE, "b"]},
        "pointing": {"type": "string", "description": f"Foreign key(s): A.id {CODE}"},
        "deprecated": {"type": "string", "deprecated": {"message": CODE}},
        "aliased": {"type": "string", "alias_for": CODE},
        "formatted": {"type": "string", "format": CODE},
        "typed": {"type": CODE},
        "lost": {"$ref": CODE},
        "many": {"type": "array", "items": {"$ref": CODE}},
        "nested": {"type": "object", "default": {CODE: [CODE]}},
    }
    document = entity_type("A", properties, alias_for=CODE, system_projections=[CODE], computed=[CODE])
    report = regenerate([document], "made", tmp_path, server_version=CODE, schema_hash=CODE)
    assert report.types == 1
    assert_harmless(tmp_path / "made")
    classified = entity_type("B", alias_for={"id": CODE, "classifiers": {CODE: CODE}})
    regenerate([classified], "more", tmp_path)
    assert_harmless(tmp_path / "more")


@given(
    name=st.text(max_size=20), text=st.text(max_size=40), choice=st.lists(st.text(max_size=20), max_size=3)
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_refused_or_harmless(
    entity_type: Make, tmp_path_factory: pytest.TempPathFactory, name: str, text: str, choice: list[str]
) -> None:
    out = tmp_path_factory.mktemp("out")
    properties = {name: {"type": "string", "description": text, "default": text, "enum": choice}}
    try:
        regenerate([entity_type("A", properties)], "made", out)
    except Error:
        assert list(out.iterdir()) == []
    else:
        assert_harmless(out / "made")


@pytest.mark.parametrize(
    "name",
    [
        "os",
        "json",
        "typing",
        "ftrack_typed",
        "ftrack_local",
        "a.b",
        "a-b",
        "class",
        "../up",
        "",
        "__x__",
        "é",
        "a b",
    ],
)
def test_package_names_that_hide_something_or_are_none(entity_type: Make, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError):
        regenerate([entity_type("A")], name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("_a.py", "import os"),
        ("_a.py", "from os import abort"),
        ("_a.py", "print('x')"),
        ("_a.py", "x = 1"),
        ("_a.py", "class B(Entity): ..."),
        ("_a.py", "    def method(self) -> None: ..."),
        ("_a.py", "    x: Attr[print()] = UNSET"),
        ("_a.py", "    id: Attr[str] = print()"),
        ("_a.py", "    __entity__ = EntityInfo(print())"),
        ("__init__.py", "from os import abort"),
        ("__init__.py", "__all__ = [print()]"),
        ("__init__.py", "if not TYPE_CHECKING:\n    print()"),
        ("__init__.py", "REGISTRY: EntityRegistry = EntityRegistry('x', {})"),
        ("_provenance.py", "X: Final[str] = print()"),
        ("_provenance.py", "def x(): ..."),
        ("_a.py", "x ="),
    ],
)
def test_the_last_check_refuses_what_generated_code_never_has(
    entity_type: Make, file: str, line: str
) -> None:
    model = build(Schema.from_wire([entity_type("A", {"x": {"type": "string"}})]), "made")
    files = render(model, resolve(model), Provenance("1"))
    verify(files, model)
    with pytest.raises(GenerationError, match=file):
        verify({**files, file: f"{files[file]}\n{line}\n"}, model)
