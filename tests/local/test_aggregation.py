"""Grouped queries over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local.conftest import Client

STRICT = {"ftrack_strict_api": "true"}


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        (
            "select count(id), max(bid) from Task where project_id is p-1 group by status_id, type_id",
            [
                {"status_id": None, "type_id": None, "count_id": 1, "max_bid": 0.0},
                {"status_id": "s-done", "type_id": None, "count_id": 1, "max_bid": 3600.0},
                {"status_id": "s-done", "type_id": "ty-anim", "count_id": 1, "max_bid": 100.0},
                {"status_id": "s-wip", "type_id": None, "count_id": 1, "max_bid": 7200.0},
            ],
        ),
        (
            "select SUM(size), avg(size), min(name), version_id from Component GROUP BY version_id",
            [{"version_id": "v-2", "sum_size": 15, "avg_size": 7.5, "min_name": "main"}],
        ),
        (
            "select max(end_date), count(end_date) from Task group by project_id",
            [
                {
                    "project_id": "p-1",
                    "max_end_date": {"__type__": "datetime", "value": "2031-05-05T00:00:00"},
                    "count_end_date": 2,
                }
            ],
        ),
        (
            "select count(id) from Task where assignments any (resource.username is ada) group by status.name",
            [{"status.name": "WIP", "count_id": 1}],
        ),
        (
            "select sum(time_logged) from Task group by parent_id order by sum_time_logged desc",
            [
                {"parent_id": "sh-1", "sum_time_logged": 2400.0},
                {"parent_id": "ab-1", "sum_time_logged": 0.0},
                {"parent_id": "sh-2", "sum_time_logged": 0.0},
            ],
        ),
        (
            "select count(id) from AssetVersion group by is_latest_version",
            [
                {"is_latest_version": False, "count_id": 1},
                {"is_latest_version": True, "count_id": 1},
            ],
        ),
        ("select id from Task where name is nothing group by id", []),
        ("select count(id) from Task group by parent_id limit 0", []),
        (
            "select count(entity_id) from ContextCustomAttributeValue where key is fstart group by key",
            [{"key": "fstart", "count_entity_id": 2}],
        ),
    ],
)
def test_rows_hold_groups_and_aggregates(small: Client, expression: str, rows: list[dict[str, Any]]) -> None:
    assert small.query(expression, **STRICT) == rows


def test_groups_come_in_pages(small: Client) -> None:
    expression = "select count(id) from Task group by status_id"
    everything = small.query(expression, **STRICT)
    page = small.page(f"{expression} limit 2", **STRICT)
    assert page["metadata"] == {"next": {"offset": 2}}
    rest = small.page(f"{expression} offset 2 limit 2", **STRICT)
    assert rest["metadata"] == {"next": {"offset": None}}
    assert page["data"] + rest["data"] == everything


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("select count(id) from Task", ["`group by`"]),
        ("select name, count(id) from Task group by status_id", ["`name`", "count(name)"]),
        ("select sum(name) from Task group by status_id", ["sum(name)", "text"]),
        ("select max(value) from ContextCustomAttributeValue group by key", ["max(value)", "variable"]),
        ("select count(id) from Timelog group by user_id", ["Timelog"]),
        ("select count(id) from Task group by status", ["`status`", "`status.id`"]),
        ("select count(id) from Task group by children.name", ["collection `children`"]),
        ("select count(id) from Task group by status_id order by count_ix", ["`count_ix`", "`count_id`"]),
        ("select count(nmae) from Task group by status_id", ["`nmae`", "`name`"]),
    ],
)
def test_mistakes_are_named(small: Client, expression: str, words: list[str]) -> None:
    answer = small.post([{"action": "query", "expression": expression}], **STRICT)
    assert answer.status_code == 400
    for word in words:
        assert word in answer.json()["content"]


def test_groups_need_the_strict_api(small: Client) -> None:
    error = small.refuse("select count(id) from Task group by status_id")
    assert "ftrack-strict-api" in error["content"]
