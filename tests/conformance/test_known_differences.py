"""Differences from a hosted server that no other test shows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.local.conftest import SMALL_STUDIO, Client

from ftrack_local import LocalServer


@pytest.fixture
def studio() -> Iterator[Client]:
    """A handful of rows for one test to change; any key is accepted."""
    with LocalServer(seed=SMALL_STUDIO) as server:
        client = Client(server)
        with client.http:
            yield client


def test_a_user_without_roles_may_do_everything(studio: Client) -> None:
    studio.call(studio.create("User", username="newcomer", is_active=True))
    studio.http.headers["ftrack-user"] = "newcomer"
    assert studio.query("select user_security_roles from User where username is newcomer") == [
        studio.query("User where username is newcomer")[0] | {"user_security_roles": []}
    ]
    (project,) = studio.query("select id from Project limit 1")
    studio.call(
        studio.update("Project", [project["id"]], full_name="Renamed"), studio.delete("Task", ["t-1"])
    )
    assert studio.query("select full_name from Project")[0]["full_name"] == "Renamed"


def test_strict_answers_hold_what_others_hold(studio: Client) -> None:
    for expression in ("select name, status.name from Task", "Task", "select children.name from Shot"):
        assert studio.query(expression) == studio.query(expression, ftrack_strict_api="true")


def test_without_order_rows_come_as_they_were_made(studio: Client) -> None:
    names = ["zebra", "ant", "monkey"]
    (shot,) = studio.query("select id from Shot limit 1")
    studio.call(*(studio.create("Task", name=f"order_{name}", parent_id=shot["id"]) for name in names))
    assert studio.names("select name from Task where name like 'order%'") == [
        f"order_{name}" for name in names
    ]


def test_no_feed_is_written(studio: Client) -> None:
    before = len(studio.query("select id from Event")), len(studio.query("select id from Feed"))
    studio.call(
        studio.create("Note", id=str(uuid.uuid4()), content="Done", parent_id="t-1", parent_type="Task"),
        studio.update("Task", ["t-1"], name="renamed"),
    )
    assert (len(studio.query("select id from Event")), len(studio.query("select id from Feed"))) == before


def test_expressions_of_custom_attributes_are_not_evaluated() -> None:
    with LocalServer() as server:
        client = Client(server)
        with client.http:
            (configuration,) = client.query(
                "select key, default from CustomAttributeConfiguration where type.name is expression limit 1"
            )
            key = configuration["key"]
            values = client.query(
                f"select value from ContextCustomAttributeValue where key is '{key}' limit 5"
            ) or client.query(
                f"select value from AssetVersionCustomAttributeValue where key is '{key}' limit 5"
            )
            assert [value["value"] for value in values] == [configuration["default"]] * len(values) != []


def test_bytes_are_kept_on_the_machine_that_serves(tmp_path: Path) -> None:
    with LocalServer(seed=SMALL_STUDIO, files=tmp_path) as server:
        client = Client(server)
        with client.http:
            (address,) = client.call(
                {
                    "action": "get_upload_metadata",
                    "component_id": str(uuid.uuid4()),
                    "file_name": "a.txt",
                    "file_size": 3,
                }
            )
            assert address["url"].startswith(server.url)
            assert client.http.put(address["url"], data=b"abc", headers=address["headers"], timeout=30).ok
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"abc"]
