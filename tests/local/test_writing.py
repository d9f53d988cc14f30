"""Create, update and delete over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.local.rows import is_there, reference_to, value_of

if TYPE_CHECKING:
    from tests.local.conftest import Client


# Creating


def test_a_create_answers_with_everything_the_server_made(fresh: Client) -> None:
    operation = fresh.create("Task", id="t-9", name="paint", parent=reference_to("Shot", "sh-1"))
    answer = fresh.call(operation)[0]
    created_at = answer["data"].pop("created_at")
    assert created_at["__type__"] == "datetime"
    assert answer == {
        "action": "create",
        "data": {
            "__entity_type__": "Task",
            "id": "t-9",
            "name": "paint",
            "parent_id": "sh-1",
            "project_id": "p-1",
            "context_type": "task",
            "object_type_id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c",
            "priority_id": "9661b320-3a0c-11e2-81c1-0800200c9a66",
            "created_by_id": "u-ada",
            "bid": 0.0,
            "sort": 0.0,
        },
    }


def test_ids_are_made_when_missing_and_keys_may_be_given_in_three_ways(fresh: Client) -> None:
    made = fresh.call(fresh.create("Group", name="made"))[0]["data"]["id"]
    assert UUID(made).version == 4
    listed = {**fresh.create("Group", name="listed"), "entity_key": ["g-listed"]}
    plain = {**fresh.create("Group", name="plain"), "entity_key": "g-plain"}
    named = fresh.create("Group", name="named", id="g-named")
    fresh.call(listed, plain, named)
    assert {"g-listed", "g-plain", "g-named"} <= {group["id"] for group in fresh.query("Group")}


def test_a_single_operation_needs_no_list(fresh: Client) -> None:
    answer = fresh.post(fresh.create("Group", id="g-1", name="alone")).json()
    assert answer["data"]["name"] == "alone"


def test_creates_come_in_any_order(fresh: Client) -> None:
    fresh.call(
        fresh.create("AssetVersion", id="v-9", asset_id="a-9", status_id="s-wip", thumbnail_id="c-9"),
        fresh.create("FileComponent", id="c-9", name="thumbnail", version_id="v-9"),
        fresh.create("Asset", id="a-9", name="late", context_id="sh-9", type_id="at-geo"),
        fresh.create("Shot", id="sh-9", name="sh090", parent_id="sq-9"),
        fresh.create("Sequence", id="sq-9", name="sq090", parent_id="p-1"),
    )
    found = fresh.query("select project_id, asset.project_id, version from AssetVersion where id is v-9")[0]
    assert (found["project_id"], found["asset"]["project_id"], found["version"]) == ("p-1", "p-1", 1)
    assert value_of(fresh, "Shot", "sh-9", "project_id") == "p-1"


def test_a_relation_wins_over_the_key_sent_along_with_it(fresh: Client) -> None:
    operation = fresh.create(
        "Task",
        id="t-9",
        name="x",
        parent_id="sh-1",
        status_id="s-done",
        status=reference_to("Status", "s-wip"),
    )
    assert fresh.call(operation)[0]["data"]["status_id"] == "s-wip"


def test_results_show_the_state_at_the_end_of_the_batch(fresh: Client) -> None:
    answers = fresh.call(
        fresh.create("Group", id="g-9", name="first"),
        fresh.update("Group", ["g-9"], name="second"),
        fresh.create("Group", id="g-10", name="passing"),
        fresh.delete("Group", ["g-10"]),
    )
    assert answers[0]["data"]["name"] == "second"
    assert answers[2]["data"]["id"] == "g-10"
    assert answers[3] == {"action": "delete", "data": True}


def test_versions_number_themselves(fresh: Client) -> None:
    answers = fresh.call(
        fresh.create("AssetVersion", asset_id="a-1", status_id="s-wip"),
        fresh.create("AssetVersion", asset_id="a-1", status_id="s-wip"),
        fresh.create("AssetVersion", asset_id="a-1", status_id="s-wip", version=10),
        fresh.create("AssetVersion", asset_id="a-1", status_id="s-wip"),
    )
    assert [answer["data"]["version"] for answer in answers] == [3, 4, 10, 11]
    assert answers[0]["data"]["user_id"] == "u-ada"


def test_versions_made_at_the_same_time_have_numbers_of_their_own(fresh: Client) -> None:
    def publish(_: int) -> int:
        client = type(fresh)(fresh.server)
        answer = client.call(client.create("AssetVersion", asset_id="a-1", status_id="s-wip"))
        version: int = answer[0]["data"]["version"]
        return version

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(publish, range(18))) == list(range(3, 21))


def test_workflow_gives_first_status_and_type(studio: Client) -> None:
    project = studio.query("select id from Project limit 1")[0]["id"]
    shot, task = studio.call(
        studio.create("Shot", id="shot-new", name="shot_new", parent_id=project),
        studio.create("Task", name="task_new", parent_id="shot-new"),
    )
    status = studio.query(f"select status.state.short, type.name from Task where id is {task['data']['id']}")[
        0
    ]
    assert status["status"]["state"]["short"] == "NOT_STARTED"
    assert status["type"]["name"]
    assert shot["data"]["status_id"]


def test_the_author_of_a_note_receives_it_and_replies_move_the_thread(fresh: Client) -> None:
    date = {"__type__": "datetime", "value": "2031-06-01T12:00:00+00:00"}
    fresh.call(
        fresh.create("Note", id="n-9", content="new", parent_id="sh-1", date=date),
        fresh.create("Note", id="n-10", content="re", parent_id="sh-1", in_reply_to_id="n-1", date=date),
    )
    note = fresh.query("select recipients.resource_id, parent_type, project_id from Note where id is n-9")[0]
    assert [recipient["resource_id"] for recipient in note["recipients"]] == ["u-ada"]
    assert note["project_id"] == "p-1"
    assert note["parent_type"] == "Shot"
    assert value_of(fresh, "Note", "n-1", "thread_activity")["value"] == "2031-06-01T12:00:00"


def test_a_reply_put_into_a_thread_afterwards_belongs_to_it(fresh: Client) -> None:
    """As clients do: make the note, then add it to `replies`; or make a note and add it to `notes`."""
    replies = [reference_to("Note", "n-2"), reference_to("Note", "n-9")]
    date = {"__type__": "datetime", "value": "2031-07-01T12:00:00"}
    fresh.call(
        fresh.create("Note", id="n-9", content="re", author=reference_to("User", "u-bob"), date=date),
        fresh.update("Note", ["n-1"], replies=replies),
        fresh.create("Note", id="n-10", content="on a version", author=reference_to("User", "u-bob")),
        fresh.update("AssetVersion", ["v-1"], notes=[reference_to("Note", "n-10")]),
    )
    names = "parent_id, parent_type, in_reply_to_id, project_id, recipients.resource_id"
    reply, note = fresh.query(f"select {names} from Note where id in (n-9, n-10)")
    assert (reply["parent_id"], reply["parent_type"], reply["in_reply_to_id"]) == ("t-1", "Task", "n-1")
    assert (note["parent_id"], note["parent_type"]) == ("v-1", "AssetVersion")
    assert reply["project_id"] == note["project_id"] == "p-1"
    assert [this["resource_id"] for this in reply["recipients"]] == ["u-bob"]
    assert value_of(fresh, "Note", "n-1", "thread_activity")["value"] == "2031-07-01T12:00:00"


def test_recipients_given_stay_beside_the_author(fresh: Client) -> None:
    fresh.call(
        fresh.create("Note", id="n-9", content="new", parent_id="t-1"),
        fresh.create("Recipient", note_id="n-9", resource_id="g-anim"),
        fresh.create("Recipient", note_id="n-9", resource_id="u-ada"),
        fresh.create("Note", id="n-10", content="gone", parent_id="t-1"),
        fresh.delete("Note", ["n-10"]),
    )
    found = fresh.query("select resource_id from Recipient where note_id is n-9")
    assert sorted(row["resource_id"] for row in found) == ["g-anim", "u-ada"]
    assert fresh.query("Recipient where note_id is n-10") == []


def test_a_user_without_a_username_gets_one(fresh: Client) -> None:
    made = fresh.call(fresh.create("User", id="abcdef123456"), fresh.create("User"))
    names = [answer["data"]["username"] for answer in made]
    assert names[0] == "user-abcdef12"
    assert len(set(names)) == 2


def test_programs_make_api_jobs_only(fresh: Client) -> None:
    assert fresh.call(fresh.create("Job", data="{}"))[0]["data"]["type"] == "api_job"
    assert "api_job" in fresh.fail(fresh.create("Job", type="sync"))["content"]


def test_the_concrete_type_follows_from_its_marks(fresh: Client) -> None:
    shot = "bad911de-3bd6-47b9-8b46-3476e237cb36"
    operation = fresh.create("TypedContext", id="x-1", name="x", parent_id="p-1", object_type_id=shot)
    assert fresh.call(operation)[0]["data"]["__entity_type__"] == "Shot"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"__type__": "datetime", "value": "2031-05-04T10:20:30+02:00"}, "2031-05-04T08:20:30"),
        ({"__type__": "datetime", "value": "2031-05-04T10:20:30.25Z"}, "2031-05-04T10:20:30"),
        ({"__type__": "date", "value": "2031-05-04"}, "2031-05-04T00:00:00"),
        ("2031-05-04 10:20:30", "2031-05-04T10:20:30"),
        ("2031-05-04", "2031-05-04T00:00:00"),
    ],
)
def test_dates_are_taken_in_every_form_clients_send(fresh: Client, value: Any, stored: str) -> None:
    fresh.call(fresh.update("Task", ["t-1"], start_date=value))
    assert value_of(fresh, "Task", "t-1", "start_date") == {"__type__": "datetime", "value": stored}


@pytest.mark.parametrize(
    "parents",
    [{"f-1": "f-1"}, {"f-1": "f-2", "f-2": "f-1"}, {"f-1": "f-3", "f-2": "f-1", "f-3": "f-2"}],
    ids=["own parent", "two", "three"],
)
def test_new_contexts_are_not_below_themselves(fresh: Client, parents: dict[str, str]) -> None:
    error = fresh.fail(
        *(
            fresh.create("Folder", id=key, name=key, parent_id=parent, project_id="p-1")
            for key, parent in parents.items()
        )
    )
    assert "its own ancestor" in error["content"]
    assert fresh.query("Folder where id like 'f-%'") == []


def test_a_new_context_may_stand_before_its_parent(fresh: Client) -> None:
    fresh.call(
        fresh.create("Folder", id="f-1", name="below", parent_id="f-2", project_id="p-1"),
        fresh.create("Folder", id="f-2", name="above", parent_id="p-1", project_id="p-1"),
    )
    assert value_of(fresh, "Folder", "f-1", "parent_id") == "f-2"


def test_an_older_context_does_not_get_below_itself_by_new_ones(fresh: Client) -> None:
    error = fresh.fail(
        fresh.update("Sequence", ["sq-1"], parent_id="f-1"),
        fresh.create("Folder", id="f-1", name="f", parent_id="sq-1", project_id="p-1"),
    )
    assert "its own ancestor" in error["content"]


# Updating


def test_an_update_answers_with_what_changed(fresh: Client) -> None:
    answer = fresh.call(fresh.update("Task", "t-1", name="paint", status=reference_to("Status", "s-done")))[0]
    assert answer["data"] == {
        "__entity_type__": "Task",
        "id": "t-1",
        "name": "paint",
        "status": {"__entity_type__": "Status", "id": "s-done"},
        "context_type": "task",
        "project_id": "p-1",
        "object_type_id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c",
    }
    assert value_of(fresh, "Task", "t-1", "status_id") == "s-done"
    fresh.call(fresh.update("Context", ["t-1"], name="again", thumbnail=None))
    assert value_of(fresh, "Task", "t-1", "name") == "again"


def test_a_moved_context_takes_its_tree_to_the_new_project(fresh: Client) -> None:
    fresh.call(fresh.update("Sequence", ["sq-1"], parent=reference_to("Project", "p-2")))
    found = fresh.query("select project_id from TypedContext where ancestors any (id is sq-1) or id is sq-1")
    assert {context["project_id"] for context in found} == {"p-2"}
    error = fresh.fail(fresh.update("Sequence", ["sq-1"], parent=reference_to("Task", "t-1")))
    assert "its own ancestor" in error["content"]


def test_collections_are_replaced(fresh: Client) -> None:
    owner = {"project_id": "p-1", "category_id": "lc-1"}
    fresh.call(
        fresh.create(
            "TypedContextList", id="l-1", name="dailies", items=[reference_to("Task", "t-1")], **owner
        )
    )
    assert [item["id"] for item in value_of(fresh, "TypedContextList", "l-1", "items")] == ["t-1"]
    wanted = [reference_to("Task", "t-2"), reference_to("Shot", "sh-1")]
    fresh.call(fresh.update("TypedContextList", ["l-1"], items=wanted))
    items = value_of(fresh, "TypedContextList", "l-1", "items")
    assert sorted(item["id"] for item in items) == ["sh-1", "t-2"]
    assert [found["id"] for found in value_of(fresh, "Task", "t-2", "lists")] == ["l-1"]
    fresh.call(fresh.update("TypedContextList", ["l-1"], items=[]))
    assert fresh.query("ListObject where list_id is l-1") == []


def test_collections_behind_a_key_are_pointed_back(fresh: Client) -> None:
    fresh.call(fresh.update("AssetVersion", ["v-1"], components=[reference_to("FileComponent", "c-2")]))
    assert value_of(fresh, "Component", "c-2", "version_id") == "v-1"
    assert value_of(fresh, "Component", "c-1", "version_id") == "v-2"
    fresh.call(fresh.update("AssetVersion", ["v-2"], components=[]))
    assert value_of(fresh, "Component", "c-1", "version_id") is None


def test_collections_over_plain_pairs_are_replaced(fresh: Client) -> None:
    fresh.call(fresh.create("Scope", id="sc-1", name="one"), fresh.create("Scope", id="sc-2", name="two"))
    fresh.call(
        fresh.update("Task", ["t-1"], scopes=[reference_to("Scope", "sc-1"), reference_to("Scope", "sc-2")])
    )
    assert [task["id"] for task in fresh.query("Task where scopes.name is two")] == ["t-1"]
    fresh.call(fresh.update("Task", ["t-1"], scopes=[reference_to("Scope", "sc-2")]))
    assert [scope["id"] for scope in value_of(fresh, "Task", "t-1", "scopes")] == ["sc-2"]
    fresh.call(fresh.delete("Scope", ["sc-2"]))
    assert value_of(fresh, "Task", "t-1", "scopes") == []


def test_metadata_rows(fresh: Client) -> None:
    rows = "select key, value from Metadata where parent_id is t-1 order by key"
    fresh.call(
        fresh.create("Metadata", parent_id="t-1", parent_type="Task", key="fps", value="24"),
        fresh.update("Metadata", ["t-1", "lens"], value="85mm"),
        # Clients take a row out of the collection and delete it, too.
        fresh.update(
            "Task", ["t-1"], metadata=[{"__entity_type__": "Metadata", "parent_id": "t-1", "key": "lens"}]
        ),
        fresh.delete("Metadata", ["t-1", "iso"]),
    )
    assert [(row["key"], row["value"]) for row in fresh.query(rows)] == [("lens", "85mm")]


def test_custom_attribute_values_are_written_through_dense_rows(fresh: Client) -> None:
    dense = "ContextCustomAttributeValue"
    fresh.call(
        fresh.create("Shot", id="sh-9", name="sh090", parent_id="sq-1"),
        fresh.update(dense, ["ca-num", "sh-9"], value=7),
        fresh.update(dense, ["ca-num", "sh-1"], value=8),
        fresh.update(dense, ["ca-tags", "sh-9"], value="rain"),
    )
    found = fresh.query("select custom_attributes from Shot where id in (sh-1, sh-9) order by id")
    values = [{row["key"]: row["value"] for row in shot["custom_attributes"]} for shot in found]
    assert values == [{"fstart": 8, "tags": ["night", "rain"]}, {"fstart": 7, "tags": ["rain"]}]
    fresh.call(fresh.delete("CustomAttributeValue", ["ca-num", "sh-1"]))
    reset = fresh.query(f"select value from {dense} where entity_id is sh-1 and key is fstart")
    assert reset[0]["value"] == 1001
    fresh.call(
        fresh.create("CustomAttributeValue", configuration_id="ca-tags", entity_id="t-1", value=["dry"])
    )
    fresh.call(fresh.update(dense, ["ca-num", "sh-9"], value=None))
    assert (
        fresh.query("Shot where custom_attributes any (key is fstart and value is none)")[0]["id"] == "sh-9"
    )


@pytest.mark.parametrize(
    ("configuration", "entity", "value", "words"),
    [
        ("ca-num", "sh-1", "many", ["`fstart`", "number", "'many'", "str"]),
        ("ca-tags", "sh-1", 3, ["`tags`", "enumerator", "int"]),
        ("ca-due", "p-1", "soon", ["`due`", "date"]),
        ("ca-num", "t-1", 3, ["does not apply"]),
        ("ca-none", "t-1", 3, ["no such configuration"]),
    ],
)
def test_custom_attribute_values_are_checked(
    small: Client, configuration: str, entity: str, value: Any, words: list[str]
) -> None:
    error = small.fail(small.update("ContextCustomAttributeValue", [configuration, entity], value=value))
    for word in words:
        assert word in error["content"]


def test_changes_of_status_are_recorded(fresh: Client) -> None:
    fresh.call(
        fresh.update("Task", ["t-1"], status_id="s-done"),
        fresh.update("Task", ["t-1"], status_id="s-done", name="paint"),
        fresh.update("TypedContext", ["t-1"], status=reference_to("Status", "s-wip")),
        fresh.update("AssetVersion", ["v-1"], status_id="s-done"),
        fresh.update("Task", ["t-3"], status_id="s-done"),
        fresh.update("Task", ["t-2"], name="other"),
    )
    expression = "select status.name, from_status.name, user_id, date from StatusChange where parent_id is "
    for parent, kind, names in (
        ("t-1", "TypedContextStatusChange", [("WIP", "Done"), ("Done", "WIP")]),
        ("v-1", "AssetVersionStatusChange", [("WIP", "Done")]),
        ("t-3", "TypedContextStatusChange", [(None, "Done")]),
        ("t-2", "", []),
    ):
        changes = fresh.query(expression + parent, ftrack_api_options="strict=1;denormalize=1")
        found = [((c["from_status"] or {}).get("name"), c["status"]["name"]) for c in changes]
        assert found == names
        assert all(c["__entity_type__"] == kind and c["user_id"] == "u-ada" and c["date"] for c in changes)
    assert len(value_of(fresh, "Task", "t-1", "status_changes")) == 2
    fresh.call(fresh.delete("Task", ["t-1"]))
    assert fresh.query("StatusChange where parent_id is t-1") == []


def test_custom_attribute_links_are_seen_from_both_ends(fresh: Client) -> None:
    fresh.call(
        fresh.create(
            "CustomAttributeLinkConfiguration",
            id="cl-1",
            key="director",
            label="Director",
            entity_type="task",
            entity_type_to="user",
        ),
        fresh.create(
            "UserCustomAttributeLink", id="link-1", configuration_id="cl-1", from_id="t-1", to_id="u-bob"
        ),
    )
    ours = "custom_attribute_links any (configuration.key is director and user.username is bob)"
    assert [task["id"] for task in fresh.query(f"Task where {ours}")] == ["t-1"]
    theirs = "custom_attribute_links_from any (configuration.key is director and context.name is comp)"
    assert [user["id"] for user in fresh.query(f"User where {theirs}")] == ["u-bob"]
    seen = fresh.query("select from_entity_type, to_entity_type from CustomAttributeLinkFrom")
    assert [row["__entity_type__"] for row in seen] == ["ContextCustomAttributeLinkFrom"]
    assert (seen[0]["from_entity_type"], seen[0]["to_entity_type"]) == ("Task", "User")


# Deleting


def test_deleting_a_context_takes_everything_below_and_on_it(fresh: Client) -> None:
    assert fresh.call(fresh.delete("Shot", ["sh-1"])) == [{"action": "delete", "data": True}]
    gone = [
        ("Task", "t-1"),
        ("Asset", "a-1"),
        ("AssetVersion", "v-2"),
        ("Note", "n-2"),
        ("Appointment", "ap-1"),
        ("Timelog", "tl-1"),
    ]
    assert not any(is_there(fresh, entity_type, key) for entity_type, key in gone)
    assert is_there(fresh, "Task", "t-3")
    assert fresh.query("Metadata") == []
    assert fresh.query("CustomAttributeValue where entity_id is sh-1") == []


def test_deleting_what_others_only_mention_clears_the_mention(fresh: Client) -> None:
    fresh.call(fresh.delete("Component", ["c-1"]))
    assert value_of(fresh, "AssetVersion", "v-2", "thumbnail_id") is None


def test_deleting_what_others_need_is_refused(fresh: Client) -> None:
    error = fresh.fail(fresh.delete("Status", ["s-wip"]))
    assert error["exception"] == "IntegrityError"
    assert "still the `status_id` of" in error["content"]
    assert is_there(fresh, "Status", "s-wip")


def test_a_batch_may_delete_what_it_has_deleted_already(fresh: Client) -> None:
    fresh.call(fresh.delete("Shot", ["sh-1"]), fresh.delete("Task", ["t-1"]))
    assert fresh.fail(fresh.delete("Task", ["t-1"]))["exception"] == "EntityNotFoundError"
