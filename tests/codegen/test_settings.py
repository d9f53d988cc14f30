"""``[tool.ftrack-typed]`` in a studio's ``pyproject.toml``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_codegen import InputError
from ftrack_codegen.settings import Settings, find_settings, read_settings
from ftrack_typed import cli

STUDIO = Path(__file__).parent / "studio.json"
STOCK = Path(__file__).resolve().parents[2] / "schemas" / "stock.json"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a studio's repository with these settings the current directory."""
    snapshot = {"schemas": json.loads(STOCK.read_text(encoding="utf-8"))}
    snapshot |= json.loads(STUDIO.read_text(encoding="utf-8"))
    (tmp_path / "snapshot.json").write_text(json.dumps(snapshot), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FTRACK_SERVER", raising=False)

    def write(table: str) -> Path:
        path = tmp_path / "pyproject.toml"
        path.write_text(f"[project]\nname = 'x'\n\n[tool.ftrack-typed]\n{table}", encoding="utf-8")
        return path

    return write


BASIC = 'schema = "snapshot.json"\npackage = "studio_entities"\noutput = "src"\n'


def test_regen_needs_no_arguments(project: Callable[[str], Path], tmp_path: Path) -> None:
    project(BASIC)
    assert cli.main(["regen"]) == 0
    directory = tmp_path / "src" / "studio_entities"
    assert (directory / "constants.py").is_file()
    assert (directory / "_shot_custom_attributes.py").is_file()


def test_the_nearest_file_above_counts(
    project: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project(BASIC)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    monkeypatch.chdir(below)
    assert find_settings(Path.cwd()).file == path
    assert cli.main(["regen"]) == 0
    assert (tmp_path / "src" / "studio_entities").is_dir()


def test_arguments_go_before_settings(project: Callable[[str], Path], tmp_path: Path) -> None:
    project(BASIC)
    assert cli.main(["regen", "--package", "other", "--out", "elsewhere", "--schema", str(STOCK)]) == 0
    directory = tmp_path / "elsewhere" / "other"
    assert (directory / "_task.py").is_file()
    assert not (directory / "constants.py").exists()  # the other schema file has no configuration


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ('pakage = "x"', ["'pakage'", "'package'"]),
        ("package = 3", ["package", "a text", "3"]),
        ('package = " "', ["package"]),
        ("projects = 'x'", ["projects", "a list of texts"]),
        ("entity-types = [1]", ["entity-types", "[1]"]),
        ("custom-attribute-names = ['x']", ["custom-attribute-names", "a table"]),
        ("output = []", ["output", "a path"]),
        ('api-key = "x"', ["'api-key'", "FTRACK_API_KEY"]),
    ],
)
def test_mistakes_are_named(project: Callable[[str], Path], table: str, named: list[str]) -> None:
    path = project(table)
    with pytest.raises(InputError) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)
    for part in named:
        assert part in str(caught.value)


@pytest.mark.parametrize("content", ["[tool", "tool = 3\n[tool.ftrack-typed]"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"pyproject\.toml"):
        read_settings(path)


def test_no_table_is_no_settings(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.other]\n", encoding="utf-8")
    assert read_settings(path) is None
    assert Settings().package is None


def test_entity_types_can_be_chosen(project: Callable[[str], Path], tmp_path: Path) -> None:
    project(BASIC + 'entity-types = ["Shot", "Status", "State"]\n')
    assert cli.main(["regen"]) == 0
    modules = {path.name for path in (tmp_path / "src" / "studio_entities").iterdir()}
    assert {"_shot.py", "_typed_context.py", "_context.py", "_metadata.py", "_status.py"} <= modules
    assert "_note.py" not in modules
    assert "_types.py" not in modules


def test_an_unknown_entity_type_is_named(
    project: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    project(BASIC + 'entity-types = ["Shto"]\n')
    assert cli.main(["regen"]) == 1
    assert "'Shto'" in capsys.readouterr().err


def test_custom_attributes_can_be_spelled_otherwise(project: Callable[[str], Path], tmp_path: Path) -> None:
    project(BASIC + '[tool.ftrack-typed.custom-attribute-names]\n"animal label" = "animal"\n')
    assert cli.main(["regen"]) == 0
    text = (tmp_path / "src" / "studio_entities" / "_shot_custom_attributes.py").read_text(encoding="utf-8")
    assert "    animal: CustomAttr[str] = UNSET" in text


def test_projects_can_be_chosen(project: Callable[[str], Path], tmp_path: Path) -> None:
    project(BASIC + 'projects = ["river"]\n')
    assert cli.main(["regen"]) == 0
    text = (tmp_path / "src" / "studio_entities" / "_shot_custom_attributes.py").read_text(encoding="utf-8")
    assert "bid_code" not in text


def test_templates_can_be_replaced(
    project: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(BASIC + 'templates = "templates"\n')
    directory = tmp_path / "templates"
    directory.mkdir()
    own = '{{ marker }}\n# Ask the pipeline team.\n"""Provenance."""\n'
    (directory / "provenance.py.jinja").write_text(own, encoding="utf-8")
    assert cli.main(["regen"]) == 0
    text = (tmp_path / "src" / "studio_entities" / "_provenance.py").read_text(encoding="utf-8")
    assert "# Ask the pipeline team." in text

    for name, content, message in (
        ("provenance.py.jinja", "{{ marker }}\nimport os\n", "_provenance.py"),
        ("provenance.py.jinja", "{{ unknown }}", "template"),
        ("provenence.py.jinja", "", "Did you mean 'provenance.py.jinja'"),
    ):
        (directory / name).write_text(content, encoding="utf-8")
        assert cli.main(["regen"]) == 1
        assert message in capsys.readouterr().err


def test_checking_uses_them_too(
    project: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(BASIC)
    assert cli.main(["check"]) == 1
    assert "does not exist" in capsys.readouterr().out
    assert cli.main(["regen"]) == 0
    assert cli.main(["check"]) == 0

    snapshot: dict[str, Any] = json.loads((tmp_path / "snapshot.json").read_text(encoding="utf-8"))
    snapshot["information"] = {"version": "9.9.9"}
    (tmp_path / "snapshot.json").write_text(json.dumps(snapshot), encoding="utf-8")
    assert cli.main(["check"]) == 0  # another version of the same schema

    snapshot["custom_attributes"] = [one for one in snapshot["custom_attributes"] if one["key"] != "handles"]
    next(one for one in snapshot["statuses"] if one["name"] == "In progress")["name"] = "Doing"
    (tmp_path / "snapshot.json").write_text(json.dumps(snapshot), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["check"]) == 1
    output = capsys.readouterr().out
    assert "breaking  Shot.custom_attributes.handles is gone (was CustomAttr[int])" in output
    assert "breaking  Statuses.IN_PROGRESS is now called Statuses.DOING" in output
