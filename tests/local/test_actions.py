"""Operations besides query, create, update and delete, over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from ftrack_local.actions.widgets import MINUTES, Widget, WidgetAddresses
from ftrack_local.errors import ForbiddenError
from ftrack_local.files.signing import Signer

if TYPE_CHECKING:
    from tests.local.conftest import Client


def _search(client: Client, expression: str, *terms: str, **more: Any) -> list[str]:
    operation = {"action": "search", "expression": expression, "terms": list(terms), **more}
    answer = client.call(operation)[0]
    assert answer["action"] == "search"
    assert "offset" in answer["metadata"]["next"]
    return [entity["id"] for entity in answer["data"]]


# Search


@pytest.mark.parametrize(
    ("expression", "terms", "more", "ids"),
    [
        ("select name from Task", ["comp"], {}, ["t-1", "t-3"]),
        ("select name from Task", ["comp", "sh020"], {}, ["t-3"]),
        ("select name from Task", ["SH010"], {"entity_type": "Task"}, ["t-1", "t-2"]),
        ("select name from Task where name is comp", ["orbit"], {}, ["t-1"]),
        ("Task", ["nothing"], {}, []),
        ("Task", ["%"], {}, []),
        ("Task", ["model_"], {}, ["t-4"]),
        ("Task", ['"'], {}, []),
        ("Task", [], {"context_id": "sh-1"}, ["t-1", "t-2"]),
        ("Task", ["o"], {"context_id": "p-1"}, ["t-1", "t-2", "t-3", "t-4"]),
        ("TypedContext", ["0"], {"object_type_ids": ["bad911de-3bd6-47b9-8b46-3476e237cb36"]}, ["sh-1", "sh-2"]),
        ("User", ["ada@"], {}, ["u-ada"]),
        ("AssetVersion", ["render", "sh010"], {}, ["v-1", "v-2"]),
        ("AssetVersion", ["render"], {"context_id": "sq-1"}, ["v-1", "v-2"]),
        ("Note", ["dark"], {}, ["n-1"]),
        ("Task where name is roto or name is comp", ["comp"], {}, ["t-1"]),
    ],
)  # fmt: skip
def test_search_finds_what_matches_every_term(
    small: Client, expression: str, terms: list[str], more: dict[str, Any], ids: list[str]
) -> None:
    assert sorted(_search(small, expression, *terms, **more)) == ids


def test_search_comes_in_pages(small: Client) -> None:
    operation = {"action": "search", "expression": "Task limit 1", "terms": ["comp"]}
    assert small.call(operation)[0]["metadata"] == {"next": {"offset": 1}}


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        ({"expression": "Task"}, "`terms`"),
        ({"expression": "Task", "terms": "comp"}, "`terms`"),
        ({"expression": "Task", "terms": [3]}, "`terms`"),
        ({"expression": "Task", "terms": ["x"] * 33}, "32"),
        ({"terms": []}, "`expression`"),
        ({"expression": "Tsk", "terms": []}, "`Task`"),
        ({"expression": "Task", "entity_type": "Shto", "terms": []}, "`Shot`"),
        ({"expression": "Task wher", "terms": []}, "Failed to parse"),
        ({"expression": "Timer", "terms": [], "object_type_ids": ["x"]}, "object_type_id"),
    ],
)
def test_a_search_that_cannot_be_made(small: Client, operation: dict[str, Any], word: str) -> None:
    assert word in small.fail({"action": "search", **operation})["content"]


# Widgets


def _widget_url(client: Client, **operation: Any) -> str:
    url: str = client.call({"action": "get_widget_url", **operation})[0]["widget_url"]
    return url


@pytest.mark.parametrize(
    ("operation", "shown", "hidden"),
    [
        ({"name": "tasks"}, ["comp", "WIP"], ["roto"]),
        ({"name": "tasks_browser", "theme": "dark"}, ["comp", "roto", "model_hi"], []),
        (
            {"name": "tasks_browser", "entity_type": "Shot", "entity_key": ["sh-2"]},
            ["sh020", "Comp"],
            ["roto"],
        ),
        ({"name": "info", "entity_type": "Task", "entity_key": "t-2"}, ["orbit / sq010 / sh010 / roto"], []),
        ({"name": "info", "entity_type": "Context", "entity_key": ["p-1"]}, ["Project: orbit"], []),
        ({"name": "info"}, ["Nothing to show"], []),
    ],
)
def test_a_widget_is_a_page_that_opens_without_credentials(
    small: Client, operation: dict[str, Any], shown: list[str], hidden: list[str]
) -> None:
    url = _widget_url(small, **operation)
    assert small.server.api_key not in url
    page = requests.get(url, timeout=30)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.text
    for text in shown:
        assert text in page.text
    for text in hidden:
        assert text not in page.text


def test_names_cannot_put_code_into_a_widget(fresh: Client) -> None:
    fresh.call(fresh.update("Task", ["t-1"], name="<script>alert(1)</script>"))
    page = requests.get(_widget_url(fresh, name="tasks"), timeout=30)
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_an_address_of_a_widget_cannot_be_made_up(small: Client) -> None:
    url = _widget_url(small, name="tasks")
    for changed in (
        url.replace("u-ada", "u-bob"),
        url.replace("/tasks?", "/info?"),
        url.replace("expires=20", "expires=29"),
        url.split("?")[0],
    ):
        assert changed != url
        answer = requests.get(changed, timeout=30)
        assert answer.status_code == 403
        assert answer.json()["exception"] == "ForbiddenError"


def test_an_address_of_a_widget_is_good_for_six_minutes() -> None:
    addresses = WidgetAddresses(Signer())
    widget = Widget("info", "u-ada", "light", "Task", "t-1")
    url = addresses.make("http://studio.example", widget, "2031-05-04T23:58:00")
    parameters = dict(parse_qsl(urlsplit(url).query))
    assert MINUTES == 6
    assert addresses.read("info", parameters, "2031-05-05T00:04:00") == widget
    with pytest.raises(ForbiddenError, match="6 minutes"):
        addresses.read("info", parameters, "2031-05-05T00:04:01")


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({}, ["info"]),
        ({"name": "tusks"}, ["'tusks'", "`tasks`"]),
        ({"name": "info", "theme": "pink"}, ["'pink'", "dark"]),
        ({"name": "info", "entity_type": "Tsk", "entity_key": ["x"]}, ["`Task`"]),
        ({"name": "info", "entity_type": "Task", "entity_key": ["t-none"]}, ["t-none"]),
        ({"name": "info", "entity_key": ["t-1"]}, ["None"]),
    ],
)
def test_a_widget_that_is_not_there(small: Client, operation: dict[str, Any], words: list[str]) -> None:
    error = small.fail({"action": "get_widget_url", **operation})
    for word in words:
        assert word in error["content"]


# Invitations


def test_an_invited_user_is_found_in_the_outbox(fresh: Client) -> None:
    assert not fresh.server.outbox.messages
    assert fresh.call({"action": "send_user_invite", "user_id": "u-ada"}) == [{"sent": True}]
    (message,) = fresh.server.outbox.messages
    assert (message.kind, message.email, message.name) == ("user", "ada@studio.example", "Ada")
    assert message.entity_id == "u-ada"
    assert message.sent_by == "ada"
    assert message.url.startswith(fresh.server.url)
    fresh.server.outbox.clear()
    assert not fresh.server.outbox.messages


def test_an_invitee_of_a_review_session_keeps_when_the_invitation_was_sent(fresh: Client) -> None:
    fresh.call(
        fresh.create("ReviewSession", id="r-1", name="Dailies", project_id="p-1"),
        fresh.create("ReviewSessionInvitee", id="i-1", name="Kay", email="kay@client.example",
                     review_session_id="r-1"),
        {"action": "send_review_session_invite", "review_session_invitee_id": "i-1"},
    )  # fmt: skip
    (message,) = fresh.server.outbox.messages
    assert (message.kind, message.email, message.name) == ("review_session", "kay@client.example", "Kay")
    assert message.url.endswith("/review/r-1")
    sent = fresh.query("select last_sent_at from ReviewSessionInvitee")[0]["last_sent_at"]
    assert sent == {"__type__": "datetime", "value": message.sent_at}


def test_a_failing_batch_sends_nothing(fresh: Client) -> None:
    invite = {"action": "send_user_invite", "user_id": "u-ada"}
    fresh.fail(invite, fresh.delete("Task", ["t-none"]))
    assert (
        fresh.fail({"action": "send_user_invite", "user_id": "u-none"})["exception"] == "EntityNotFoundError"
    )
    assert "`email`" in fresh.fail({"action": "send_user_invite", "user_id": "u-bob"})["content"]
    assert "`user_id`" in fresh.fail({"action": "send_user_invite"})["content"]
    assert not fresh.server.outbox.messages


# Keys


def test_a_new_personal_key_replaces_the_one_before(studio: Client) -> None:
    user = studio.query(
        "select id, username from User where username is_not supervisor and is_active is true"
    )[0]
    reset = {
        "action": "reset_remote",
        "reset_type": "api_key",
        "entity_type": "User",
        "entity_key": user["id"],
    }

    def works(username: str, key: str) -> bool:
        headers = {"ftrack-user": username, "ftrack-api-key": key}
        answer = requests.post(f"{studio.server.url}/api", json=[], headers=headers, timeout=30).json()
        return bool(answer == [])

    first, second = (studio.call(reset)[0]["data"]["api_key"] for _ in range(2))
    assert first != second
    assert works(user["username"], second)
    assert not works(user["username"], first)
    assert not works("supervisor", second)
    assert works(user["username"], studio.server.api_key)
    failed = studio.fail({**reset}, studio.delete("Task", ["t-none"]))
    assert "api_key" not in failed
    assert works(user["username"], second)


def test_an_api_key_shows_its_first_letters_only(fresh: Client) -> None:
    fresh.call(fresh.create("ApiKey", id="k-1", identifier="farm", resource_id="u-bob"))
    reset = {"action": "reset_remote", "reset_type": "api_key", "entity_type": "ApiKey", "entity_key": "k-1"}
    answer = fresh.call(reset)[0]
    assert answer["action"] == "reset_remote"
    shown = fresh.query("select prefix from ApiKey where id is k-1")[0]["prefix"]
    assert answer["data"]["api_key"].startswith(shown)
    assert len(shown) < 10


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"reset_type": "password"}, "'password'"),
        ({"entity_type": "Task"}, "'Task'"),
        ({"entity_key": "u-none"}, "u-none"),
        ({"entity_key": None}, "`entity_key`"),
    ],
)
def test_a_reset_that_is_refused(small: Client, change: dict[str, Any], word: str) -> None:
    reset = {"action": "reset_remote", "reset_type": "api_key", "entity_type": "User", "entity_key": "u-ada"}
    assert word in small.fail({**reset, **change})["content"]


# Jobs and the rest


def test_a_delayed_job_is_done_at_once(fresh: Client) -> None:
    job = fresh.call({"action": "delayed_job", "job_type": "SYNC_USERS_LDAP", "data": {"dry": True}})[0]
    assert job["action"] == "delayed_job"
    assert job["data"]["__entity_type__"] == "Job"
    assert job["data"]["status"] == "queued"
    found = fresh.query(
        f"select status, data, finished_at, user_id from Job where id is {job['data']['id']}"
    )[0]
    assert found["status"] == "done"
    assert found["finished_at"]["value"]
    assert found["user_id"] == "u-ada"
    assert json.loads(found["data"])["data"] == {"dry": True}
    assert "`job_type`" in fresh.fail({"action": "delayed_job"})["content"]


def test_everybody_may_do_what_can_be_done(small: Client) -> None:
    answer = small.call({"action": "permissions", "entity_type": "Task"})[0]
    assert answer["data"]["name"] == {"read": True, "write": True}
    assert answer["data"]["id"]["write"] is answer["data"]["link"]["write"] is False
    assert "`Task`" in small.fail({"action": "permissions", "entity_type": "Tsk"})["content"]
    asked = {"action": "_authorize_operation", "data": {"action": "update", "data": {"entity_type": "Task"}}}
    assert small.call(asked) == [{"result": True}]


def test_a_query_is_taken_apart(small: Client) -> None:
    expression = "select name, status.name from Task where bid>3 order by name desc offset 2 limit 5"
    assert small.call({"action": "parse_query", "expression": expression})[0]["data"] == {
        "entity_type": "Task",
        "projections": ["name", "status.name"],
        "filter": "bid > 3",
        "group_by": [],
        "order_by": ["name desc"],
        "limit": 5,
        "offset": 2,
    }
    grouped = {"action": "parse_query", "expression": "select count(id) from Task group by name"}
    assert small.call(grouped)[0]["data"]["group_by"] == ["name"]
    for wrong, word in (
        ("Task where", "Failed to parse"),
        ("Task where nmae is x", "`name`"),
        ("select x from Task", "`x`"),
    ):
        assert word in small.fail({"action": "parse_query", "expression": wrong})["content"]


def test_the_rest_is_answered(small: Client) -> None:
    usage = small.call({"action": "storage_usage"}, {"action": "_track_usage", "data": {"type": "event"}})
    assert usage[0]["data"] == {"used": 15, "limit": None}
    assert usage[1]["action"] == "_track_usage"


@pytest.mark.parametrize(
    "action", ["assume_user", "convert_entity", "configure_totp", "grant_api_key_project", "x" * 300]
)
def test_everything_else_is_an_invalid_action(small: Client, action: str) -> None:
    error = small.fail({"action": action})
    assert error["exception"] == "ValidationError"
    assert f"Invalid action u'{action}'" in error["content"]
