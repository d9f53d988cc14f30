"""The file cache: many processes, crashes, damage, bounds."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ftrack_typed.cache import FileCache

COUNT = """
import sys
from ftrack_typed.cache import FileCache
cache = FileCache(sys.argv[1], timeout=60)
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    cache.update_many({"n": lambda old: str(int(old or 0) + 1)})
    cache.set(f"{sys.argv[2]} {number}", "x" * 50)
cache.close()
"""

WRITE_FOR_EVER = """
import sys
from ftrack_typed.cache import FileCache
cache = FileCache(sys.argv[1])
number = 0
while True:
    cache.set(str(number), "x" * 2000)
    print(number, flush=True)
    number += 1
"""


STOP_HALFWAY = """
import sys
from ftrack_typed.cache import FileCache
cache = FileCache(sys.argv[1])
for number in range(20):
    cache.set(str(number), "old")
def change(old):
    print("inside", flush=True)
    sys.stdin.readline()
    return "new"
cache.update_many({str(number): (change if number == 19 else lambda old: "new") for number in range(20)})
"""


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_processes_share_it_without_losing_a_write(tmp_path: Path) -> None:
    path = str(tmp_path / "cache.db")
    workers = [_start(COUNT, path, str(number)) for number in range(4)]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            worker.communicate("go\n", timeout=120)
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    cache = FileCache(path)
    assert cache.get("n") == "160"
    assert len(cache.keys()) == 161
    cache.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_it_survives_a_process_that_is_killed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache.db"
    writer = _start(WRITE_FOR_EVER, str(path))
    assert writer.stdout is not None
    last = -1
    try:
        for _ in range(50):
            last = int(writer.stdout.readline())
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate(timeout=30)
    cache = FileCache(path)
    assert all(cache.get(str(number)) == "x" * 2000 for number in range(last + 1))
    cache.set("after", "1")
    assert cache.get("after") == "1"
    assert not caplog.records
    cache.close()


def test_a_process_killed_halfway_leaves_all_or_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache.db"
    writer = _start(STOP_HALFWAY, str(path))
    assert writer.stdout is not None
    try:
        assert writer.stdout.readline() == "inside\n"
        reader = FileCache(path)
        # Readers wait for no writer: that is what WAL mode is for.
        assert {reader.get(str(number)) for number in range(20)} == {"old"}
    finally:
        writer.kill()
        writer.communicate(timeout=30)
    assert {reader.get(str(number)) for number in range(20)} == {"old"}
    reader.set("0", "after")
    assert reader.get("0") == "after"
    assert not caplog.records
    reader.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_opens_the_file_anew(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache.db")
    cache.set("parent", "1")
    child = os.fork()
    if child == 0:
        try:
            cache.set("child", cache.get("parent"))
            cache.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    cache.set("parent", "2")
    assert (cache.get("child"), cache.get("parent")) == ("1", "2")
    cache.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_waits_for_no_thread_of_its_parent(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache.db")
    cache.set("n", "1")
    inside, over = threading.Event(), threading.Event()

    def change(old: str | None) -> str:
        inside.set()
        over.wait(30)
        return "2"

    thread = threading.Thread(target=cache.update_many, args=({"m": change},))
    thread.start()
    assert inside.wait(30)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if cache.get("n") == "1" else 1)
    _, status = os.waitpid(child, 0)
    over.set()
    thread.join(30)
    assert status == 0
    assert cache.get("m") == "2"
    cache.close()


@pytest.mark.parametrize("damage", [b"no database at all " * 400, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(damage)
    cache = FileCache(path)
    with caplog.at_level(logging.WARNING, "ftrack_typed.cache"):
        cache.set("a", "1")
    assert cache.get("a") == "1"
    assert "set aside" in caplog.text
    (aside,) = tmp_path.glob("*.corrupt")
    assert aside.read_bytes() == damage
    cache.close()


def test_a_file_damaged_while_in_use_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    cache = FileCache(path)
    for number in range(200):
        cache.set(str(number), "x" * 500)
    cache.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    assert cache.get_many([str(number) for number in range(200)]) == {}
    cache.set("a", "1")
    assert cache.keys() == ["a"]
    assert len(list(tmp_path.glob("*.corrupt"))) == 1
    cache.close()


def test_a_file_that_can_not_be_used_counts_as_empty(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache.db").mkdir()
    cache = FileCache(tmp_path / "cache.db")
    with caplog.at_level(logging.WARNING, "ftrack_typed.cache"):
        cache.set("a", "1")
        assert cache.keys() == []
    with pytest.raises(KeyError):
        cache.get("a")
    assert "can't be used" in caplog.text


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    before = path.read_bytes()
    cache = FileCache(path)
    cache.set("a", "1")
    assert "a" not in cache
    assert path.read_bytes() == before


def test_it_keeps_the_newest_entries_within_its_bounds(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache.db", max_entries=3)
    for key in "abcd":
        cache.set(key, "1")
    cache.set("b", "2")
    cache.set("e", "1")
    assert cache.keys() == ["d", "b", "e"]
    cache.close()


def test_it_keeps_within_its_bytes(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache.db", max_bytes=100)
    for key in "abcdefgh":
        cache.set(key, "ü" * 10)
    assert cache.keys() == ["e", "f", "g", "h"]
    cache.set("huge", "x" * 101)
    assert cache.keys() == ["e", "f", "g", "h"]
    cache.set("e", "x" * 101)
    assert "e" not in cache
    cache.close()


def test_old_entries_count_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    cache = FileCache(tmp_path / "cache.db", max_age=60)
    cache.set("a", "1")
    cache.set("b", "1")
    now += 40
    cache.set("b", "2")
    cache.update_many({"a": lambda old: f"{old}+"})
    assert cache.get("a") == "1+"
    now += 30
    assert cache.keys() == ["b"], "what is changed stays as old as its oldest part"
    with pytest.raises(KeyError):
        cache.remove("a")
    cache.close()


def test_a_clock_that_was_set_back_keeps_nothing_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    cache = FileCache(tmp_path / "cache.db", max_age=60)
    cache.set("a", "1")
    now -= 1000
    cache.update_many({"a": lambda old: f"{old}+"})
    now += 61
    assert "a" not in cache
    cache.close()


@pytest.mark.parametrize("name", ["max_entries", "max_bytes", "max_age"])
def test_bounds_have_to_be_positive(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        FileCache(tmp_path / "cache.db", **{name: 0})


def test_it_takes_texts_only(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache.db")
    with pytest.raises(TypeError, match=r"texts.*value.*dict.*SerialisedCache"):
        cache.set("a", {})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"key.*bytes"):
        cache.get(b"a")  # type: ignore[arg-type]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "deep" / "cache.db")
    cache.set("a", "1")
    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600
    cache.close()


def test_it_may_be_used_again_after_closing(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache.db")
    cache.set("a", "1")
    cache.close()
    assert cache.get("a") == "1"
    cache.close()
    cache.close()


def test_reading_prepares_few_statements_for_any_number_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection keeps the latest 128 of them, some with 100 kB each."""
    statements: set[str] = set()

    class Recording(sqlite3.Connection):
        def execute(self, sql: str, /, *parameters: Any) -> sqlite3.Cursor:
            statements.add(sql)
            return super().execute(sql, *parameters)

    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Recording))
    keys = [str(number) for number in range(700)]
    with closing(FileCache(tmp_path / "cache.db")) as cache:
        cache.update_many({key: lambda old: "x" for key in keys})
        for count in range(0, 700, 3):
            assert cache.get_many(keys[:count]) == dict.fromkeys(keys[:count], "x")
        assert cache.get_many(["1", "none"]) == {"1": "x"}
    assert 1 <= sum(" IN (" in sql for sql in statements) <= 10
