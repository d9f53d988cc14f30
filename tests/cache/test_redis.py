"""The Redis cache, against a real server."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.cache import LayeredCache, MemoryCache

redis = pytest.importorskip("redis", reason='needs the extra "redis"')

from ftrack_typed.cache.redis import RedisCache  # noqa: E402

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs redis-server or valkey-server on the path")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own on a free port, without anything on disk."""
    assert PROGRAM is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    settings = (
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *settings], stdout=log, stderr=log)
    try:
        client = redis.Redis(port=port)
        deadline = time.monotonic() + 20
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert process.poll() is None, (folder / "log").read_text(encoding="utf-8", errors="replace")
                assert time.monotonic() < deadline, "the server did not come up"
        client.close()
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def make(redis_url: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., RedisCache]]:
    """Makes caches of one prefix, closed after the test."""
    made: list[RedisCache] = []

    def make_one(**options: object) -> RedisCache:
        options.setdefault("prefix", f"[{request.node.name}]*:")
        made.append(RedisCache(redis_url, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make_one
    for cache in made:
        cache.close()


def test_it_holds_what_it_was_given(make: Callable[..., RedisCache]) -> None:
    cache = make()
    values = {"a": "1", "schöne neue\0Welt": "ü\ud800", "": "", "[a]*": "pattern"}
    for key, value in values.items():
        cache.set(key, value)
    assert sorted(cache.keys()) == sorted(values)
    assert make().get_many([*values, "absent"]) == values
    assert cache.remove("a") == "1"
    assert "a" not in cache
    for refused in (cache.get, cache.remove):
        with pytest.raises(KeyError):
            refused("a")
    cache.clear("Welt$")
    assert sorted(cache.keys()) == ["", "[a]*"]
    cache.clear()
    assert cache.keys() == []


def test_prefixes_do_not_see_each_other(make: Callable[..., RedisCache]) -> None:
    one, other = make(prefix="one:"), make(prefix="o?e:")
    one.set("a", "1")
    other.set("b", "2")
    assert other.keys() == ["b"]
    other.clear()
    assert one.get("a") == "1"


def test_threads_do_not_lose_a_change(make: Callable[..., RedisCache]) -> None:
    caches = [make() for _ in range(3)]

    def count(cache: RedisCache) -> None:
        for _ in range(20):
            cache.update_many({"n": lambda old: str(int(old or 0) + 1)})

    threads = [threading.Thread(target=count, args=(cache,)) for cache in caches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert caches[0].get("n") == "60"
    caches[0].update_many({"n": lambda old: None})
    assert "n" not in caches[1]


def test_the_server_forgets_what_is_too_old(make: Callable[..., RedisCache], redis_url: str) -> None:
    cache = make(max_age=3600)
    client = redis.Redis.from_url(redis_url)
    entry = cache.prefix + "entry:a"
    cache.set("a", "1")
    assert 3_590_000 < client.pttl(entry) <= 3_600_000
    client.pexpire(entry, 5_000)
    cache.update_many({"a": lambda old: f"{old}+", "b": lambda old: "new"})
    assert client.pttl(entry) <= 5_000, "what is changed stays as old as its oldest part"
    assert client.pttl(cache.prefix + "entry:b") > 3_590_000
    client.close()


def test_it_tells_what_others_changed(make: Callable[..., RedisCache]) -> None:
    mine, theirs = make(), make()
    assert mine.invalidated() is None, "what happened before is not known"
    assert mine.invalidated() == []
    theirs.set("a", "1")
    mine.set("b", "1")
    theirs.update_many({"c": lambda old: "1", "a": lambda old: old})
    theirs.set("d", "1")
    theirs.remove("d")
    assert mine.invalidated() == ["a", "c", "d"]
    assert mine.invalidated() == []
    theirs.clear()
    assert mine.invalidated() is None


def test_a_layer_above_is_told_too(make: Callable[..., RedisCache]) -> None:
    mine, theirs = LayeredCache([MemoryCache(), make()]), make()
    mine.invalidated()
    theirs.set("a", "1")
    assert mine.invalidated() == ["a"]


def test_a_server_that_is_away_counts_as_empty(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        cache = RedisCache(f"redis://:s3cret@127.0.0.1:{taken.getsockname()[1]}/0", timeout=1)
        with caplog.at_level(logging.WARNING, "ftrack_typed.cache"):
            cache.set("a", "1")
            cache.update_many({"a": lambda old: "2"})
            cache.clear()
            assert cache.keys() == []
            assert cache.invalidated() is None
            with pytest.raises(KeyError):
                cache.get("a")
            with pytest.raises(KeyError):
                cache.remove("a")
        cache.close()
    assert "can't be used" in caplog.text
    assert "s3cret" not in caplog.text + repr(cache)


def test_it_takes_texts_only(make: Callable[..., RedisCache]) -> None:
    with pytest.raises(TypeError, match=r"texts.*value.*dict.*SerialisedCache"):
        make().set("a", {})  # type: ignore[arg-type]


def test_a_client_of_ones_own_stays_open(redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url, decode_responses=True)
    cache = RedisCache(client, prefix="own:")
    cache.set("a", "1")
    assert cache.get("a") == "1"
    cache.close()
    assert client.ping()
    client.close()


def test_bounds_have_to_be_positive(redis_url: str) -> None:
    with pytest.raises(ValueError, match="max_age"):
        RedisCache(redis_url, max_age=0)


def test_sessions_on_several_machines_share_what_they_read(make: Callable[..., RedisCache]) -> None:
    with LocalServer(seed="demo") as server:
        options = (server.url, server.api_key, server.api_user)
        with (
            Session(*options, cache=make(), schema_cache_path=False) as one,
            Session(*options, cache=make(), schema_cache_path=False) as other,
        ):
            one.cache.refresh()  # begins to listen
            mine: Any = one.query("select name, description from Task").first()
            theirs = other.get("Task", mine["id"])
            assert (theirs["name"], theirs.session) == (mine["name"], other)
            theirs["name"] = "renamed elsewhere"
            mine["description"] = "changed here"
            other.commit()
            assert mine["name"] != "renamed elsewhere"
            assert one.cache.refresh() >= 1
            assert (mine["name"], mine["description"]) == ("renamed elsewhere", "changed here")
            one.rollback()
            other.delete(theirs)
            other.commit()
            assert not any(mine["id"] in key for key in one.cache.below.keys())  # noqa: SIM118
