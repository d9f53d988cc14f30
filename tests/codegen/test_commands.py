"""``ftrack-typed diff`` and ``ftrack-typed snapshot``."""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session, cli

Documents = list[dict[str, Any]]


@pytest.fixture
def changed(stock_documents: Documents, tmp_path: Path) -> Path:
    """The stock schema without the comments of versions, and with moods of tasks."""
    documents = copy.deepcopy(stock_documents)
    by_name = {document["id"]: document for document in documents}
    del by_name["AssetVersion"]["properties"]["comment"]
    by_name["Task"]["properties"]["mood"] = {"type": "string"}
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(documents), encoding="utf-8")
    return path


def test_a_package_against_a_schema(
    changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["diff", "ftrack_entities", str(changed)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "breaking  AssetVersion.comment is gone (was Attr[str])",
        "harmless  Task.mood is new: Attr[str | None]",
        "",
        "2 differences, 1 breaking.",
    ]


@pytest.mark.parametrize(("fail_on", "reverse", "code"), [("breaking", False, 1), ("any", True, 1)])
def test_failing_on_differences(
    changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_on: str, reverse: bool, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    sides = ["ftrack_entities", str(changed)]
    assert cli.main(["diff", *(reversed(sides) if reverse else sides), "--fail-on", fail_on]) == code
    assert cli.main(["diff", str(changed), str(changed), "--fail-on", "any"]) == 0


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_other_forms(
    changed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    form: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["diff", "--format", form, "ftrack_entities", str(changed)]) == 0
    output = capsys.readouterr().out
    if form == "json":
        assert json.loads(output)["breaking"] == 1
    else:
        assert "- `AssetVersion.comment` is gone" in output


def test_something_that_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["diff", "ftrack_entities", "no_such_thing"]) == 1
    assert "'no_such_thing'" in capsys.readouterr().err
    assert cli.main(["diff", "ftrack_entities", str(tmp_path)]) == 1
    assert "no package" in capsys.readouterr().err


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalServer]:
    """A server with the demo studio, which the environment leads to."""
    with LocalServer(seed="demo") as server:
        monkeypatch.setenv("FTRACK_SERVER", server.url)
        monkeypatch.setenv("FTRACK_API_KEY", server.api_key)
        monkeypatch.setenv("FTRACK_API_USER", server.api_user)
        monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        yield server


def test_a_snapshot_stands_in_for_its_server(
    demo: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["snapshot", "--out", "snapshot.json"]) == 0
    assert demo.api_key not in (tmp_path / "snapshot.json").read_text(encoding="utf-8")
    assert cli.main(["diff", demo.url, "snapshot.json", "--fail-on", "any"]) == 0

    assert cli.main(["regen", "--package", "asked", "--out", "."]) == 0
    assert cli.main(["check", "--schema", "snapshot.json", "--package", "asked", "--out", "."]) == 0
    capsys.readouterr()
    assert cli.main(["diff", "snapshot.json", "asked", "--fail-on", "any"]) == 0
    assert capsys.readouterr().out.strip() == "No differences."
    text = (tmp_path / "asked" / "_shot_custom_attributes.py").read_text(encoding="utf-8")
    assert "fstart: CustomAttr[int] = UNSET" in text


def test_the_configuration_can_come_from_another_file(demo: LocalServer, tmp_path: Path) -> None:
    row = {"id": "1", "key": "mine", "type": {"name": "text"}, "entity_type": "show", "default": ""}
    (tmp_path / "rows.json").write_text(json.dumps([row]), encoding="utf-8")
    arguments = ["--package", "asked", "--out", ".", "--configuration", "rows.json"]
    assert cli.main(["regen", *arguments]) == 0
    assert "mine: CustomAttr[str]" in (tmp_path / "asked" / "_project_custom_attributes.py").read_text(
        encoding="utf-8"
    )
    assert not (tmp_path / "asked" / "constants.py").exists()
    assert cli.main(["regen", *arguments[:4], "--schema-only"]) == 0
    assert not (tmp_path / "asked" / "_project_custom_attributes.py").exists()


def test_constants_work_in_a_session(
    demo: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["regen", "--package", "session_entities", "--out", "."]) == 0
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    studio: Any = importlib.import_module("session_entities")
    constants: Any = importlib.import_module("session_entities.constants")
    with Session(entities=studio) as session:
        project = session.query(studio.Project).first()
        task = session.create(
            studio.Task,
            name="made with constants",
            parent=project,
            status=constants.Statuses.IN_PROGRESS,
            type=constants.Types.ANIMATION,
        )
        session.commit()
        task.status = constants.Statuses.APPROVED
        session.commit()
        made: Any = session.query(studio.Task)
        found = made.where(
            studio.Task.status == constants.Statuses.APPROVED, studio.Task.name == "made with constants"
        )
        assert found.one() == task
        assert task.status == constants.Statuses.APPROVED
        assert task.status.session is session
