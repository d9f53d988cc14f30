"""Operators of the class faces: the text they become, and where they mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_entities import AssetVersion, Job, Note, Project, Shot, Status, Task
from ftrack_typed.errors import UnknownAttributeError
from ftrack_typed.query.criteria import Criterion


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        (Task.description.is_(None), "description is none"),
        (Task.description.is_not(None), "description is_not none"),
        (Note.is_todo.is_(True), "is_todo is true"),
        (Task.parent.is_(None), "parent is none"),
        (Task.parent.is_not(None), "parent is_not none"),
        (Task.status.is_(Status(id="s")), 'status.id is "s"'),
        (Task.name.contains("50%"), 'name like "%50\\%%"'),
        (Task.name.startswith("a_b"), 'name like "a\\_b%"'),
        (Task.name.endswith("\\"), 'name like "%\\\\"'),
        (Task.name.like('say "%"'), 'name like "say \\"%\\""'),
        (Task.name.like(r"100\%"), r'name like "100\%"'),
        (Task.name.like(r"a\b"), r'name like "a\\b"'),
        (Job.status.like("r%"), 'status like "r%"'),
        (Job.status > "done", 'status > "done"'),
        (Task.metadata["colour"] == "red", 'metadata any (key is "colour" and value is "red")'),
        (Task.metadata['a "b"'].like("x%"), 'metadata any (key is "a \\"b\\"" and value like "x%")'),
        (
            Task.parent.cast(Shot).metadata["colour"].in_(["red", "blue"]),
            'parent[Shot].metadata any (key is "colour" and value in ("red", "blue"))',
        ),
        (Task.metadata["colour"].is_(None), 'not (metadata any (key is "colour" and value is_not none))'),
        (Task.metadata["colour"].is_not(None), 'metadata any (key is "colour" and value is_not none)'),
        (
            Task.metadata["colour"].not_in([]),
            'metadata any (key is "colour" and (value is none or value is_not none))',
        ),
        (Shot.custom_attributes["fps"] > 24, 'custom_attributes any (key is "fps" and value > 24)'),
        (
            AssetVersion.task.cast(Shot).custom_attributes["tags"] == "hero",
            'task[Shot].custom_attributes any (key is "tags" and value is "hero")',
        ),
        (Task.name.in_(["a", "b", "a"]), 'name in ("a", "b")'),
    ],
)
def test_text(criterion: Criterion, text: str) -> None:
    assert str(criterion) == text


_TASK: Any = Task
_NOTE: Any = Note


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: _TASK.bid.like("1%"), "bid is of type float, not text"),
        (lambda: _TASK.start_date.contains("2031"), "start_date is of type datetime, not text"),
        (lambda: _NOTE.is_todo < True, "is_todo is of type bool, which has no order"),
        (lambda: _NOTE.is_todo.desc(), "is_todo is of type bool, which has no order"),
        (lambda: _TASK.thumbnail_url > "a", "thumbnail_url is of type JsonObject"),
        (lambda: _TASK.bid > None, "test with is_"),
        (lambda: _TASK.notes.each.content.asc(), "several values per entity"),
        (lambda: _TASK.name.in_(["a", None]), "None can't be one of several values"),
        (lambda: _TASK.parent.cast(Status), "leads to a Context, which is never a Status"),
        (lambda: _TASK.parent.cast("Shot"), "takes an entity class"),
        (lambda: _TASK.status.in_(["s-1"]), "compares with an entity or None"),
        (lambda: bool(_TASK.notes), "no value here"),
        (lambda: bool(_TASK.metadata["a"]), "no value here"),
    ],
)
def test_an_operator_that_means_nothing_is_refused(use: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        use()


def test_a_key_of_metadata_has_no_spelling_of_its_own() -> None:
    face: Any = Task.metadata
    with pytest.raises(UnknownAttributeError, match=r"Task\.metadata has no attribute 'colour'"):
        face.colour  # noqa: B018


def test_a_long_criterion_is_shortened_in_messages() -> None:
    criterion = Project.id.in_([f"id-{number}" for number in range(10_000)])
    assert len(repr(criterion)) < 500
    with pytest.raises(TypeError) as caught:
        bool(criterion)
    assert len(str(caught.value)) < 1000
