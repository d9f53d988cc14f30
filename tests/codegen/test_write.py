"""Mirroring files: only what was generated is ever touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_codegen.errors import OutputError
from ftrack_codegen.write import MARKER, compare, mirror

FILES = {"__init__.py": MARKER, "_task.py": MARKER + "x = 1\n", "py.typed": ""}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "made" / "package"


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir() if path.is_file()}


def test_the_first_run_writes_everything(directory: Path) -> None:
    changes = mirror(FILES, directory)
    assert changes.added == ("__init__.py", "_task.py", "py.typed")
    assert contents(directory) == FILES


def test_a_second_run_touches_nothing(directory: Path) -> None:
    mirror(FILES, directory)
    before = {path.name: path.stat().st_mtime_ns for path in directory.iterdir()}
    changes = mirror(FILES, directory)
    assert not changes
    assert changes.unchanged == tuple(sorted(FILES))
    assert {path.name: path.stat().st_mtime_ns for path in directory.iterdir()} == before


def test_only_changed_files_are_written(directory: Path) -> None:
    mirror(FILES, directory)
    before = (directory / "__init__.py").stat().st_mtime_ns
    changes = mirror({**FILES, "_task.py": MARKER + "x = 2\n"}, directory)
    assert changes.changed == ("_task.py",)
    assert (directory / "__init__.py").stat().st_mtime_ns == before


def test_left_over_modules_are_removed_and_others_kept(directory: Path) -> None:
    mirror(FILES, directory)
    (directory / "_gone.py").write_text(MARKER, encoding="utf-8", newline="\n")
    (directory / "extras.py").write_text("mine = True\n", encoding="utf-8", newline="\n")
    (directory / "notes.txt").write_text(MARKER, encoding="utf-8", newline="\n")
    (directory / "sub").mkdir()
    changes = mirror(FILES, directory)
    assert changes.removed == ("_gone.py",)
    assert contents(directory) == {**FILES, "extras.py": "mine = True\n", "notes.txt": MARKER}


def test_a_directory_of_something_else_is_refused(directory: Path) -> None:
    directory.mkdir(parents=True)
    (directory / "__init__.py").write_text("import mine\n", encoding="utf-8", newline="\n")
    with pytest.raises(OutputError, match="did not generate"):
        mirror(FILES, directory)
    assert contents(directory) == {"__init__.py": "import mine\n"}


def test_a_file_of_the_users_is_never_overwritten(directory: Path) -> None:
    mirror({"__init__.py": MARKER}, directory)
    (directory / "_task.py").write_text("mine = True\n", encoding="utf-8", newline="\n")
    with pytest.raises(OutputError, match=r"_task\.py"):
        mirror(FILES, directory)
    assert (directory / "_task.py").read_text(encoding="utf-8") == "mine = True\n"
    assert not (directory / "py.typed").exists()


def test_a_file_in_place_of_the_directory_is_refused(directory: Path) -> None:
    directory.parent.mkdir(parents=True)
    directory.write_text("", encoding="utf-8", newline="\n")
    with pytest.raises(OutputError, match="not a directory"):
        mirror(FILES, directory)


def test_a_first_run_that_was_interrupted_can_be_repeated(directory: Path) -> None:
    directory.mkdir(parents=True)
    (directory / "_task.py").write_text(MARKER, encoding="utf-8", newline="\n")
    (directory / ".0123.tmp").write_text("half", encoding="utf-8", newline="\n")
    mirror(FILES, directory)
    assert (directory / "__init__.py").read_text(encoding="utf-8") == MARKER


def test_failing_to_write_leaves_no_halves(directory: Path) -> None:
    mirror(FILES, directory)
    unwritable = {**FILES, "_task.py": MARKER + "\ud800"}
    with pytest.raises((OutputError, UnicodeEncodeError)):
        mirror(unwritable, directory)
    assert contents(directory) == FILES


def test_comparing_writes_nothing(directory: Path) -> None:
    changes = compare(FILES, directory)
    assert changes.added == tuple(sorted(FILES))
    assert not directory.exists()
