"""The wheel, and what ``pip install ftrack-typed`` without extras gives.

Built from a copy of the source tree and installed in a fresh environment, once for all tests of this module.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_local import LocalServer

ROOT = Path(__file__).parents[2]
SOURCES = ("src", "codegen", "generated", "schemas", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip builds it."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(ROOT / name, source / name)
    directory = tmp_path_factory.mktemp("wheel")
    _pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(directory), str(source))
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of an environment that holds the wheel without any extra."""
    directory = tmp_path_factory.mktemp("bare")
    venv.create(directory, with_pip=True)
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _pip(python, "install", str(wheel))
    return python


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments, "--quiet"]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", timeout=300, check=False
    )
    if done.returncode != 0 and any(
        sign in done.stderr for sign in ("NewConnectionError", "No matching distribution found", "ProxyError")
    ):
        pytest.skip(f"pip can't reach a package index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


def _run(python: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    foreign = ("FTRACK_", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return subprocess.run(
        [str(python), *arguments],
        cwd=python.parent,
        env={**environment, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_wheel_holds_the_packages_and_the_schemas(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for package, directory in (
        ("ftrack_typed", "src"),
        ("ftrack_local", "src"),
        ("ftrack_pytest", "src"),
        ("ftrack_codegen", "codegen"),
        ("ftrack_entities", "generated"),
    ):
        there = {
            path.relative_to(ROOT / directory).as_posix()
            for path in (ROOT / directory / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert f"{package}/py.typed" in there
        assert there <= names
    assert {
        f"ftrack_local/schemas/{path.name}"
        for path in (ROOT / "schemas").iterdir()
        if path.suffix in (".yaml", ".json")
    } <= names
    top = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"ftrack_typed", "ftrack_local", "ftrack_codegen", "ftrack_entities", "ftrack_pytest"}


def test_without_extras_a_session_works_with_the_stock_entities(bare: Path, server: LocalServer) -> None:
    script = (
        "from ftrack_entities import Task\n"
        "from ftrack_typed import Session\n"
        "with Session(schema_cache_path=False) as session:\n"
        "    task = session.query(Task).where(Task.status.name == 'In progress').first()\n"
        "    print(task.status.name)\n"
        "    task.bid = 60.0\n"
        "    session.commit()\n"
    )
    done = _run(
        bare,
        "-c",
        script,
        FTRACK_SERVER=server.url,
        FTRACK_API_USER=server.api_user,
        FTRACK_API_KEY=server.api_key,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("In progress\n", "", 0)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["serve"], "local"),
        (["regen", "--schema", "schema.json", "--package", "studio", "--out", "."], "codegen"),
    ],
)
def test_a_missing_extra_is_named_in_one_line(bare: Path, arguments: list[str], extra: str) -> None:
    done = _run(bare, "-m", "ftrack_typed", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"ftrack-typed[{extra}]" in line


def test_a_missing_extra_is_named_in_python_too(bare: Path) -> None:
    done = _run(bare, "-c", "from ftrack_local import LocalServer; LocalServer()")
    assert done.returncode == 1
    assert "ftrack-typed[local]" in done.stderr.splitlines()[-1]


def test_the_program_is_installed(bare: Path) -> None:
    program = bare.with_name("ftrack-typed.exe" if os.name == "nt" else "ftrack-typed")
    done = subprocess.run(
        [str(program), "--version"], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("ftrack-typed ")
