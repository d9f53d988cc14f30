"""What results look like on the wire."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_local import LocalServer
from ftrack_local.schema_file import read_schema

if TYPE_CHECKING:
    from tests.local.conftest import Client

SHIPPED = (Path(__file__).parent / "shipped_queries.txt").read_text(encoding="utf-8").splitlines()
TASK = "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"
SHOT = "bad911de-3bd6-47b9-8b46-3476e237cb36"


def _one(client: Client, expression: str, **headers: str) -> dict[str, Any]:
    found = client.query(expression, **headers)
    assert len(found) == 1
    return found[0]


def test_entities_carry_type_key_system_projections_and_classifier(small: Client) -> None:
    assert _one(small, "select name from Task where id is t-1") == {
        "__entity_type__": "Task",
        "id": "t-1",
        "name": "comp",
        "context_type": "task",
        "project_id": "p-1",
        "object_type_id": TASK,
    }


def test_without_select_the_default_projections_come(small: Client) -> None:
    found = _one(small, "Asset where id is a-1")
    assert found == {"__entity_type__": "Asset", "id": "a-1", "context_id": "sh-1"}


def test_a_relation_without_path_is_a_bare_reference(small: Client) -> None:
    found = _one(small, "select parent, status, thumbnail from Task where id is t-3")
    assert found["parent"] == {
        "__entity_type__": "Shot",
        "id": "sh-2",
        "context_type": "task",
        "project_id": "p-1",
        "object_type_id": SHOT,
    }
    assert found["status"] is None
    assert found["thumbnail"] is None


def test_nested_paths_carry_only_what_was_asked_for(small: Client) -> None:
    found = _one(small, "select parent.parent.name, status.name from Task where id is t-1")
    assert "name" not in found["parent"]
    assert found["parent"]["parent"]["name"] == "sq010"
    assert found["status"] == {"__entity_type__": "Status", "id": "s-wip", "name": "WIP"}


def test_values_that_are_unset_come_as_null(small: Client) -> None:
    found = _one(small, "select description, end_date, status_id from Task where id is t-3")
    assert found["description"] is found["end_date"] is found["status_id"] is None


def test_dates_are_tagged_and_naive_utc(small: Client) -> None:
    found = _one(small, "select end_date from Task where id is t-1")
    assert found["end_date"] == {"__type__": "datetime", "value": "2031-05-04T10:30:00"}


def test_collections_are_lists_in_the_order_things_were_made(small: Client) -> None:
    found = _one(small, "select children.name, descendants.name, lists from Sequence where id is sq-1")
    assert [child["name"] for child in found["children"]] == ["sh010", "sh020"]
    assert [child["id"] for child in found["descendants"]] == ["sh-1", "sh-2", "t-1", "t-2", "t-3"]
    assert found["lists"] == []


def test_mapped_collections_are_lists_of_keys_and_values(small: Client) -> None:
    found = _one(small, "select metadata from Task where id is t-1")
    assert [(row["__entity_type__"], row["key"], row["value"]) for row in found["metadata"]] == [
        ("Metadata", "lens", "35mm"),
        ("Metadata", "iso", "400"),
    ]
    assert {row["parent_type"] for row in found["metadata"]} == {"Task"}


def test_custom_attributes_are_dense(small: Client) -> None:
    expression = "select custom_attributes from Context where id in (p-1, sh-1, sh-2) order by id"
    values = [
        {row["key"]: row["value"] for row in found["custom_attributes"]} for found in small.query(expression)
    ]
    assert values == [
        {"tags": [], "due": {"__type__": "datetime", "value": "2031-06-01T00:00:00"}},
        {"fstart": 1050, "tags": ["night", "rain"]},
        {"fstart": 1001, "tags": []},
    ]
    flags = small.query("select custom_attributes.value from AssetVersion order by id")
    assert [found["custom_attributes"][0]["value"] for found in flags] == [False, True]


def test_concrete_types_and_attributes_only_some_have(small: Client) -> None:
    found = small.query("select resource.username, resource.name from Appointment order by id")
    assert found[0]["resource"]["__entity_type__"] == "User"
    assert found[0]["resource"]["username"] == "ada"
    assert found[1]["resource"]["__entity_type__"] == "Group"
    assert found[1]["resource"]["name"] == "Animation"
    assert "username" not in found[1]["resource"]
    parents = small.query("select asset.parent.object_type.name from AssetVersion where id is v-1")
    assert parents[0]["asset"]["parent"]["object_type"]["name"] == "Shot"


def test_collections_hold_rows_of_several_types(demo: Client, fresh: Client) -> None:
    types = demo.query("select name, tasks from ObjectType where tasks any ()", ftrack_strict_api="true")
    assert {row["__entity_type__"].lower() for kind in types for row in kind["tasks"]} == {
        kind["name"].replace(" ", "").lower() for kind in types
    }
    fresh.call(
        fresh.create("SequenceComponent", id="c-seq", name="plate", version_id="v-1", padding=4),
        fresh.create("FileComponent", id="c-f1", name="1001", container_id="c-seq"),
        fresh.create("ContainerComponent", id="c-box", name="box", version_id="v-1"),
        fresh.create("FileComponent", id="c-one", name="one", version_id="v-1"),
    )
    version = _one(fresh, "select components.padding, components.members from AssetVersion where id is v-1")
    found = {component["id"]: component for component in version["components"]}
    assert {key: this["__entity_type__"] for key, this in found.items()} == {
        "c-seq": "SequenceComponent",
        "c-box": "ContainerComponent",
        "c-one": "FileComponent",
    }
    assert found["c-seq"]["padding"] == 4
    assert [member["id"] for member in found["c-seq"]["members"]] == ["c-f1"]
    assert "padding" not in found["c-one"]
    assert "members" not in found["c-one"]


def test_a_review_session_shows_whether_it_is_open_and_what_it_is_about(fresh: Client) -> None:
    past, future = ({"__type__": "datetime", "value": f"{year}-01-01T00:00:00"} for year in (2001, 2901))
    for number, (start, end) in enumerate([(past, future), (past, past), (future, future), (past, None)]):
        fresh.call(
            fresh.create(
                "ReviewSession", id=f"r-{number}", name="x", project_id="p-1", start_date=start, end_date=end
            )
        )
    found = fresh.query("select is_open from ReviewSession order by id")
    assert [session["is_open"] for session in found] == [True, False, False, True]
    assert [row["id"] for row in fresh.query("ReviewSession where is_open is true order by id")] == [
        "r-0",
        "r-3",
    ]
    fresh.call(fresh.update("ReviewSession", ["r-0"], thumbnail_source_id="v-2"))
    session = _one(fresh, "select thumbnail_id, thumbnail_url from ReviewSession where id is r-0")
    assert session["thumbnail_id"] == "c-1"
    assert "c-1" in session["thumbnail_url"]["url"]


def test_casts_select_for_one_type_only(small: Client) -> None:
    found = small.query("select parent[Shot].name, parent[AssetBuild].description from Task order by id")
    assert found[0]["parent"]["name"] == "sh010"
    assert "name" not in found[3]["parent"]
    assert found[3]["parent"]["description"] is None
    only = small.query("select parent[Shot].name from Task where id is t-4")
    assert only[0]["parent"] is None


def test_links_lead_from_the_project_to_the_entity(small: Client) -> None:
    found = _one(small, "select link from Task where id is t-1")
    assert found["link"] == found["_link"]
    assert found["link"] == [
        {"id": "p-1", "name": "orbit", "type": "Project"},
        {"id": "sq-1", "name": "sq010", "type": "TypedContext"},
        {"id": "sh-1", "name": "sh010", "type": "TypedContext"},
        {"id": "t-1", "name": "comp", "type": "TypedContext"},
    ]
    version = _one(small, "select link from AssetVersion where id is v-2")
    assert [part["type"] for part in version["link"]] == [
        "Project",
        "TypedContext",
        "TypedContext",
        "Asset",
        "AssetVersion",
    ]


def test_references_by_several_keys_are_followed(fresh: Client) -> None:
    fresh.call(
        fresh.create("Setting", name="logo", group="SITE", value="yes"),
        fresh.create("Setting", name="logo", group="OTHER", value="no"),
        fresh.create("SettingComponent", name="logo", group="SITE", component_id="c-1"),
        fresh.create("SettingComponent", name="none", group="SITE", component_id="c-2"),
    )
    found = fresh.query("select setting.value from SettingComponent order by component_id")
    assert found[0]["setting"] == {
        "__entity_type__": "Setting",
        "name": "logo",
        "group": "SITE",
        "value": "yes",
    }
    assert found[1]["setting"] is None
    for criteria in ("setting.value is yes", "setting has (value is yes)", "component.name is main"):
        assert len(fresh.query(f"SettingComponent where {criteria}")) == 1


def test_twins_come_together(small: Client) -> None:
    found = _one(small, "select task_type_schema, object_type_schemas from ProjectSchema where id is schema")
    assert found["_task_type_schema"] is found["task_type_schema"] is None
    assert found["_schemas"] == found["object_type_schemas"] == []


def test_thumbnail_urls_point_to_the_server(small: Client) -> None:
    found = small.query("select thumbnail_url from AssetVersion order by id")
    assert found[0]["thumbnail_url"] is None
    url = found[1]["thumbnail_url"]["url"]
    assert url == found[1]["thumbnail_url"]["value"]
    assert url.startswith(small.server.url)
    assert "c-1" in url
    assert small.server.api_key not in url


def test_contexts_show_the_thumbnail_of_the_nearest_context_above(fresh: Client) -> None:
    def shown() -> list[tuple[Any, str | None]]:
        found = fresh.query(
            "select thumbnail_source_id, thumbnail_url from TypedContext where id in (sq-1, sh-1, t-1) order by id"
        )
        urls = [context["thumbnail_url"] and context["thumbnail_url"]["url"] for context in found]
        return [
            (context["thumbnail_source_id"], url and url.split("id=")[1].split("&")[0])
            for context, url in zip(found, urls, strict=True)
        ]

    assert shown() == [(None, None)] * 3
    fresh.call(fresh.update("Project", ["p-1"], thumbnail_id="c-1"))
    assert shown() == [("p-1", "c-1")] * 3
    fresh.call(fresh.update("Shot", ["sh-1"], thumbnail_id="c-2"))
    assert shown() == [("sh-1", "c-2"), ("p-1", "c-1"), ("sh-1", "c-2")]


def test_the_type_of_a_parent_is_its_own(fresh: Client) -> None:
    parents = {"t-1": "Task", "sh-1": "Shot", "p-1": "Project", "v-1": "AssetVersion", "u-bob": "User"}
    for number, (parent, entity_type) in enumerate(parents.items()):
        row = {"parent_id": parent, "parent_type": entity_type, "key": f"k{number}", "value": "v"}
        fresh.call(fresh.create("Metadata", **row))
    found = fresh.query("select parent_type, parent_id from Metadata where key like 'k%'")
    assert {row["parent_id"]: row["parent_type"] for row in found} == parents
    assert {note["parent_type"] for note in fresh.query("select parent_type from Note")} == {"Task"}
    criteria = "key like 'k%' and parent_type is"
    assert len(fresh.query(f"Metadata where {criteria} task")) == 2
    assert len(fresh.query(f"Metadata where {criteria} asset_version")) == 1
    assert len(fresh.query(f"Metadata where {criteria} 'AssetVersion'")) == 1
    assert len(fresh.query(f"Metadata where {criteria} user")) == 1


def test_computed_attributes(small: Client) -> None:
    found = small.query(
        "select time_logged, bid_time_logged_difference from TypedContext where id in (sq-1, t-1) order by id"
    )
    assert [(this["time_logged"], this["bid_time_logged_difference"]) for this in found] == [
        (2400.0, -2400.0),
        (1800.0, 5400.0),
    ]
    asset = _one(small, "select latest_version, latest_version.version from Asset")
    assert asset["latest_version"] == {
        "__entity_type__": "AssetVersion",
        "id": "v-2",
        "asset_id": "a-1",
        "version": 2,
    }
    latest = small.query("select is_latest_version from AssetVersion order by id")
    assert [version["is_latest_version"] for version in latest] == [False, True]


def test_data_of_an_entity_comes_once_per_operation(small: Client) -> None:
    expression = "select status.name from Task where status.name is Done order by id"
    first, second = small.query(expression)
    assert first["status"] == {"__entity_type__": "Status", "id": "s-done", "name": "Done"}
    assert second["status"] == {"__entity_type__": "Status", "id": "s-done"}
    again = small.call(
        {"action": "query", "expression": expression}, {"action": "query", "expression": expression}
    )
    assert again[0]["data"] == again[1]["data"]


def test_attributes_not_sent_before_come_with_a_later_occurrence(small: Client) -> None:
    found = small.query(
        "select parent.status.name, parent.children.status.sort from Task where id in (t-1, t-2) order by id"
    )
    children = found[0]["parent"]["children"]
    assert [child["status"]["sort"] for child in children] == [1, 2]
    assert found[1]["parent"] == {"__entity_type__": "Shot", "id": "sh-1"}


def test_queries_of_one_batch_can_be_merged_by_identity(demo: Client) -> None:
    schema = demo.query("select id from ProjectSchema limit 1")[0]["id"]
    first, second = demo.call(
        *(
            {"action": "query", "expression": f"select {names} from ProjectSchema where id is {schema}"}
            for names in ("_overrides.type_id, _overrides.workflow_schema.statuses.name", "name, _overrides")
        )
    )
    merged = {**first["data"][0], **second["data"][0]}
    assert merged["name"]
    overrides = first["data"][0]["_overrides"]
    assert {row["id"] for row in merged["_overrides"]} == {row["id"] for row in overrides}
    assert all(row["type_id"] for row in overrides)


@pytest.mark.parametrize(
    "headers",
    [
        {"ftrack_api_options": "denormalize=1;strict=1"},
        {"ftrack_api_options": "strict:1;Denormalize:TRUE"},
        {"ftrack_strict_api": "true", "ftrack_api_options": "denormalize = true"},
    ],
)
def test_denormalize_repeats_the_data(small: Client, headers: dict[str, str]) -> None:
    found = small.query("select status.name from Task where status.name is Done order by id", **headers)
    assert [task["status"].get("name") for task in found] == ["Done", "Done"]


def test_names_may_be_repeated_and_tolerated_names_ignored(small: Client) -> None:
    found = _one(
        small, "select name, name, __permissions.status_id, __entity_type__ from Task where id is t-1"
    )
    assert found["name"] == "comp"


def test_id_may_be_selected_where_there_is_none(demo: Client) -> None:
    assert demo.query("select id from Setting limit 1")[0]["__entity_type__"] == "Setting"


@pytest.mark.parametrize("expression", SHIPPED)
def test_shipped_queries_are_answered(demo: Client, expression: str) -> None:
    assert isinstance(demo.query(expression), list)


def _check_every_attribute(client: Client, documents: list[Any]) -> None:
    for document in documents:
        names = {
            name for name, prop in document["properties"].items() if not prop.get("restricted_projection")
        }
        for found in client.query(f"select {', '.join(sorted(names))} from {document['id']} limit 3"):
            # The first entity carries everything its type has; later ones may be bare references.
            if found["__entity_type__"] == document["id"]:
                assert names <= set(found)
            break


def test_every_attribute_of_every_type_can_be_selected(demo: Client) -> None:
    _check_every_attribute(demo, demo.call({"action": "query_schemas"})[0])


def test_a_recorded_schema_serves_as_it_is(
    recorded_schema: Path, connect: Callable[[LocalServer], Client]
) -> None:
    with LocalServer(schema=recorded_schema) as server:
        client = connect(server)
        documents = read_schema(recorded_schema)
        assert client.call({"action": "query_schemas"})[0] == documents
        _check_every_attribute(client, documents)
