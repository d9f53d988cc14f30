"""How entities and results look, and how they leave for other libraries."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_entities import Project, Task, User
from ftrack_typed import Session
from ftrack_typed.errors import MissingExtraError
from ftrack_typed.presentation import mapping_table, rows_table


class Table(HTMLParser):
    """The texts of a table, row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.caption = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._inside = tag
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self._inside == "caption":
            self.caption += data
        elif self._inside in ("td", "th"):
            self.rows[-1][-1] += data


TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td"}


@pytest.fixture
def task(session: Session) -> Iterator[Task]:
    """A task that is not committed, with a name that is markup."""
    project = session.query(Project).load(Project.name).first()
    assert project is not None
    yield session.create(Task, name="<b>&amp; 'n\"</b>", parent=project)
    session.rollback()


def test_an_entity_tells_type_name_key_and_state(session: Session, task: Task) -> None:
    assert repr(task) == f"<Task {task.name!r} {task.id} created>"
    known = session.query(Task).load(Task.name).first()
    assert known is not None
    shown = f"<Task {known.name!r} {known.id}>"
    assert repr(known) == shown
    name, known.name = known.name, "changed"
    assert repr(known) == f"<Task 'changed' {known.id} modified>"
    known.name = name
    session.delete(known)
    assert repr(known) == f"<Task {known.name!r} {known.id} deleted>"
    session.rollback()
    assert repr(known) == shown
    assert repr(Task(name="loose")) == "<Task 'loose' without key>"


def test_an_entity_is_a_table_of_what_is_loaded(
    session: Session, task: Task, calls: Callable[[], int]
) -> None:
    before = calls()
    table = Table(task._repr_html_())
    assert calls() == before
    assert table.tags <= TAGS
    assert table.caption == repr(task)
    assert ["name", "<b>&amp; 'n\"</b>"] in table.rows
    assert task.parent is not None
    assert ["parent", task.parent.name] in table.rows


def test_secrets_are_not_shown() -> None:
    table = Table(mapping_table({"api_key": "s3cret", "name": "ada"}))
    assert table.rows == [["api_key", "…"], ["name", "ada"]]


def test_collections_and_mappings_are_tables(session: Session) -> None:
    project = session.query(Project).load(Project.children, Project.metadata).first()
    assert project is not None
    table = Table(project.children._repr_html_())
    children = len(project.children)  # other tests make some
    assert len(table.rows) == 1 + (children if children <= 50 else 51)
    assert table.caption == "Project.children"
    mapping: Any = project.metadata
    assert Table(mapping._repr_html_()).rows == [[key, str(value)] for key, value in project.metadata.items()]


def test_a_result_is_a_table_of_its_first_rows(session: Session, calls: Callable[[], int]) -> None:
    query = session.query(
        "select name, status.name, assignments.resource_id from Task order by name", page_size=60
    )
    rows = session.query("select name, status.name from Task order by name limit 51").all()
    before = calls()
    table = Table(query._repr_html_())
    assert calls() == before + 1
    assert table.rows[0] == ["name", "status.name", "assignments.resource_id"]
    assert [row[:2] for row in table.rows[1:51]] == [[row.name, row.status.name] for row in rows[:50]]
    assert table.rows[51:] == ([["…"]] if len(rows) > 50 else [])


def test_rows_of_values_are_a_table(session: Session) -> None:
    query = session.query(Task).select(Task.name, Task.status.name).order_by(Task.name).limit(2)
    assert Table(query._repr_html_()).rows == [["name", "status.name"], *(list(row) for row in query)]


@given(
    st.dictionaries(
        st.text(max_size=5), st.text(max_size=20) | st.none() | st.integers() | st.lists(st.text())
    )
)
def test_whatever_rows_hold_is_text(row: dict[str, Any]) -> None:
    assert Table(rows_table([row], "<script>")).tags <= TAGS
    assert Table(mapping_table(row)).tags <= TAGS


def test_rows_as_dictionaries(session: Session, calls: Callable[[], int]) -> None:
    text = "select name, end_date, status.name, status, assignments.resource_id, metadata from Task limit 4"
    query = session.query(text)
    tasks = query.all()
    before = calls()
    records = query.to_dicts()
    assert calls() == before
    for task, found in zip(tasks, records, strict=True):
        assert found == {
            "name": task.name,
            "end_date": task.end_date,
            "status.name": task.status.name,
            "status": task.status.id,
            "assignments.resource_id": [each.resource_id for each in task.assignments],
            "metadata": dict(task.metadata),
        }
        assert found["end_date"] is None or isinstance(found["end_date"], datetime)


def test_values_as_dictionaries(session: Session) -> None:
    query = session.query(User).select(User.username, User.id, User.username).limit(2)
    assert query.to_dicts() == [{"username": name, "id": key} for name, key, _ in query]


def test_rows_as_a_data_frame(session: Session) -> None:
    pandas = pytest.importorskip("pandas", reason='needs the extra "pandas"')
    query = session.query("select name, status.name from Task limit 3")
    frame = query.to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["name", "status.name"]
    assert frame.to_dict("records") == query.to_dicts()
    empty = session.query('select name, status.name from Task where name is "no such task"').to_dataframe()
    assert (list(empty.columns), len(empty)) == (["name", "status.name"], 0)


def test_without_pandas_the_error_names_the_extra(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"to_dataframe\(\).*ftrack-typed\[pandas\]"):
        session.query("select name from Task limit 1").to_dataframe()


def test_progress_is_told_after_each_page(session: Session) -> None:
    told: list[tuple[int, int | None]] = []
    query = session.query("select name from Task limit 7", page_size=3)
    rows = query.all(progress=lambda done, total: told.append((done, total)))
    assert told == [(3, None), (6, None), (7, None)]
    assert len(rows) == 7
    assert query.all(progress=lambda done, total: told.append((done, total))) == rows
    assert len(told) == 3, "nothing was fetched"
