"""Methods of entities: which classes of helpers stand among the bases of generated ones."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_codegen import generate, regenerate
from ftrack_codegen.errors import GenerationError
from ftrack_codegen.intermediate import build
from ftrack_codegen.render import Provenance, render
from ftrack_codegen.types import resolve
from ftrack_codegen.verify import verify
from ftrack_typed import cli
from ftrack_typed.drift import read_package
from ftrack_typed.entity_helpers import __all__ as helper_classes
from ftrack_typed.schema import Schema

Documents = list[dict[str, Any]]
Make = Callable[..., dict[str, Any]]


def bases(files: dict[str, str], module: str) -> list[str]:
    """The bases of a generated class, as they stand there."""
    (made,) = [node for node in ast.parse(files[module]).body if isinstance(node, ast.ClassDef)]
    return [ast.unparse(base) for base in made.bases]


def test_helpers_stand_behind_the_entity_class(stock_documents: Documents) -> None:
    files, _ = generate(stock_documents, "made")
    assert bases(files, "_task.py") == ["TypedContext"]
    assert bases(files, "_typed_context.py") == [
        "Context",
        "LinkHelpers['TypedContextLink', 'TypedContext']",
    ]
    assert bases(files, "_user.py") == [
        "BaseUser",
        "TimerHelpers['Timer', 'Timelog', 'Context']",
        "AccountHelpers",
    ]
    assert read_package(files).types["User"].base == "BaseUser"


def test_the_recorded_schema_has_all_helpers(recorded_documents: Documents) -> None:
    files, model = generate(recorded_documents, "made")
    named = {helper.name for entity in model.entities.values() for helper in entity.helpers}
    assert named == {*helper_classes} - {"Helpers"}
    assert model.without_helpers == ()
    assert "NoteHelpers['Note', 'BaseUser', 'Resource', 'NoteLabel']" in bases(files, "_context.py")


def test_types_a_schema_lacks_stand_as_any_entity(entity_type: Make) -> None:
    notes = {"notes": {"type": "array", "items": {"$ref": "Note"}}}
    files, _ = generate([entity_type("Plate", notes), entity_type("Note")], "made")
    assert bases(files, "_plate.py") == ["Entity", "NoteHelpers['Note', 'Entity', 'Entity', 'Entity']"]


def test_relations_of_the_same_name_to_something_else_get_none(entity_type: Make) -> None:
    links = {name: {"type": "array", "items": {"$ref": "A"}} for name in ("incoming_links", "notes", "items")}
    files, _ = generate([entity_type("A", links)], "made")
    assert bases(files, "_a.py") == ["Entity"]


def test_entity_types_named_like_helpers_are_spelled_otherwise(entity_type: Make) -> None:
    files, _ = generate([entity_type(name) for name in helper_classes], "made")
    for name in helper_classes:
        assert f"class {name}_(Entity)" in "".join(files.values()) or name == "Helpers"


def test_a_clash_is_told(entity_type: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = [entity_type("User", {"stop_timer": {"type": "boolean"}})]
    assert regenerate(documents, "made", tmp_path).without_helpers == ("TimerHelpers of User (stop_timer)",)
    source = tmp_path / "schema.json"
    source.write_text(json.dumps(documents), encoding="utf-8")
    arguments = ["regen", "--schema", str(source), "--package", "made", "--out", str(tmp_path)]
    assert cli.main(arguments) == 0
    told = capsys.readouterr().err
    assert "attributes have the names of their methods: TimerHelpers of User (stop_timer)" in told


@pytest.mark.parametrize("further", ["Exception", "NoteHelpers['x']", "NoteHelpers[print()]", "object"])
def test_no_other_base_gets_into_generated_code(entity_type: Make, further: str) -> None:
    model = build(Schema.from_wire([entity_type("User")]), "made")
    files = render(model, resolve(model), Provenance("1"))
    verify(files, model)
    changed = files["_user.py"].replace("AccountHelpers)", f"AccountHelpers, {further})")
    assert changed != files["_user.py"]
    with pytest.raises(GenerationError, match="_user"):
        verify({**files, "_user.py": changed}, model)
