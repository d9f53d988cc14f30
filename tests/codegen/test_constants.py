"""Statuses, types and so on as constants: their names, and entities at run time."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_codegen import generate, regenerate
from ftrack_codegen.intermediate.constants import build_constants, constant_name
from ftrack_codegen.studio import read_studio
from ftrack_typed.errors import OperationError
from ftrack_typed.schema import Schema

Documents = list[dict[str, Any]]
STUDIO = Path(__file__).parent / "studio.json"


def status(name: str, key: str, **further: Any) -> dict[str, Any]:
    return {"id": key, "name": name, **further}


def names(stock_documents: Documents, *rows: dict[str, Any]) -> dict[str, str]:
    """Id → name of the constants made of status rows."""
    made = build_constants(Schema.from_wire(stock_documents), read_studio({"statuses": list(rows)}))
    return {item.id: item.name for group in made.groups for item in group.items}


@pytest.mark.parametrize(
    ("name", "constant"),
    [
        ("In progress", "IN_PROGRESS"),
        ("  WIP / review ", "WIP_REVIEW"),
        ("3D", "X_3D"),
        ("Größe", "GRÖSSE"),
        ("完了", "完了"),
        ("???", "UNNAMED"),
        ("", "UNNAMED"),
    ],
)
def test_names(name: str, constant: str) -> None:
    assert constant_name(name) == constant


@given(st.text())
def test_a_name_is_always_one(name: str) -> None:
    assert constant_name(name).isidentifier()
    assert not constant_name(name).startswith("_")


def test_those_that_share_a_name_all_bear_their_id(stock_documents: Documents) -> None:
    found = names(
        stock_documents,
        status("Done", "aaaaaaaa-1"),
        status("done", "bbbbbbbb-1"),
        status("Open", "cccccccc-1"),
    )
    assert found == {
        "aaaaaaaa-1": "DONE_AAAAAAAA",
        "bbbbbbbb-1": "DONE_BBBBBBBB",
        "cccccccc-1": "OPEN",
    }


@given(
    st.lists(st.tuples(st.text(max_size=3), st.text(min_size=1, max_size=3)), unique_by=lambda one: one[1])
)
def test_no_two_have_the_same_name(rows: list[tuple[str, str]]) -> None:
    only = {"id": "Status", "primary_key": ["id"], "properties": {"id": {"type": "string"}}}
    found = names([only], *(status(name, key) for name, key in rows))
    assert len(found) == len(rows) == len(set(found.values()))


def test_a_renamed_status_touches_one_file(stock_documents: Documents) -> None:
    def files(*names: str) -> dict[str, str]:
        rows = [status(name, f"{number}0000000") for number, name in enumerate(names)]
        studio = read_studio({"statuses": rows, "types": [{"id": "t", "name": "Animation"}]})
        return generate(stock_documents, "made", studio=studio, schema_hash="x")[0]

    before, after = files("Open", "Done"), files("Open", "Finished")
    assert [name for name in after if after[name] != before[name]] == ["_statuses.py"]


# At run time -------------------------------------------------


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, stock_documents: Documents) -> Iterator[ModuleType]:
    """A package with the constants of a small studio."""
    directory = tmp_path_factory.mktemp("constants")
    sections = json.loads(STUDIO.read_text(encoding="utf-8"))
    regenerate(stock_documents, "constant_entities", directory, studio=read_studio(sections))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        importlib.invalidate_caches()
        package = importlib.import_module("constant_entities")
        importlib.import_module("constant_entities.constants")
        yield package


def test_a_constant_is_an_entity_that_knows_itself(studio: ModuleType) -> None:
    done = studio.constants.Statuses.APPROVED_33330000
    assert isinstance(done, studio.Status)
    assert (done.id, done.name, done.session) == ("33330000-0000-4000-8000-000000000003", "Approved", None)
    assert done.state is studio.constants.States.DONE
    assert done == studio.Status(id=done.id)
    assert done in {studio.Status(id=done.id)}


def test_a_constant_makes_criteria(studio: ModuleType) -> None:
    done = studio.constants.Statuses.APPROVED_33330000
    assert str(studio.Task.status == done) == f'status.id is "{done.id}"'


def test_a_constant_can_not_be_changed(studio: ModuleType) -> None:
    done = studio.constants.Statuses.IN_PROGRESS
    with pytest.raises(OperationError, match="constant"):
        done.name = "other"
    with pytest.raises(OperationError, match="does not know its tasks"):
        _ = done.tasks
    assert done.name == "In progress"


def test_groups_are_ordered_and_searched(studio: ModuleType) -> None:
    statuses = studio.constants.Statuses
    assert [one.name for one in statuses.all()][:2] == ["Not started", "In progress"]
    assert statuses.by_id(statuses.IN_PROGRESS.id) is statuses.IN_PROGRESS
    assert statuses.by_id("none such") is None


def test_workflows_tell_what_is_allowed(studio: ModuleType) -> None:
    workflow, types = studio.constants.Workflows.FEATURE_FILM, studio.constants.Types
    assert [one.name for one in workflow.statuses(studio.Shot)] == ["Not started", "In progress"]
    assert [one.name for one in workflow.statuses(studio.Task)][-1] == "Approved"
    assert len(workflow.statuses(studio.Task, types.ANIMATION)) == 4
    assert len(workflow.statuses(studio.Task, types.COMPOSITING)) == 2
    assert workflow.types(studio.Task) == (types.ANIMATION, types.COMPOSITING)
    assert workflow.types(studio.Episode) == ()
    assert workflow.key == studio.constants.ProjectSchemas.FEATURE_FILM.id


def test_importing_constants_imports_no_entity_before_one_is_used(
    tmp_path: Path, stock_documents: Documents
) -> None:
    import subprocess
    import sys

    sections = json.loads(STUDIO.read_text(encoding="utf-8"))
    regenerate(stock_documents, "lazy_entities", tmp_path, studio=read_studio(sections))
    script = "import lazy_entities.constants, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    loaded = {name for name in done.stdout.split() if name.startswith("lazy_entities._")}
    assert loaded.isdisjoint({"lazy_entities._status", "lazy_entities._type", "lazy_entities._task"})
