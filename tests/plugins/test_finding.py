"""Which files are plugins, and in which order they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ftrack_typed.plugins import find_plugins

Write = Callable[[str, str], Path]


def names(paths: list[Path], root: Path, helpers: bool = False) -> list[str]:
    files, _ = find_plugins(paths)
    return [file.path.relative_to(root).as_posix() for file in files if helpers or not file.is_helper]


def test_the_order_is_that_of_the_names(write: Write, plugins: Path) -> None:
    for name in ("b.py", "a.py", "Z.py", "sub/x.py", "sub/__init__.py", "sub/a/y.py", "arch/z.py", "c.py"):
        write(name, "")
    assert names([plugins], plugins) == [
        "Z.py",
        "a.py",
        "b.py",
        "c.py",
        "arch/z.py",
        "sub/__init__.py",
        "sub/x.py",
        "sub/a/y.py",
    ]


def test_search_paths_come_in_the_order_given(write: Write, plugins: Path) -> None:
    write("one/a.py", "")
    write("two/b.py", "")
    assert names([plugins / "two", plugins / "one"], plugins) == ["two/b.py", "one/a.py"]


def test_hidden_and_cache_directories_are_not_walked(write: Write, plugins: Path) -> None:
    for name in (".git/a.py", "__pycache__/b.py", ".hidden.py", "node_modules/c.py", "notes.txt", "d.pyc"):
        write(name, "")
    assert names([plugins], plugins) == []


def test_helpers_are_found_and_told_apart(write: Write, plugins: Path) -> None:
    for name in ("_helper.py", "_lib/deep.py", "main.py"):
        write(name, "")
    assert names([plugins], plugins) == ["main.py"]
    assert names([plugins], plugins, helpers=True) == ["_helper.py", "main.py", "_lib/deep.py"]


def test_loops_of_links_end(write: Write, plugins: Path) -> None:
    write("sub/a.py", "")
    try:
        (plugins / "sub" / "loop").symlink_to(plugins, target_is_directory=True)
    except OSError:
        pytest.skip("links can't be made here")
    _, skipped = find_plugins([plugins])
    assert names([plugins], plugins) == ["sub/a.py"]
    assert [plugin.file.name for plugin in skipped] == ["loop"]


def test_a_file_counts_the_first_time_it_is_found(write: Write, plugins: Path) -> None:
    write("sub/a.py", "")
    assert names([plugins, plugins / "sub", plugins], plugins) == ["sub/a.py"]


def test_a_search_path_may_be_a_file(write: Write, plugins: Path) -> None:
    path = write("a.py", "")
    write("b.py", "")
    assert names([path], plugins) == ["a.py"]


def test_what_does_not_exist_is_passed_over_and_told(plugins: Path) -> None:
    files, skipped = find_plugins([plugins / "none"])
    assert files == []
    assert str(skipped[0]) == f"{plugins / 'none'}: there is no such directory or Python file"
