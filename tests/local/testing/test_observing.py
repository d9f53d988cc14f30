"""The log of requests, settings and snapshots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ftrack_local import LocalServer, LocalServerError
from ftrack_local.testing import Settings, Status

if TYPE_CHECKING:
    from tests.local.conftest import Client

Connect = Callable[[LocalServer], "Client"]


def test_requests_are_logged_with_what_they_asked_for(fresh: Client) -> None:
    server = fresh.server
    server.requests.clear()
    fresh.call(
        {"action": "query", "expression": "Task"},
        fresh.update("Task", ["t-1"], name="x"),
        fresh.create("Group"),
    )
    fresh.fail({"action": "no-such-action"})
    server.faults.add(Status(503), action="query")
    fresh.post({"action": "query", "expression": "Task"})
    log = server.requests
    assert [entry.actions for entry in log] == [
        ("query", "update", "create"),
        ("no-such-action",),
        ("query",),
    ]
    assert [entry.operations for entry in log] == [3, 1, 1]
    assert [entry.status for entry in log] == [200, 200, 503]
    assert [entry.fault for entry in log] == [None, None, "Status"]
    assert {(entry.method, entry.path, entry.user) for entry in log} == {("POST", "/api", "ada")}
    assert all(entry.duration >= 0 for entry in log)
    assert log.actions() == ["query", "update", "create", "no-such-action", "query"]
    assert log.count("query") == 2
    assert log[-1].status == 503
    assert len(log[1:]) == 2
    server.requests.clear()
    assert len(log) == 0


def test_no_secret_is_logged(fresh: Client) -> None:
    secret = "key-that-nobody-may-see"
    for query in ({"username": "ada", "apiKey": secret}, {"api_user": "ada", "api_key": secret}):
        requests.get(f"{fresh.server.url}/component/get", params={"id": "c-1", **query}, timeout=20)
    requests.post(
        f"{fresh.server.url}/api",
        json=[{"action": "query", "expression": "User", "secret": secret}],
        headers={"ftrack-user": "ada", "ftrack-api-key": secret},
        timeout=20,
    )
    assert [entry.user for entry in fresh.server.requests] == ["ada"] * 3
    assert secret not in repr(list(fresh.server.requests))


def test_bodies_that_cannot_be_read_are_logged_all_the_same(fresh: Client) -> None:
    fresh.server.faults.add(Status(500), action="create")
    for body in (b"{", b"[1]", b'"text"', b"{}", b"\xff"):
        requests.post(f"{fresh.server.url}/api", data=body, timeout=20)
    assert [entry.actions for entry in fresh.server.requests] == [(), ("",), (), ("None",), ()]


def test_pages_can_be_made_small(fresh: Client) -> None:
    fresh.server.settings.page_size = 2
    page = fresh.page("select id from Task order by id offset 0 limit 500")
    assert [row["id"] for row in page["data"]] == ["t-1", "t-2"]
    assert page["metadata"] == {"next": {"offset": 2}}
    page = fresh.page("select id from Task order by id offset 2 limit 500")
    assert page["metadata"] == {"next": {"offset": 4}}
    assert len(fresh.query("select id from Task")) == 4
    fresh.server.settings.reset()
    assert fresh.server.settings == Settings()
    assert len(fresh.query("select id from Task limit 500")) == 4


def test_answers_can_be_made_slow(fresh: Client) -> None:
    fresh.query("Task")
    quick = fresh.server.requests[-1].duration
    fresh.server.settings.latency = 0.3
    fresh.query("Task")
    assert fresh.server.requests[-1].duration >= 0.3
    assert fresh.server.requests[-1].duration > quick


def content(client: Client) -> list[Any]:
    return [
        client.query(f"select id, name from {kind} order by id") for kind in ("Context", "User", "Component")
    ]


def change(client: Client) -> None:
    client.call(
        client.delete("Project", ["p-1"]),
        client.create("Group", id="g-new", name="new"),
        client.update("User", ["u-bob"], username="robert"),
    )


@pytest.mark.parametrize("kept", ["memory", "file"])
def test_restoring_brings_everything_back(tmp_path: Path, connect: Connect, kept: str) -> None:
    seed = Path(__file__).parents[1] / "small_studio.json"
    db = None if kept == "memory" else f"sqlite:///{(tmp_path / 'studio.db').as_posix()}"
    with LocalServer(seed=seed, db=db) as server:
        client = connect(server)
        before = content(client)
        server.snapshot()
        for _ in range(3):
            change(client)
            assert content(client) != before
            server.faults.add(Status(500))
            server.settings.latency = 0.01
            server.restore()
            assert content(client) == before
            assert server.settings == Settings()


def test_restoring_brings_files_back(connect: Connect) -> None:
    with LocalServer(seed=Path(__file__).parents[1] / "small_studio.json") as server:
        client = connect(server)

        def upload(component: str, content: bytes) -> None:
            [answer] = client.call(
                {
                    "action": "get_upload_metadata",
                    "component_id": component,
                    "file_name": "a.b",
                    "file_size": len(content),
                }
            )
            assert requests.put(answer["url"], data=content, timeout=20).status_code == 200

        def download(component: str) -> bytes | None:
            answer = requests.get(
                f"{server.url}/component/get",
                params={"id": component, "username": server.api_user, "apiKey": server.api_key},
                timeout=20,
            )
            return answer.content if answer.status_code == 200 else None

        upload("c-1", b"kept")
        upload("c-2", b"first")
        server.snapshot()
        for _ in range(2):
            client.call(client.delete("Component", ["c-1"]))
            upload("c-2", b"second")
            upload("c-2", b"third")
            upload("c-3", b"new")
            assert (download("c-1"), download("c-2"), download("c-3")) == (None, b"third", b"new")
            server.restore()
            assert (download("c-1"), download("c-2"), download("c-3")) == (b"kept", b"first", None)


def test_restoring_needs_a_snapshot() -> None:
    with LocalServer(seed="empty") as server, pytest.raises(LocalServerError, match="no snapshot"):
        server.restore()


def test_event_clients_live_through_a_restore(fresh: Client, hear: Callable[..., Any]) -> None:
    client = hear(fresh.server)
    fresh.server.snapshot()
    change(fresh)
    assert "ftrack.update" in client.next()
    fresh.server.restore()
    fresh.call(fresh.update("Task", ["t-1"], name="again"))
    assert '"new":"again"' in client.next()
