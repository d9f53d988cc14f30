"""The engine without HTTP: how many statements an answer costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from ftrack_local.actions import Api, Caller
from ftrack_local.catalogue import build_model
from ftrack_local.seeds import seed
from ftrack_local.storage import Storage
from ftrack_local.tables import build_tables

CALLER = Caller("", "supervisor", "http://studio.example")


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    model = build_model()
    tables = build_tables(model)
    storage = Storage()
    storage.create_all(tables)
    seed(storage, model, "demo", 1, tables)
    yield Api(model, storage, tables)
    storage.close()


def _statements(api: Api, expression: str) -> tuple[int, int]:
    """Return how many rows a query finds and how many statements it takes."""
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(api.storage.engine, "before_cursor_execute", count)
    try:
        answer = api.handle([{"action": "query", "expression": expression}], CALLER)
    finally:
        event.remove(api.storage.engine, "before_cursor_execute", count)
    return len(answer[0]["data"]), sum(not statement.startswith("BEGIN") for statement in seen)


@pytest.mark.parametrize(
    "projections",
    [
        "name, bid, time_logged",
        "status.name, parent.parent.name, type.color",
        "assignments.resource.username, notes.author.username, metadata, custom_attributes",
        "link, ancestors.name, project.descendants",
        "thumbnail_url, thumbnail_source_id, parent.thumbnail_url",
        "__permissions.name, __permissions.priority_id, bid_time_logged_difference",
        "metadata.parent_type, notes.parent_type, notes.recipients.recipient, status_changes",
    ],
)
def test_a_page_costs_the_same_statements_whatever_its_size(api: Api, projections: str) -> None:
    few, for_few = _statements(api, f"select {projections} from Task offset 300 limit 5")
    many, for_many = _statements(api, f"select {projections} from Task offset 300 limit 400")
    assert (few, many) == (5, 400)
    # Lists of keys are cut into chunks, and a larger page may hold more kinds of relations.
    assert for_many <= for_few + 4


def test_criteria_cost_one_statement(api: Api) -> None:
    criteria = (
        "assignments any (resource.username is animator) and parent.parent.name like '%a%' and "
        "ancestors any (name is x) and custom_attributes any (key is fps and value > 3)"
    )
    _, statements = _statements(api, f"select id from Task where {criteria} order by status.sort")
    assert statements == 1
