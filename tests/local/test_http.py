"""The HTTP face: authentication, error forms, malformed requests, server information."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ftrack_local.http.app import MAX_BODY

if TYPE_CHECKING:
    from tests.local.conftest import Client

QUERY = [{"action": "query", "expression": "select name from Task limit 1"}]


def _post(client: Client, body: bytes, **headers: str) -> requests.Response:
    return client.http.post(f"{client.server.url}/api", data=body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("user", "key"),
    [("supervisor", "wrong"), ("supervisor", ""), ("nobody", None), ("", None), ("sup\u00e9rviseur", None)],
)
def test_wrong_credentials(demo: Client, user: str, key: str | None) -> None:
    sent = demo.server.api_key if key is None else key
    headers = {"ftrack-user": user.encode(), "ftrack-api-key": sent.encode()}
    for strict, status in (("false", 200), ("true", 401)):
        answer = requests.post(
            f"{demo.server.url}/api", json=QUERY, headers={**headers, "ftrack-strict-api": strict}, timeout=30
        )
        assert answer.status_code == status
        error = answer.json()
        assert error["exception"] == "InvalidCredentialsError"
        assert error["error_code"] == "api_credentials_invalid"
        assert demo.server.api_key not in answer.text


def test_without_credentials(demo: Client) -> None:
    answer = requests.post(f"{demo.server.url}/api", json=QUERY, timeout=30)
    assert answer.json()["exception"] == "InvalidCredentialsError"


def test_inactive_users_stay_out_and_a_seed_file_takes_any_key(small: Client) -> None:
    def answer(user: str) -> Any:
        headers = {"ftrack-user": user, "ftrack-api-key": "any key at all"}
        return requests.post(f"{small.server.url}/api", json=QUERY, headers=headers, timeout=30).json()

    assert small.server.api_user == "ada"
    assert isinstance(answer("bob"), list)
    assert answer("gone")["exception"] == "InvalidCredentialsError"


@pytest.mark.parametrize(
    ("operation", "exception", "status"),
    [
        ({"action": "query", "expression": "Task wher"}, "ParseError", 400),
        ({"action": "query", "expression": "Tsk"}, "UnknownNameError", 400),
        ({"action": "create", "entity_type": "Task", "entity_data": {"bid": "x"}}, "ValidationError", 400),
        ({"action": "update", "entity_type": "Task", "entity_key": ["x"]}, "EntityNotFoundError", 404),
        ({"action": "delete", "entity_type": "Task", "entity_key": ["x"]}, "EntityNotFoundError", 404),
        (
            {"action": "create", "entity_type": "User", "entity_data": {"username": "supervisor"}},
            "DuplicateEntryError",
            409,
        ),
        ({"action": "dance"}, "ValidationError", 400),
    ],
)
def test_errors_come_with_status_200_unless_strict(
    demo: Client, operation: dict[str, Any], exception: str, status: int
) -> None:
    relaxed = demo.post([operation])
    strict = demo.post([operation], ftrack_strict_api="true")
    options = demo.post([operation], ftrack_api_options="strict:1")
    assert (relaxed.status_code, strict.status_code, options.status_code) == (200, status, status)
    assert relaxed.json() == strict.json() == options.json()
    assert relaxed.json()["exception"] == exception
    assert relaxed.json()["content"]


def test_unknown_actions_are_named_as_clients_expect(demo: Client) -> None:
    assert "Invalid action u'dance'" in demo.fail({"action": "dance"})["content"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'[{"action": NaN}]', "not JSON"),
        (b"3", "not a list"),
        (b"[3]", "`action`"),
        (b"[{}]", "`action`"),
        (b'[{"action": "query"}]', "`expression`"),
        (b'[{"action": "create"}]', "`entity_type`"),
        (b'[{"action": "create", "entity_type": "Task", "entity_data": []}]', "`entity_data`"),
        (b'[{"action": "update", "entity_type": "Task"}]', "`entity_key`"),
    ],
)
def test_malformed_requests(demo: Client, body: bytes, word: str) -> None:
    answer = _post(demo, body)
    assert answer.status_code == 400
    assert answer.json()["exception"] == "MalformedRequestError"
    assert word in answer.json()["content"]


def test_an_empty_batch_has_an_empty_answer(demo: Client) -> None:
    assert demo.call() == []


def test_text_that_no_database_can_hold_is_refused(small: Client) -> None:
    lone = _post(small, b'[{"action": "create", "entity_type": "Group", "entity_data": {"name": "\\ud800"}}]')
    assert lone.json()["exception"] == "ValidationError"
    zero = _post(small, b'[{"action": "create", "entity_type": "Group", "entity_data": {"name": "\\u0000"}}]')
    assert zero.json()["exception"] == "ValidationError"


def test_bodies_beyond_the_limit_are_refused(demo: Client) -> None:
    def chunks() -> Any:
        for _ in range(MAX_BODY // 2**20 + 1):
            yield b" " * 2**20

    for body in (b" " * (MAX_BODY + 1), chunks()):
        answer = requests.post(f"{demo.server.url}/api", data=body, timeout=60)
        assert answer.status_code == 413
        assert str(MAX_BODY) in answer.json()["content"]


def test_other_paths_and_methods_answer_json(demo: Client) -> None:
    assert demo.http.get(f"{demo.server.url}/nowhere", timeout=30).json()["exception"] == "NotFound"
    answer = demo.http.get(f"{demo.server.url}/api", timeout=30)
    assert answer.status_code == 405
    assert "POST" in answer.json()["content"]


def test_server_information(demo: Client) -> None:
    information, schemas = demo.call({"action": "query_server_information"}, {"action": "query_schemas"})
    assert set(information) == {"version", "schema_hash", "is_timezone_support_enabled", "storage_scenario"}
    text = json.dumps(schemas, sort_keys=True)
    assert information["schema_hash"] == hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert information["is_timezone_support_enabled"] is True
    assert information["version"].startswith("4.13")
    assert "data" in information["storage_scenario"]
    asked = demo.call({"action": "query_server_information", "values": ["user_information", "unknown"]})[0]
    person = asked["user_information"]
    assert person["username"] == demo.server.api_user
    assert person["first_name"]
    assert {"id", "last_name", "thumbnail_id", "thumbnail_url", "permissions"} <= set(person)
    assert set(asked) == {"user_information"}


def test_requests_at_the_same_time(studio: Client) -> None:
    task = studio.query("select id from Task limit 1")[0]["id"]

    def work(number: int) -> int:
        row = {"parent_id": task, "parent_type": "Task", "key": f"k{number}", "value": "v"}
        client = type(studio)(studio.server)
        client.call(client.create("Metadata", **row))
        return len(client.query("select id, status.name from Task limit 200"))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(24))) == {200}
    assert len(studio.query(f"Metadata where parent_id is {task} and key like 'k%'")) == 24
