"""What was found right in one query is not looked up again in the next, and what was wrong stays wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ftrack_typed.errors import QueryNameError
from ftrack_typed.query.checking import MeaningKind, QueryChecker


class Counting:
    """A vocabulary of one type that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def has_type(self, name: str) -> bool:
        return name == "Task"

    def types(self) -> Iterable[str]:
        return ["Task"]

    def meanings(self, entity_type: str, name: str) -> Iterable[tuple[MeaningKind, str | None]]:
        self.asked.append(name)
        known: dict[str, tuple[MeaningKind, str | None]] = {
            "name": ("scalar", None),
            "parent": ("relation", "Task"),
            "secret": ("restricted", None),
        }
        return [known[name]] if name in known else []

    def attributes(self, entity_type: str) -> Iterable[str]:
        return ["name", "parent", "secret"]


def test_a_path_is_looked_up_once() -> None:
    vocabulary = Counting()
    checker = QueryChecker(lambda: vocabulary)
    for number in range(5):
        checker.check(f'select name, parent.name from Task where parent.name is "{number}"')
    # Once where it is loaded, once in the criterion: not all that can be compared can be loaded.
    assert sorted(vocabulary.asked) == ["name", "name", "name", "parent", "parent"]


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ('Task where naem is "{}"', "naem"),
        ("select parent.naem from Task limit {}", "naem"),
        ("select secret from Task limit {}", "secret"),
    ],
)
def test_a_wrong_path_is_refused_each_time(expression: str, name: str) -> None:
    checker = QueryChecker(Counting)
    checker.check("Task where secret is 1")
    for number in range(3):
        with pytest.raises(QueryNameError) as caught:
            checker.check(expression.format(number))
        assert caught.value.position == expression.index(name)
