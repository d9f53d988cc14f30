"""The page of differences is current, and every difference has tests that show it."""

from __future__ import annotations

import ast
from itertools import chain

import pytest

from .differences import CHAPTERS, PAGE, ROOT, render, split

DIFFERENCES = list(chain.from_iterable(chapter.differences for chapter in CHAPTERS))
TESTS = sorted({test for difference in DIFFERENCES for test in difference.tests})


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render()


def test_every_difference_names_a_test() -> None:
    assert [difference.local for difference in DIFFERENCES if not difference.tests] == []


@pytest.mark.parametrize("test", TESTS)
def test_the_tests_exist_and_always_run(test: str) -> None:
    path, name = split(test)
    module = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    found = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and node.name == name]
    assert len(found) == 1, f"there is no {test}"
    marks = [ast.unparse(decorator) for decorator in found[0].decorator_list]
    assert not [mark for mark in marks if "skip" in mark or "xfail" in mark]
