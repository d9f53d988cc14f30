"""What PostgreSQL has to be told to behave like SQLite."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.local.conftest import SMALL_STUDIO, Client

from ftrack_local import LocalServer
from ftrack_local.errors import LocalServerError


def test_two_servers_on_one_database_write_in_turns(new_database: Callable[..., str], planted: str) -> None:
    database = new_database(planted)
    with (
        LocalServer(seed=SMALL_STUDIO, db=database) as one,
        LocalServer(seed=SMALL_STUDIO, db=database) as two,
    ):
        clients = [Client(one), Client(two)]
        asset = str(uuid.uuid4())
        parent = clients[0].query("select id from Shot limit 1")[0]["id"]
        clients[0].call(Client.create("Asset", id=asset, name="comp", context_id=parent))

        def publish(client: Client) -> list[int]:
            operation = Client.create("AssetVersion", asset_id=asset)
            return [client.call(operation)[0]["data"]["version"] for _ in range(10)]

        with ThreadPoolExecutor() as pool:
            numbers = [number for numbers in pool.map(publish, clients) for number in numbers]
        assert sorted(numbers) == list(range(1, 21))
        for client in clients:
            client.http.close()


def test_text_is_ordered_by_code_point_whatever_the_locale(fresh: Client) -> None:
    parent = fresh.query("select id from Shot limit 1")[0]["id"]
    fresh.call(
        *(Client.create("Task", name=f"z_{end}", parent_id=parent) for end in ("b", "A", "é", "a", "B"))
    )
    found = fresh.names("select name from Task where name like 'z\\_%' order by name")
    assert found == ["z_A", "z_B", "z_a", "z_b", "z_é"]


def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    new_database: Callable[..., str],
) -> None:
    url = new_database().replace("studio@", "studio:secret@").replace("studio_", "absent_")
    with pytest.raises(LocalServerError, match=r"cannot be used: .*absent_") as caught:
        LocalServer(db=url).start()
    assert "secret" not in str(caught.value)
