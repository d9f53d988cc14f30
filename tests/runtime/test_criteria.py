"""The class face of attributes: paths and criteria, and the text they become."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_entities import Context, Note, Project, Shot, Status, Task, TaskTemplate, TypedContextLink
from ftrack_typed.errors import OperationError, UnknownAttributeError
from ftrack_typed.query.criteria import Criterion
from ftrack_typed.query.literals import literal


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        (Task.name == "x", 'name is "x"'),
        (Task.name != "x", 'name is_not "x"'),
        (Task.bid > 3.5, "bid > 3.5"),
        (Task.status.name.in_(["a", "b"]), 'status.name in ("a", "b")'),
        (Task.status.name.not_in(["a"]), 'status.name not_in ("a")'),
        (Task.name.like("sq%"), 'name like "sq%"'),
        (Task.description == None, "description is none"),
        (Task.parent == None, "parent is none"),
        (Task.parent != None, "parent is_not none"),
        (Task.parent.name == "s", 'parent.name is "s"'),
        (Task.notes.any(), "notes any ()"),
        (~Task.timelogs.any(), "not (timelogs any ())"),
        (
            Task.notes.any(Note.content.like("%x%"), Note.is_todo == True),
            'notes any (content like "%x%" and is_todo is true)',
        ),
        (Task.notes.each.author.id == "u", 'notes.author.id is "u"'),
        (Task.parent.cast(Shot).status.name == "s", 'parent[Shot].status.name is "s"'),
        (Task.parent.has(Context.name == "s"), 'parent has (name is "s")'),
        (TypedContextLink.from_.name == "x", 'from.name is "x"'),
        (TaskTemplate.items_.any(), "items any ()"),
        ((Task.name == "a") & (Task.name == "b"), 'name is "a" and name is "b"'),
        ((Task.name == "a") | (Task.name == "b") & (Task.bid < 1), 'name is "a" or name is "b" and bid < 1'),
        (
            ((Task.name == "a") | (Task.name == "b")) & (Task.bid < 1),
            '(name is "a" or name is "b") and bid < 1',
        ),
        (~((Task.name == "a") & (Task.bid < 1)), 'not (name is "a" and bid < 1)'),
    ],
)
def test_text(criterion: Criterion, text: str) -> None:
    assert str(criterion) == text


def test_an_entity_stands_for_its_key() -> None:
    status = Status(id="s-1")
    assert str(Task.status == status) == 'status.id is "s-1"'
    assert str(Task.status.in_([status])) == 'status.id in ("s-1")'


def test_an_empty_list_matches_nothing_and_its_opposite_everything() -> None:
    assert str(Task.name.in_([])) == "name is none and name is_not none"
    assert str((Task.bid > 1) & Task.name.not_in([])) == "bid > 1 and (name is none or name is_not none)"


def test_a_misspelt_attribute_names_the_nearest() -> None:
    with pytest.raises(UnknownAttributeError, match="Did you mean 'name'"):
        Task.status.nmae  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore


def test_attributes_of_subtypes_may_be_used_on_the_base() -> None:
    face: Any = Task.parent
    assert str(face.full_name == "P") == 'full_name is "P"'.replace("full_name", "parent.full_name")
    assert str(Project.full_name == "P") == 'full_name is "P"'


def test_a_criterion_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="combine criteria"):
        bool(Task.name == "x")
    with pytest.raises(TypeError, match="no value here"):
        bool(Task.name)
    with pytest.raises(TypeError, match="like"):
        bool("x" in Task.name)  # type: ignore[operator]  # pyright: ignore


def test_a_text_is_no_list() -> None:
    with pytest.raises(TypeError, match="list of values"):
        Task.name.in_("abc")


def test_a_relation_compares_with_entities_only() -> None:
    relation: Any = Task.status
    with pytest.raises(TypeError, match="compares with an entity or None"):
        relation == "s-1"  # noqa: B015


def test_a_composite_key_is_no_value() -> None:
    from ftrack_entities import Metadata

    row = Metadata(parent_id="p", key="k")
    with pytest.raises(OperationError, match="composite key"):
        literal(row)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "true"),
        (3, "3"),
        (2.5, "2.5"),
        (datetime(2031, 5, 4, 10, 20, 30), '"2031-05-04T10:20:30"'),
        (datetime(2031, 5, 4, 10, 0, tzinfo=timezone(timedelta(hours=2))), '"2031-05-04T08:00:00"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ('say "hi" \\ bye', '"say \\"hi\\" \\\\ bye"'),
    ],
)
def test_literals(value: object, text: str) -> None:
    assert literal(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), ["a"], {"a": 1}, b"x"])
def test_values_without_a_spelling_are_refused(value: object) -> None:
    with pytest.raises(OperationError):
        literal(value)


@given(st.text())
def test_quoted_text_can_be_read_back(value: str) -> None:
    quoted = literal(value)
    assert re.fullmatch(r'"(?:\\.|[^"\\])*"', quoted, re.DOTALL)
    assert re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL) == value
