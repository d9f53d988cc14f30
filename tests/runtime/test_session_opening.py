"""Opening sessions: settings, servers that misbehave, the schema cache, and secrets that stay secret."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed import RetryPolicy, Session
from ftrack_typed.errors import (
    ConnectionFailedError,
    Error,
    MalformedResponseError,
    ServerCompatibilityError,
    ServerError,
)

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

KEY = "k3y-never-to-be-seen"


def opened(loopback: Loopback, **options: Any) -> Session:
    options.setdefault("schema_cache_path", False)
    options.setdefault("retries", RetryPolicy(attempts=1))
    return Session(loopback.url, KEY, "ada", **options)


def test_the_environment_is_enough(
    local_server: LocalServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FTRACK_SERVER", f"{local_server.url}///")
    monkeypatch.delenv("FTRACK_API_KEY", raising=False)
    monkeypatch.setenv("FTRACK_APIKEY", local_server.api_key)
    monkeypatch.setenv("FTRACK_API_USER", local_server.api_user)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    with Session() as session:
        assert session.server_url == local_server.url
        assert session.query("Task").first() is not None
    assert len(list(tmp_path.iterdir())) == 1


def test_a_current_cache_saves_the_schema(
    open_session: Callable[..., Session], calls: Callable[[], int], tmp_path: Path
) -> None:
    open_session(schema_cache_path=tmp_path)
    before = calls()
    open_session(schema_cache_path=tmp_path)
    assert calls() == before + 1
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:20])
    open_session(schema_cache_path=tmp_path)
    assert calls() == before + 3


def test_a_kept_schema_is_read_when_it_is_needed_and_fetched_where_it_turns_out_damaged(
    open_session: Callable[..., Session], calls: Callable[[], int], tmp_path: Path
) -> None:
    documents = open_session(schema_cache_path=tmp_path).schemas
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    before = calls()
    assert open_session(schema_cache_path=tmp_path).schemas == documents
    assert calls() == before + 1
    kept.write_bytes(whole[:-1000])  # what tells which schema it is has survived
    session = open_session(schema_cache_path=tmp_path)
    fork = session.fork()
    session.close()
    assert calls() == before + 2
    assert fork.schemas == documents
    assert calls() == before + 3
    assert kept.read_bytes() == whole
    fork.close()


def test_a_schema_cache_that_cannot_be_used_costs_nothing_but_time(
    open_session: Callable[..., Session], tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    assert open_session(schema_cache_path=blocked).types["Task"]


@pytest.mark.parametrize("told", [{}, {"schema_hash": None}, {"schema_hash": 5}])
def test_a_server_without_hash_is_asked_each_time(
    loopback: Loopback, stock_documents: list[dict[str, Any]], tmp_path: Path, told: dict[str, Any]
) -> None:
    for _ in range(2):
        loopback.replies.clear()
        loopback.answer([{"version": "4.13.8", **told}])
        loopback.answer([stock_documents])
        with opened(loopback, schema_cache_path=tmp_path) as session:
            assert "Task" in session.types
    assert len(loopback.received) == 4


def test_settings_reach_the_server(loopback: Loopback, stock_documents: list[dict[str, Any]]) -> None:
    loopback.answer([{"version": "dev"}])
    loopback.answer([stock_documents])
    with opened(
        loopback, headers={"X-Studio": "kite", "ftrack-strict-api": "x"}, cookies={"c": "1"}, strict_api=True
    ):
        pass
    for request in loopback.received:
        assert request.headers["X-Studio"] == "kite"
        assert request.headers["Cookie"] == "c=1"
        assert request.headers["ftrack-strict-api"] == "true"
        assert (request.headers["ftrack-user"], request.headers["ftrack-api-key"]) == ("ada", KEY)


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ([{"exception": "InvalidCredentialsError", "content": f"The key {KEY} is wrong."}], ServerError),
        ([[{"version": "3.3.10"}]], ServerCompatibilityError),
        ([[{}]], ServerCompatibilityError),
        ([[]], Error),
        ([[5]], Error),
        ([[{"version": "4.13.8"}], [[]]], MalformedResponseError),
        ([[{"version": "4.13.8"}], [[{"id": "Task"}, 5]]], Error),
        ([[{"version": "4.13.8"}], {"exception": "X", "content": None}], ServerError),
    ],
)
def test_a_server_that_misbehaves(
    loopback: Loopback, replies: list[object], error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    for reply in replies:
        loopback.answer(reply)
    with caplog.at_level(logging.DEBUG), pytest.raises(error) as caught:
        opened(loopback)
    assert KEY not in f"{caught.value!s} {caught.value!r} {caplog.text}"


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'[{"version": "4.1', b"", b"\xff\xfe"])
def test_a_reply_that_is_none(loopback: Loopback, body: bytes) -> None:
    loopback.raw(body, headers={"Content-Type": "text/html"})
    with pytest.raises(Error) as caught:
        opened(loopback)
    assert KEY not in str(caught.value)


def test_a_server_that_is_not_there(loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    loopback.close()
    with caplog.at_level(logging.DEBUG), pytest.raises(ConnectionFailedError) as caught:
        opened(loopback)
    assert KEY not in f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r} {caplog.text}"


def test_no_secret_shows_in_everyday_work(
    scripted: Session, loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        loopback.answer_once([{"data": [{"__entity_type__": "Task", "id": "t1", "name": "a"}]}])
        task = scripted.query("select name from Task")[0]
        task.name = "b"
        scripted.commit()
    secret = scripted.api_key
    assert secret == "scripted-k3y"
    settings = {name: value for name, value in vars(scripted).items() if name != "_documents"}
    assert secret not in f"{scripted!r} {task!r} {scripted.recorded_operations!r} {settings!r} {caplog.text}"
