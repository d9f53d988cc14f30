"""`ftrack.update`: what subscribers learn of a committed batch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_local import LocalServer

if TYPE_CHECKING:
    from tests.local.conftest import Client
    from tests.local.events.conftest import HubClient


@pytest.fixture
def listener(fresh: Client, join: Callable[..., HubClient]) -> HubClient:
    """A client that hears of the changes made to the `fresh` studio."""
    client = join(fresh.server)
    client.subscribe("topic=ftrack.update")
    return client


def entries(event: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = event["data"]["entities"]
    return found


def shown(event: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Action, table and id of each entity of an event."""
    return [(entry["action"], entry["entityType"], entry["entityId"]) for entry in entries(event)]


def test_an_update_names_internal_columns_old_and_new_values_and_all_parents(
    fresh: Client, listener: HubClient
) -> None:
    fresh.call(fresh.update("Task", ["t-1"], status_id="s-done", bid=9000, end_date="2031-06-01T12:00:00Z"))
    event = listener.event()
    [entry] = [entry for entry in entries(event) if entry["entityType"] == "task"]
    assert entry["action"] == "update"
    assert (entry["entityType"], entry["entity_type"], entry["entityId"]) == ("task", "Task", "t-1")
    assert entry["objectTypeId"] == "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"
    assert entry["parentId"] == "sh-1"
    assert entry["changes"] == {
        "statusid": {"old": "s-wip", "new": "s-done"},
        "bid": {"old": "7200.0", "new": "9000.0"},
        "enddate": {"old": "2031-05-04T10:30:00", "new": "2031-06-01T12:00:00"},
    }
    assert sorted(entry["keys"]) == ["bid", "enddate", "statusid"]
    assert entry["parents"] == [
        {"entityId": "t-1", "entityType": "task", "entity_type": "Task", "parentId": "sh-1"},
        {"entityId": "sh-1", "entityType": "task", "entity_type": "Shot", "parentId": "sq-1"},
        {"entityId": "sq-1", "entityType": "task", "entity_type": "Sequence", "parentId": "p-1"},
        {"entityId": "p-1", "entityType": "show", "entity_type": "Project", "parentId": None},
    ]
    assert event["data"]["parents"][:4] == ["t-1", "sh-1", "sq-1", "p-1"]
    assert event["data"]["user"] == {"userid": "u-ada", "name": "ada"}
    assert event["source"]["user"] == {"id": "u-ada", "username": "ada"}


def test_an_addition_has_no_old_values_and_booleans_are_digits(fresh: Client, listener: HubClient) -> None:
    fresh.call(fresh.create("AssetVersion", id="v-3", asset_id="a-1", is_published=False, user_id="u-bob"))
    [entry] = entries(listener.event())
    assert (entry["action"], entry["entityType"], entry["entityId"]) == ("add", "assetversion", "v-3")
    assert {change["old"] for change in entry["changes"].values()} == {None}
    assert entry["changes"]["version"]["new"] == "3"
    assert entry["changes"]["ispublished"]["new"] == "0"
    assert "thumbid" not in entry["changes"]
    assert [parent["entityId"] for parent in entry["parents"]] == ["v-3", "a-1", "sh-1", "sq-1", "p-1"]


def test_a_batch_is_one_event_of_its_net_effect(fresh: Client, listener: HubClient) -> None:
    fresh.call(
        fresh.create("Task", id="t-9", name="new", parent_id="sh-2"),
        fresh.update("Task", ["t-9"], name="newer"),
        fresh.update("Task", ["t-1"], name="other"),
        fresh.update("Task", ["t-1"], name="comp"),
        fresh.create("Group", id="g-9", name="short-lived"),
        fresh.delete("Group", ["g-9"]),
    )
    event = listener.event()
    assert shown(event) == [("add", "task", "t-9")]
    assert entries(event)[0]["changes"]["name"] == {"old": None, "new": "newer"}
    assert listener.events_until_marker() == []


def test_deleting_a_context_removes_each_descendant_with_its_own_parents(
    fresh: Client, listener: HubClient
) -> None:
    fresh.call(fresh.delete("Sequence", ["sq-1"]))
    event = listener.event()
    removed = {
        entry["entityId"]: entry
        for entry in entries(event)
        # Metadata goes by the id of its owner.
        if entry["action"] == "remove" and entry["entityType"] != "meta"
    }
    for identity in ("sq-1", "sh-1", "sh-2", "t-1", "t-2", "t-3", "a-1", "v-1", "v-2", "c-1", "ap-1", "n-1"):
        assert identity in removed
        assert removed[identity]["changes"] is None
        assert removed[identity]["keys"] == []
    chain = [parent["entityId"] for parent in removed["t-1"]["parents"]]
    assert chain == ["t-1", "sh-1", "sq-1", "p-1"]
    assert [parent["entityId"] for parent in removed["c-1"]["parents"]] == [
        "c-1",
        "v-2",
        "a-1",
        "sh-1",
        "sq-1",
        "p-1",
    ]


def test_a_new_parent_is_a_move(fresh: Client, listener: HubClient) -> None:
    fresh.call(fresh.update("Shot", ["sh-2"], parent_id="p-2"))
    moved = {entry["entityId"]: entry for entry in entries(listener.event())}
    assert moved["sh-2"]["action"] == "move"
    assert moved["sh-2"]["changes"]["parent_id"] == {"old": "sq-1", "new": "p-2"}
    assert moved["sh-2"]["parentId"] == "p-2"
    assert moved["t-3"]["action"] == "update"
    assert moved["t-3"]["changes"] == {"showid": {"old": "p-1", "new": "p-2"}}
    assert [parent["entityId"] for parent in moved["t-3"]["parents"]] == ["t-3", "sh-2", "p-2"]


def test_custom_attributes_show_under_their_owner_as_text(fresh: Client, listener: HubClient) -> None:
    fresh.call(
        fresh.update("ContextCustomAttributeValue", ["ca-num", "sh-1"], value=1101),
        fresh.update("ContextCustomAttributeValue", ["ca-tags", "sh-1"], value=["day"]),
        fresh.update("Shot", ["sh-1"], description="lit"),
        fresh.update("AssetVersionCustomAttributeValue", ["ca-flag", "v-1"], value=True),
    )
    found = {entry["entityId"]: entry for entry in entries(listener.event())}
    assert set(found) == {"sh-1", "v-1"}
    assert found["sh-1"]["entityType"] == "task"
    assert found["sh-1"]["changes"]["fstart"] == {"old": "1050", "new": "1101"}
    assert found["sh-1"]["changes"]["tags"] == {"old": "night,rain", "new": "day"}
    assert found["sh-1"]["changes"]["description"]["new"] == "lit"
    assert set(found["sh-1"]["keys"]) == {"fstart", "tags", "description"}
    assert found["v-1"]["entityType"] == "assetversion"
    assert found["v-1"]["changes"] == {"approved": {"old": None, "new": "1"}}


def test_sparse_custom_attribute_values_show_the_same_way(fresh: Client, listener: HubClient) -> None:
    fresh.call(fresh.create("CustomAttributeValue", configuration_id="ca-tags", entity_id="t-1", value=["x"]))
    [entry] = entries(listener.event())
    assert (entry["action"], entry["entityId"]) == ("update", "t-1")
    assert entry["changes"] == {"tags": {"old": None, "new": "x"}}
    fresh.call(fresh.delete("CustomAttributeValue", ["ca-tags", "t-1"]))
    [entry] = entries(listener.event())
    assert entry["changes"] == {"tags": {"old": "x", "new": None}}


def test_assignments_and_links_come_as_rows_of_their_own(fresh: Client, listener: HubClient) -> None:
    fresh.call(
        fresh.create("Appointment", id="ap-9", type="assignment", context_id="t-2", resource_id="u-bob"),
        fresh.create("TypedContextLink", id="l-9", from_id="t-1", to_id="t-2"),
    )
    appointment, dependency = entries(listener.event())
    assert appointment["entityType"] == "appointment"
    for name, value in (("type", "assignment"), ("resource_id", "u-bob"), ("context_id", "t-2")):
        assert appointment["changes"][name] == {"old": None, "new": value}
    assert [parent["entityId"] for parent in appointment["parents"]][:2] == ["ap-9", "t-2"]
    assert dependency["entityType"] == "dependency"
    assert dependency["changes"]["from_id"]["new"] == "t-1"
    assert dependency["changes"]["to_id"]["new"] == "t-2"
    fresh.call(fresh.delete("Appointment", ["ap-9"]))
    assert shown(listener.event()) == [("remove", "appointment", "ap-9")]


def test_rows_with_several_keys_and_without_parents_are_told_of(fresh: Client, listener: HubClient) -> None:
    fresh.call(
        fresh.create("Metadata", parent_id="t-1", parent_type="Task", key="grade", value="a"),
        fresh.update("User", ["u-bob"], first_name="Robert"),
    )
    metadata, user = entries(listener.event())
    assert (metadata["entityType"], metadata["entityId"]) == ("meta", "t-1")
    assert [parent["entityId"] for parent in metadata["parents"]] == ["t-1", "t-1", "sh-1", "sq-1", "p-1"]
    assert (user["entityType"], user["parentId"]) == ("user", None)
    assert [parent["entityId"] for parent in user["parents"]] == ["u-bob"]


def test_replacing_a_collection_tells_of_every_row(fresh: Client, listener: HubClient) -> None:
    fresh.call(
        fresh.update("AssetVersion", ["v-1"], components=[{"__entity_type__": "FileComponent", "id": "c-1"}])
    )
    [entry] = entries(listener.event())
    assert entry["entityId"] == "c-1"
    assert entry["changes"] == {"version_id": {"old": "v-2", "new": "v-1"}}
    assert [parent["entityId"] for parent in entry["parents"]][1] == "v-1"


def test_tokens_tell_whose_change_it_is(fresh: Client, listener: HubClient) -> None:
    batch = [fresh.update("Task", ["t-1"], name="a")]
    fresh.call(*batch, ftrack_Clienttoken="me", ftrack_pushtoken="this-call")
    data = listener.event()["data"]
    assert (data["clientToken"], data["pushToken"]) == ("me", "this-call")
    fresh.call(fresh.update("Task", ["t-1"], name="b"), ftrack_pushtoken="undefined")
    data = listener.event()["data"]
    assert (data["clientToken"], data["pushToken"]) == (None, None)


def test_what_changes_nothing_is_not_told(fresh: Client, listener: HubClient) -> None:
    fresh.query("Task")
    fresh.call(fresh.update("Task", ["t-1"], name="comp"))
    fresh.fail(fresh.update("Task", ["t-1"], name="lost"), fresh.delete("Task", ["no-such-task"]))
    assert listener.events_until_marker() == []


def test_events_come_in_the_order_of_their_commits(fresh: Client, listener: HubClient) -> None:
    def rename(task: str) -> None:
        for number in range(15):
            fresh.post([fresh.update("Task", [task], description=f"{number}")]).raise_for_status()

    threads = [threading.Thread(target=rename, args=(task,)) for task in ("t-1", "t-2", "t-3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last: dict[str, str] = {}
    events = listener.events_until_marker()
    assert len(events) == 45
    for event in events:
        [entry] = entries(event)
        change = entry["changes"]["description"]
        assert change["old"] == last.get(entry["entityId"], change["old"])
        last[entry["entityId"]] = change["new"]
    assert last == {"t-1": "14", "t-2": "14", "t-3": "14"}


def test_filters_on_the_user_work(fresh: Client, join: Callable[..., HubClient]) -> None:
    mine, theirs = join(fresh.server), join(fresh.server)
    mine.subscribe("topic=ftrack.update and source.user.username=ada")
    theirs.subscribe('topic=ftrack.update and source.user.username="bob"')
    fresh.call(fresh.update("Task", ["t-1"], name="x"))
    assert len(mine.events_until_marker()) == 1
    assert theirs.events_until_marker() == []


def test_encoding_jobs_tell_how_far_they_are(fresh: Client, listener: HubClient) -> None:
    fresh.call({"action": "encode_media", "component_id": "c-1"})  # has no file here
    steps = [listener.event() for _ in range(3)]
    assert [
        entry["changes"]["status"]["new"]
        for event in steps
        for entry in entries(event)
        if entry["entityType"] == "job"
    ] == ["queued", "running", "failed"]


def test_a_large_deletion_is_told_completely(join: Callable[..., HubClient], connect: Any) -> None:
    with LocalServer() as server:
        client = connect(server)
        listener = join(server)
        listener.subscribe("topic=ftrack.update")
        [project] = client.query("select id from Project limit 1")
        contexts = client.query(f"select id from TypedContext where project_id is {project['id']}")
        client.call(client.delete("Project", [project["id"]]))
        event = listener.event()
        removed = {identity for action, table, identity in shown(event) if table in ("task", "show")}
        assert removed == {project["id"], *(context["id"] for context in contexts)}
        for entry in entries(event):
            if entry["entityType"] == "task":
                assert entry["parents"][-1]["entityId"] == project["id"]
