"""Classes of a studio's own among the bases of generated ones."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ftrack_codegen import generate, regenerate
from ftrack_codegen.errors import InputError
from ftrack_codegen.selection import select_types
from ftrack_codegen.settings import read_settings
from ftrack_typed import cli
from ftrack_typed.drift import read_package
from ftrack_typed.errors import EntityExtensionError

Documents = list[dict[str, Any]]
ROOT = Path(__file__).resolve().parents[2]
STOCK = ROOT / "schemas" / "stock.json"

MIXINS = '''
    """Methods of the studio's own."""

    from __future__ import annotations

    from typing import TYPE_CHECKING, cast

    if TYPE_CHECKING:
        from studio_entities import Task


    class Named:
        """For any entity type with a name."""

        def shout(self) -> str:
            """The name in capitals."""
            return str(self["name"]).upper()  # type: ignore[index]


    class TaskMixin:
        """For tasks."""

        def days(self) -> float:
            """How many working days were bid."""
            task = cast("Task", self)
            return task.bid / 28800 if task.bid else 0.0
'''

USE = """
    from studio_entities import Shot, Task
    from typing_extensions import assert_type


    def use(task: Task, shot: Shot) -> None:
        assert_type(task.days(), float)
        assert_type(task.shout(), str)
        assert_type(shot.shout(), str)
        assert_type(task.status.name, str)
        assert_type(Task.name == "x", object)
        shot.days()
        task.dayz()
"""


@pytest.fixture(scope="module")
def documents() -> Documents:
    """A part of the stock schema."""
    read: Documents = json.loads(STOCK.read_text(encoding="utf-8"))
    return list(select_types(read, ["Task", "Shot", "Status"]))  # type: ignore[arg-type]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on the import path with the mixins of a studio."""
    (tmp_path / "studio_tools").mkdir()
    (tmp_path / "studio_tools" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "studio_tools" / "mixins.py").write_text(textwrap.dedent(MIXINS), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield tmp_path
    for name in [
        name for name in sys.modules if name.partition(".")[0] in ("studio_tools", "studio_entities")
    ]:
        del sys.modules[name]


def test_entities_have_the_methods(studio: Path, documents: Documents) -> None:
    mixins = {"Context": ["studio_tools.mixins:Named"], "Task": ["studio_tools.mixins:TaskMixin"]}
    regenerate(documents, "studio_entities", studio, mixins=mixins)
    package = importlib.import_module("studio_entities")
    task = package.Task(name="anim", bid=57600.0)
    assert task.shout() == "ANIM"
    assert task.days() == 2.0
    assert package.Shot(name="s1").shout() == "S1"
    assert not hasattr(package.Shot, "days")
    assert [base.__name__ for base in package.Task.__bases__] == ["TaskMixin", "TypedContext"]


def test_drift_sees_no_difference(documents: Documents) -> None:
    mixins = {"Context": ["studio_tools.mixins:Named", "studio_tools.more:More"]}
    with_them, _ = generate(documents, "studio_entities", mixins=mixins)
    without, _ = generate(documents, "studio_entities")
    assert read_package(_code(with_them)) == read_package(_code(without))
    assert [name for name in without if with_them[name] != without[name]] == ["_context.py"]


def _code(files: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in files.items() if name.endswith(".py")}


def test_settings_name_them(
    studio: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (studio / "pyproject.toml").write_text(
        f"""
[tool.ftrack-typed]
schema = {str(STOCK)!r}
package = "studio_entities"
output = "."
entity-types = ["Task", "Shot", "Status"]

[tool.ftrack-typed.mixins]
Task = "studio_tools.mixins:TaskMixin"
Context = ["studio_tools.mixins:Named"]
""",
        encoding="utf-8",
    )
    monkeypatch.chdir(studio)
    assert cli.main(["regen"]) == 0
    text = (studio / "studio_entities" / "_task.py").read_text(encoding="utf-8")
    assert "class Task(studio_tools.mixins.TaskMixin, TypedContext):" in text
    assert cli.main(["regen", "--check"]) == 0
    assert cli.main(["check"]) == 0


@pytest.mark.parametrize(
    ("mixins", "message"),
    [
        ({"Tusk": ["a:B"]}, "'Tusk', which the package does not have. Did you mean 'Task'"),
        ({"Task": ["a.b"]}, "Task take module:Class, such as studio.mixins:TaskMixin, not 'a.b'"),
        ({"Task": ["a:B:C"]}, "take module:Class"),
        ({"Task": ["a;import os:B"]}, "take module:Class"),
        ({"Task": [":B"]}, "take module:Class"),
        ({"Task": ["class:B"]}, "take module:Class"),
        ({"Task": ["studio_entities.more:B"]}, "is in the package it would be a part of"),
    ],
)
def test_mistakes_are_told(mixins: dict[str, list[str]], message: str, documents: Documents) -> None:
    with pytest.raises(InputError, match=message):
        generate(documents, "studio_entities", mixins=mixins)


def test_settings_take_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    for table in ("mixins = 'x'", "mixins = {Task = 3}", "mixins = {Task = [3]}"):
        path.write_text(f"[tool.ftrack-typed]\n{table}\n", encoding="utf-8")
        with pytest.raises(InputError, match="mixins in"):
            read_settings(path)


def test_a_mixin_must_not_hide_an_attribute(studio: Path, entity_type: Callable[..., dict[str, Any]]) -> None:
    documents = [entity_type("Planet", {"days": {"type": "number"}})]
    regenerate(documents, "studio_entities", studio, mixins={"Planet": ["studio_tools.mixins:TaskMixin"]})
    package = importlib.import_module("studio_entities")
    with pytest.raises(EntityExtensionError, match="TaskMixin defines days, which is an attribute of Planet"):
        _ = package.Planet


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_checkers_see_the_methods(checker: str, studio: Path, documents: Documents) -> None:
    mixins = {"Context": ["studio_tools.mixins:Named"], "Task": ["studio_tools.mixins:TaskMixin"]}
    regenerate(documents, "studio_entities", studio, mixins=mixins)
    (studio / "use.py").write_text(textwrap.dedent(USE), encoding="utf-8")
    options = {
        "mypy": ["--strict", "--no-error-summary", "--show-error-codes", "--hide-error-context"],
        "pyright": ["--pythonpath", sys.executable],
    }
    done = subprocess.run(
        [sys.executable, "-m", checker, *options[checker], "use.py", "studio_tools/mixins.py"],
        cwd=studio,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if "error" in line and ".py:" in line]
    found = [line.partition("use.py:")[2].partition(":")[0] for line in errors]
    assert found == ["11", "12", "13"], done.stdout + done.stderr
