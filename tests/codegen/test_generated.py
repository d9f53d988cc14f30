"""What generated packages do when they are imported and used."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import ftrack_entities
from ftrack_codegen import regenerate
from ftrack_typed.entity import Entity

Make = Callable[..., dict[str, Any]]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Generates a package from documents and imports it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names: list[str] = []

    def make(documents: list[dict[str, Any]]) -> ModuleType:
        name = f"made_for_test_{tmp_path.name.replace('-', '_')}_{len(names)}"
        names.append(name)
        regenerate(documents, name, tmp_path)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield make
    for module in [module for module in sys.modules if module.startswith(tuple(names) or "\0")]:
        del sys.modules[module]


def modules_after(script: str) -> set[str]:
    """Names of the entity modules a fresh process has imported after `script`."""
    finished = subprocess.run(
        [sys.executable, "-c", f"{script}\nimport sys\nprint(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    return {name for name in finished.stdout.split() if name.startswith("ftrack_entities.")}


def test_importing_the_package_imports_no_entity() -> None:
    assert modules_after("import ftrack_entities") == set()


def test_importing_an_entity_imports_only_what_it_derives_from() -> None:
    assert modules_after("from ftrack_entities import Task") == {
        "ftrack_entities._context",
        "ftrack_entities._task",
        "ftrack_entities._typed_context",
    }


def test_every_class_can_be_imported_and_is_complete() -> None:
    for wire_id in ftrack_entities.REGISTRY:
        entity_class = ftrack_entities.REGISTRY[wire_id]
        assert issubclass(entity_class, Entity)
        assert entity_class.__entity__.name == wire_id
        assert getattr(ftrack_entities, entity_class.__name__) is entity_class
        assert set(entity_class.__entity__.required) <= {
            attribute.wire for attribute in entity_class.__attributes__.values()
        }


def test_classes_derive_as_types_do() -> None:
    assert issubclass(ftrack_entities.Task, ftrack_entities.TypedContext)
    assert issubclass(ftrack_entities.Project, ftrack_entities.Context)
    assert issubclass(ftrack_entities.SequenceComponent, ftrack_entities.Component)
    assert not issubclass(ftrack_entities.Project, ftrack_entities.TypedContext)


def test_star_import_and_dir_offer_every_entity() -> None:
    assert {"Task", "List", "Type", "Event", "REGISTRY"} <= set(dir(ftrack_entities))
    assert set(ftrack_entities.__all__) == {*(c.__name__ for c in classes()), "REGISTRY"}


def classes() -> list[type[Entity]]:
    return [ftrack_entities.REGISTRY[wire_id] for wire_id in ftrack_entities.REGISTRY]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Taks"):
        _ = getattr(ftrack_entities, "Taks")  # noqa: B009 - checkers know that it isn't there


def test_the_class_face_spells_wire_names() -> None:
    assert str(ftrack_entities.Task.status.name == "x") == 'status.name is "x"'
    assert str(ftrack_entities.TypedContextLink.from_.name == "x") == 'from.name is "x"'
    assert str(ftrack_entities.UserView.global_ == True) == "global is true"


def test_a_relation_is_hidden_from_no_annotation(
    imported: Callable[..., ModuleType], entity_type: Make
) -> None:
    """Attributes named like builtins and helpers, in a class that uses those."""
    names = ("list", "str", "int", "datetime", "Attr", "dict", "object", "type", "Iterable", "property")
    package = imported(
        [
            entity_type("Attr", {name: {"type": "string", "format": "date-time"} for name in names}),
            entity_type(
                "List", {"list": {"$ref": "List"}, "lists": {"type": "array", "items": {"$ref": "Attr"}}}
            ),
        ]
    )
    assert str(package.List.list.lists.any(package.Attr_.list == None)) == "list.lists any (list is none)"


def test_the_package_has_the_marker_for_checkers() -> None:
    assert (ROOT / "generated" / "ftrack_entities" / "py.typed").is_file()


def test_generated_modules_import_nothing_but_the_runtime() -> None:
    for path in (ROOT / "generated" / "ftrack_entities").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert node.module in {
                    "__future__",
                    "collections.abc",
                    "datetime",
                    "ftrack_typed.entity",
                    "ftrack_typed.entity_helpers",
                    "typing",
                }, path.name


def test_a_recorded_schema_gives_a_package_that_imports(
    imported: Callable[..., ModuleType], recorded_documents: list[dict[str, Any]]
) -> None:
    package = imported(recorded_documents)
    for document in recorded_documents:
        entity_class = package.REGISTRY[document["id"]]
        wires = {attribute.wire for attribute in entity_class.__attributes__.values()}
        assert wires == set(document["properties"])


def test_a_server_without_inheritance_marks_gets_the_standard_tree(
    imported: Callable[..., ModuleType], recorded_documents: list[dict[str, Any]]
) -> None:
    older = [
        {key: value for key, value in document.items() if key != "$mixin"} for document in recorded_documents
    ]
    package = imported(older)
    assert issubclass(package.Shot, package.TypedContext)
    assert issubclass(package.User, package.Resource)
