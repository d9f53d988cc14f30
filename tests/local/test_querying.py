"""Criteria, order and paging, over HTTP against a handful of known rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_local.query import Literal

if TYPE_CHECKING:
    from tests.local.conftest import Client


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        # Plain values
        ("name is comp", ["t-1"]),
        ("name = 'Comp'", ["t-3"]),
        ("name like 'COMP'", ["t-1", "t-3"]),
        ("name like '%o%'", ["t-1", "t-2", "t-3", "t-4"]),
        ("name not_like '%o%'", []),
        (r"description like '50\%%'", ["t-2"]),
        (r"name like 'model\_%'", ["t-4"]),
        ("bid > 100", ["t-1", "t-2"]),
        ("bid >= '100'", ["t-1", "t-2", "t-4"]),
        ('bid in (100, "3600")', ["t-2", "t-4"]),
        ("id not_in (t-1, t-2)", ["t-3", "t-4"]),
        ("id in ()", []),
        # Null follows three-valued logic
        ("status_id is none", ["t-3"]),
        ("status_id != None", ["t-1", "t-2", "t-4"]),
        ("status is none", ["t-3"]),
        ("status is_not null", ["t-1", "t-2", "t-4"]),
        ("description != first", ["t-2"]),
        ("not description is first", ["t-2"]),
        ("status.name is_not WIP", ["t-2", "t-4"]),
        ("status.name is none", ["t-3"]),
        ("status_id in (s-wip, none)", ["t-1", "t-3"]),
        ("status_id not_in (s-wip)", ["t-2", "t-4"]),
        # Dates
        ("end_date is 2031-05-04", ["t-1"]),
        ("end_date is_not 2031-05-04", ["t-2"]),
        ("end_date in (2031-05-04)", ["t-1"]),
        ("end_date is '2031-05-04T10:30:00'", ["t-1"]),
        ("end_date is '2031-05-04T12:30:00+02:00'", ["t-1"]),
        ("end_date after 2031-05-04", ["t-1", "t-2"]),
        ("end_date > '2031-05-04 11:00:00'", ["t-2"]),
        ("end_date <= 2031-05-05", ["t-1", "t-2"]),
        # References
        ("parent.name is sh010", ["t-1", "t-2"]),
        ("parent.parent.name is sq010", ["t-1", "t-2", "t-3"]),
        ("parent has (name is sh020)", ["t-3"]),
        ("parent has ()", ["t-1", "t-2", "t-3", "t-4"]),
        ("not status has ()", ["t-3"]),
        ("parent[Shot].status.name is WIP", ["t-1", "t-2"]),
        ("parent[AssetBuild].name is Hero", ["t-4"]),
        ("parent[AssetBuild].name is none", ["t-1", "t-2", "t-3"]),
        ("parent[Shot] has ()", ["t-1", "t-2", "t-3"]),
        ("parent.object_type.name is 'Asset Build'", ["t-4"]),
        # Collections: any element; one element for both with `any`
        ("assignments.resource.username is ada", ["t-1"]),
        ("assignments any (resource.username = ada)", ["t-1"]),
        ("assignments any (resource[Group].name is Animation)", ["t-1"]),
        ("metadata any (key is lens and value is 400)", []),
        ("metadata.key is lens and metadata.value is 400", ["t-1"]),
        ("not metadata any ()", ["t-3", "t-4"]),
        ("notes.author.username is bob", ["t-1"]),
        ("notes any (in_reply_to has (content is 'too dark'))", ["t-1"]),
        # Hierarchy
        ("ancestors any (id = sq-1)", ["t-1", "t-2", "t-3"]),
        ("ancestors.name is sh010 or id is t-4", ["t-1", "t-2", "t-4"]),
        ("not ancestors any (id is sq-1)", ["t-4"]),
        ("ancestors any (name is orbit)", []),
        ("project.full_name is Orbit", ["t-1", "t-2", "t-3", "t-4"]),
        # Computed
        ("time_logged > 1000", ["t-1"]),
        ("bid_time_logged_difference is 5400", ["t-1"]),
        # Subqueries
        ("parent_id in (select id from Shot where name like 'sh01%')", ["t-1", "t-2"]),
        ("status_id not_in (select id from Status where name is WIP)", ["t-2", "t-4"]),
        ("parent_id not_in (select thumbnail_id from AssetVersion)", ["t-1", "t-2", "t-3", "t-4"]),
        (
            "parent_id in (select context_id from Asset where id in (select asset_id from AssetVersion))",
            ["t-1", "t-2"],
        ),
        ("id in (select id from Task order by bid desc limit 1)", ["t-1"]),
    ],
)
def test_criteria(small: Client, criteria: str, ids: list[str]) -> None:
    found = small.query(f"select id from Task where {criteria} order by id")
    assert [entity["id"] for entity in found] == ids


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("AssetVersion where is_latest_version is True", ["v-2"]),
        ("AssetVersion where is_latest_version is false", ["v-1"]),
        ("AssetVersion where components any (name is proxy)", ["v-2"]),
        ("AssetVersion where asset.parent.children.id is t-2", ["v-1", "v-2"]),
        ("AssetVersion where thumbnail_id != none", ["v-2"]),
        ('AssetVersion where version is "2"', ["v-2"]),
        ("Asset where latest_version.version > 1", ["a-1"]),
        ("Asset where latest_version.version > 2", []),
        ("Asset where ancestors any (id is sq-1)", ["a-1"]),
        ("Component where version.asset.parent.ancestors.id in (sq-1)", ["c-1", "c-2"]),
        ("Context where children any (id is sh-1)", ["sq-1"]),
        ("Project where descendants any (name is roto)", ["p-1"]),
        ("Project where status is active", ["p-1"]),
        ("Project where allocations any (resource.username is bob)", ["p-1"]),
        ("Project where assignments any ()", []),
        ("User where is_active is False", ["u-gone"]),
        ("User where is_active < true", ["u-gone"]),
        ("User where timelogs any () and is_active = TRUE", ["u-ada", "u-bob"]),
        ("Note where not in_reply_to has ()", ["n-1"]),
        ("Note where replies any (content is fixed)", ["n-1"]),
        ("Note where parent_type is task", ["n-1", "n-2"]),
        ("Note where parent_type is Task", ["n-1", "n-2"]),
        ("Note where parent_type is AssetVersion", []),
        ("Resource where username is ada", ["u-ada"]),
        ("TypedContext where object_type.name is Shot and status has ()", ["sh-1"]),
    ],
)
def test_criteria_on_other_types(small: Client, expression: str, ids: list[str]) -> None:
    assert [entity["id"] for entity in small.query(f"{expression} order by id")] == ids


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        ("key is fstart and value is 1050", ["sh-1"]),
        ("key is fstart and value is '1001'", ["sh-2"]),
        ("key is fstart and value > 1001", ["sh-1"]),
        ("key is fstart and value in (1001, 1050)", ["sh-1", "sh-2"]),
        ("key is tags and value is night", ["sh-1"]),
        ("key is tags and value in ('rain')", ["sh-1"]),
        ("key is tags and value is nig", []),
        ("key is tags", ["ab-1", "p-1", "p-2", "sh-1", "sh-2", "sq-1", "t-1", "t-2", "t-3", "t-4"]),
        ("key is due and value is 2031-06-01", ["p-1"]),
        ("key is due and value > 2031-05-01", ["p-1"]),
        ("key is due and value is none", ["p-2"]),
        ("configuration.label is 'First frame'", ["sh-1", "sh-2"]),
    ],
)
def test_custom_attributes_in_criteria(small: Client, criteria: str, ids: list[str]) -> None:
    found = small.query(f"Context where custom_attributes any ({criteria}) order by id")
    assert [entity["id"] for entity in found] == ids


def test_sparse_custom_attribute_values(small: Client) -> None:
    found = small.query(
        "select value, entity_id from CustomAttributeValue where configuration_id in (ca-tags)"
    )
    assert found == [
        {
            "__entity_type__": "CustomAttributeValue",
            "configuration_id": "ca-tags",
            "entity_id": "sh-1",
            "value": ["night", "rain"],
        }
    ]
    keys = small.query("select configuration.key from CustomAttributeValue where value is true")
    assert keys[0]["configuration"]["key"] == "approved"


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("bid", ["t-3", "t-4", "t-2", "t-1"]),
        ("bid descending", ["t-1", "t-2", "t-4", "t-3"]),
        ("status.sort, bid desc", ["t-3", "t-1", "t-2", "t-4"]),
        ("parent.name desc, name", ["t-3", "t-1", "t-2", "t-4"]),
        ("project.full_name", ["t-1", "t-2", "t-3", "t-4"]),
        ("time_logged desc", ["t-1", "t-2", "t-3", "t-4"]),
    ],
)
def test_order(small: Client, order: str, ids: list[str]) -> None:
    assert [entity["id"] for entity in small.query(f"Task order by {order}")] == ids


def test_pages_cover_everything_once_and_announce_the_next(demo: Client) -> None:
    total = len(demo.query("select id from Task"))
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = demo.page(f"select id from Task order by status.name offset {offset} limit 100")
        seen.extend(entity["id"] for entity in page["data"])
        offset = page["metadata"]["next"]["offset"]
    assert len(seen) == len(set(seen)) == total


def test_page_metadata(small: Client) -> None:
    def following(tail: str) -> int | None:
        offset: int | None = small.page(f"select id from Task {tail}")["metadata"]["next"]["offset"]
        return offset

    assert following("") is None
    assert following("limit 2") == 2
    assert following("offset 1 limit 2") == 3
    assert following("limit 2 offset 3") is None
    assert following("limit 0") is None
    assert small.query("Task limit 0") == []
    assert len(small.query("Task limit 99999999999999999999999")) == 4
    assert [entity["id"] for entity in small.query("Task offset 3")] == ["t-4"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("Tsk", ["Unknown entity type `Tsk`", "`Task`"]),
        ("task", ["Unknown entity type `task`", "`Task`"]),
        (
            "select nam from Task",
            ["Task has no attribute `nam`", "`name`", "character 8", "select nam from Task"],
        ),
        ("Task where parent.nmae is x", ["Context has no attribute `nmae`", "`name`"]),
        ("Task order by proirity.sort", ["`priority`"]),
        ("AssetVersion where parent.id is x", ["AssetVersion has no attribute `parent`"]),
        ("Task where parent is sh-1", ["`parent.id is sh-1`"]),
        ("Task where children is none", ["is a collection", "`children any (…)`"]),
        ("Task where parent in (a)", ["`parent.id in (…)`"]),
        ("Task where name any (id is x)", ["plain value"]),
        ("Task where parent any (id is x)", ["`has`"]),
        ("Task where children has (id is x)", ["`any`"]),
        ("Task where name.first is x", ["plain value"]),
        ("Task where bid is many", ["`bid` is a number", "`many`"]),
        ("Task where end_date is 2031-13-01", ["`end_date`", "`2031-13-01`"]),
        ("User where is_active is maybe", ["`is_active` is a boolean"]),
        ("Task where bid > none", ["`none` can only be tested"]),
        ("Task where parent[User].name is x", ["a Context is never a User"]),
        ("Task where parent[Sht].name is x", ["`Sht`", "`Shot`"]),
        ("Task order by children.name", ["collection `children`"]),
        ("Task order by parent", ["`parent.id`"]),
        ("Task where id in (select id, name from Shot)", ["exactly one attribute"]),
        ("Task where link is x", ["Task.link"]),
        ("select custom_attribute_links from Task", ["can be used in criteria but not selected"]),
        ("select parent.custom_attribute_links.id from Task", ["can be used in criteria but not selected"]),
        ("select name.x from Task", ["plain value"]),
    ],
)
def test_errors_name_the_thing_and_the_remedy(small: Client, expression: str, words: list[str]) -> None:
    error = small.refuse(expression)
    for word in words:
        assert word in error["content"]


def test_a_query_shipped_with_a_mistake_fails_clearly(small: Client) -> None:
    error = small.refuse("AssetVersion where parent.id is t-1")
    assert "AssetVersion has no attribute `parent`" in error["content"]
    assert "(at character 20)" in error["content"]


def test_sorting_by_relations_keeps_the_order_of_rows_that_are_equal(demo: Client) -> None:
    expression = "select id, status.sort from Task where status has () order by status.sort desc"
    everything = [task["id"] for task in demo.query(expression)]
    pages: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = demo.page(f"{expression} offset {offset} limit 300")
        pages += [task["id"] for task in page["data"]]
        offset = page["metadata"]["next"]["offset"]
    assert pages == everything
    created = {task["id"]: number for number, task in enumerate(demo.query("select id from Task"))}
    sorts: dict[int, list[int]] = {}
    for task in demo.query(expression, ftrack_api_options="strict=1;denormalize=1"):
        sorts.setdefault(task["status"]["sort"], []).append(created[task["id"]])
    assert list(sorts) == sorted(sorts, reverse=True)
    assert all(numbers == sorted(numbers) for numbers in sorts.values())


def test_like_ignores_the_case_of_all_letters(fresh: Client) -> None:
    fresh.call(fresh.update("Task", ["t-1"], name="Größe ÉTÉ Слон"))
    for pattern in ("größe%", "%été%", "%СЛОН", "GRÖSSE%"):
        found = fresh.query(f'Task where name like "{pattern}"')
        assert [task["id"] for task in found] == ([] if "SS" in pattern else ["t-1"])
    assert fresh.query('Task where name is "größe été слон"') == []


def test_restricted_collections_serve_in_criteria(small: Client) -> None:
    criteria = 'custom_attribute_links any (configuration.key is "director" and user.username is "ada")'
    assert small.query(f"Task where {criteria}") == []


def test_large_queries_are_answered(small: Client) -> None:
    many = ",".join(f'"{number:036}"' for number in range(20_000))
    assert len(small.query(f"Task where id in (t-1,{many})")) == 1
    pairs = " or ".join(f'(id is "{number}"and name is "x")' for number in range(2_000))
    assert small.query(f"Task where {pairs} or id is t-2")[0]["id"] == "t-2"
    nested = "id is t-1"
    for _ in range(8):
        nested = f"children any ({nested})"
    assert small.query(f"Context where {nested}") == []


def test_queries_beyond_the_database_fail_clearly(small: Client) -> None:
    paths = [
        ".".join(["parent"] * length) + f".{relation}.name is x"
        for length in range(1, 14)
        for relation in ("status", "type", "priority", "project", "object_type")
    ]
    assert "too large for the database" in small.refuse(f"Task where {' and '.join(paths)}")["content"]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30))
def test_any_text_stored_is_found_by_equality(studio: Client, text: str) -> None:
    task = studio.query("select id from Task limit 1")[0]["id"]
    row = {"parent_id": task, "parent_type": "Task", "key": text, "value": text}
    assert studio.call(studio.create("Metadata", **row))[0]["data"]["key"] == text
    try:
        found = studio.query(f"select key from Metadata where value is {Literal.of(text)}")
        assert [entity["key"] for entity in found] == [text]
        pattern = str(Literal.of(text)).replace("%", r"\%").replace("_", r"\_")
        assert text in [entity["key"] for entity in studio.query(f"Metadata where value like {pattern}")]
    finally:
        studio.call(studio.delete("Metadata", [task, text]))
