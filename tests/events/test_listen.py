"""The commands ``ftrack-typed listen`` and ``ftrack-typed journal``, as processes."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ftrack_local import LocalServer
from ftrack_typed.cli import main
from ftrack_typed.events import Event, EventHub
from ftrack_typed.events.durable import Journal

PATIENCE = 60.0

HANDLERS = '''
"""Writes the number of every event to a file."""

def register(session, log):
    def handle(event):
        number = event.data["n"]
        if number < 0:
            raise ValueError(f"{number} is no number of mine")
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{number}\\n")
    session.event_hub.subscribe("topic=studio.test", handle)
'''


class Listener:
    """A process that listens."""

    def __init__(self, server: LocalServer, directory: Path, *arguments: str) -> None:
        self.log = directory / "log"
        self._server = server
        environment = {
            **os.environ,
            "FTRACK_SERVER": server.url,
            "FTRACK_API_USER": server.api_user,
            "FTRACK_API_KEY": server.api_key,
            "PYTHONUNBUFFERED": "1",
        }
        command = [
            sys.executable,
            "-m",
            "ftrack_typed",
            "listen",
            *arguments,
            "--argument",
            f"log={self.log}",
        ]
        self.process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.told: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told.append(line)

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until the process has logged something."""
        found: list[re.Match[str]] = []

        def look() -> bool:
            found[:] = [match for line in list(self.told) if (match := re.search(pattern, line))]
            return bool(found)

        until(look, lambda: "".join(self.told))
        return found[0]

    def numbers(self) -> list[int]:
        """The events handled so far."""
        return [int(line) for line in self.log.read_text().split()] if self.log.exists() else []

    def stop(self) -> int:
        """Ask the process to end, and wait for that."""
        if os.name == "nt":
            self.process.send_signal(signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined,unused-ignore]
        else:
            self.process.terminate()
        return self.end()

    def end(self) -> int:
        """Wait for the end of the process and return its exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code


def until(condition: Callable[[], bool], told: Callable[[], str] = str) -> None:
    """Look again and again whether something has come about in another process."""
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, told()
        pause.wait(0.02)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def listen(server: LocalServer, tmp_path: Path) -> Iterator[Callable[..., Listener]]:
    (tmp_path / "handlers.py").write_text(HANDLERS, encoding="utf-8")
    started: list[Listener] = []

    def start(*arguments: str, to: LocalServer = server) -> Listener:
        started.append(Listener(to, tmp_path, *arguments))
        return started[-1]

    yield start
    for listener in started:
        with contextlib.suppress(OSError):
            listener.process.kill()
        listener.end()
        for stream in (listener.process.stdout, listener.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def hub(server: LocalServer) -> Iterator[EventHub]:
    with EventHub(server.url, server.api_user, server.api_key) as made:
        made.connect(PATIENCE)
        yield made


def publish(hub: EventHub, *numbers: int) -> None:
    for number in numbers:
        hub.publish(Event("studio.test", data={"n": number}))
    assert hub.flush(PATIENCE)


def health(address: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"http://{address}/", timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_module_listens_until_it_is_asked_to_end(
    listen: Callable[..., Listener], hub: EventHub, server: LocalServer, tmp_path: Path
) -> None:
    process = listen("handlers", "--health", "127.0.0.1:0", "--health-file", "health.json")
    address = process.says(r"Health is told at http://([\d.:]+)/")[1]
    until(lambda: health(address)[0] == 200)
    process.says("Listening to")
    publish(hub, 1)
    until(lambda: process.numbers() == [1])
    status, report = health(address)
    assert (status, report["healthy"], report["state"], report["listener"]) == (200, True, "connected", None)
    assert report["hub"]["handled"] >= 1
    assert server.api_key not in json.dumps(report)
    assert process.stop() == 0
    written = json.loads((tmp_path / "health.json").read_text(encoding="utf-8"))
    assert (written["healthy"], written["state"]) == (False, "stopped")
    assert server.api_key not in "".join(process.told)


def test_with_a_journal_nothing_is_lost_when_the_process_is_killed_and_the_server_restarts(
    listen: Callable[..., Listener],
) -> None:
    options = ("handlers.py", "--journal", "events.sqlite", "--key", "none", "--health", "127.0.0.1:0")
    with LocalServer() as server, EventHub(server.url, server.api_user, server.api_key) as hub:
        hub.connect(PATIENCE)
        first = listen(*options, to=server)
        first.says("Listening to")
        publish(hub, 1, 2, 3)
        until(lambda: first.numbers() == [1, 2, 3])
        first.process.kill()
        first.end()
        second = listen(*options, to=server)
        second.says("Listening to")
        publish(hub, 4, 5)
        until(lambda: second.numbers() == [1, 2, 3, 4, 5])
        port = urlsplit(server.url).port
        assert port is not None
        server.stop()
        second.says("Another attempt follows")
        later = itertools.count(6)
        with LocalServer(port=port):
            hub.reconnect()
            until(lambda: later_ones(hub, second, next(later)))
            address = second.says(r"Health is told at http://([\d.:]+)/")[1]
            # A handler has written its number before the journal learns that it is done.
            until(lambda: health(address)[1]["journal"]["waiting"] == 0)
            status, report = health(address)
            assert (status, report["journal"]["poisoned"]) == (200, [])
            assert second.stop() == 0
    assert second.numbers() == sorted(set(second.numbers()))


def later_ones(hub: EventHub, process: Listener, number: int) -> bool:
    """Whether anything published since the server came back has reached the process."""
    publish(hub, number)
    return max(process.numbers()) > 5


def test_poison_is_shown_and_retried_or_discarded_from_the_command_line(
    listen: Callable[..., Listener], hub: EventHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = listen(
        "handlers.py", "--journal", "events.sqlite", "--attempts", "1", "--health", "127.0.0.1:0"
    )
    process.says("Listening to")
    publish(hub, -1, -2)
    address = process.says(r"Health is told at http://([\d.:]+)/")[1]
    until(lambda: health(address)[1]["journal"]["set_aside"] == 2)
    [one, other] = health(address)[1]["journal"]["poisoned"]
    assert one["error"].endswith("ValueError: -1 is no number of mine")
    journal = str(tmp_path / "events.sqlite")
    assert main(["journal", journal]) == 1
    assert "Another listener works on the journal" in capsys.readouterr().err
    assert process.stop() == 0
    assert main(["journal", journal, "--retry", one["id"], "--discard", other["id"]]) == 0
    assert capsys.readouterr().out == "1 events wait, 0 are set aside\n"
    assert main(["journal", journal, "--retry", "nothing"]) == 1
    assert "No event 'nothing' was set aside" in capsys.readouterr().err


def test_the_journal_of_a_listener_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(tmp_path / "events.sqlite")
    journal.store({"id": "e0", "topic": "studio.test"})
    entry = journal.store({"id": "e1", "topic": "studio.test"})
    assert entry is not None
    journal.set_aside(entry.number, ["ValueError: two\nlines"])
    journal.close()
    assert main(["journal", str(tmp_path / "events.sqlite")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 events wait, 1 are set aside"
    assert re.fullmatch(r"e1  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00  studio\.test  1 attempts", lines[1])
    assert lines[2] == "    ValueError: two lines"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["no_such_module"], 1, "There is no module 'no_such_module'"),
        (["missing.py"], 1, "missing.py can't be listened with"),
        (["empty.py"], 1, "empty.py has no function register"),
        (["handlers.py", "--workers", "2"], 1, "--workers works with --journal FILE only"),
        (["handlers.py", "--journal", "j", "--attempts", "0"], 1, "attempts counts from 1"),
        (["handlers.py", "--journal", "j", "--key", "shot"], 2, "none of project, entity, none"),
        (["handlers.py", "--argument", "x"], 2, "'x' is not of the form NAME=VALUE"),
        (["handlers.py", "--health", "here"], 1, "'here' is not of the form HOST:PORT"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_runs(
    listen: Callable[..., Listener], tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    (tmp_path / "empty.py").write_text("", encoding="utf-8")
    process = listen(*arguments)
    assert process.end() == code
    assert told in "".join(process.told)


def test_a_missing_journal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", str(tmp_path / "none")]) == 1
    assert f"There is no journal {tmp_path / 'none'}." in capsys.readouterr().err


def test_health_is_told_while_the_journal_is_busy_and_after_the_end(
    listen: Callable[..., Listener], hub: EventHub, tmp_path: Path
) -> None:
    process = listen(
        "handlers.py", "--journal", "j.sqlite", "--health", "127.0.0.1:0", "--health-file", "health.json"
    )
    address = process.says(r"Health is told at http://([\d.:]+)/")[1]
    process.says("Listening to")
    until(lambda: health(address)[0] == 200)
    with contextlib.closing(sqlite3.connect(tmp_path / "j.sqlite", isolation_level=None)) as other:
        other.execute("DROP TABLE handled")
        other.execute("ALTER TABLE events RENAME TO elsewhere")
    status, report = health(address)
    assert (status, report["healthy"], report["state"]) == (503, False, "connected")
    assert "no such table" in report["journal"]["problem"]
    # The file is written all the same, and the service goes on to its end.
    written = tmp_path / "health.json"
    until(lambda: "no such table" in written.read_text(encoding="utf-8"))
    with contextlib.closing(sqlite3.connect(tmp_path / "j.sqlite", isolation_level=None)) as other:
        other.execute("ALTER TABLE elsewhere RENAME TO events")
        other.execute(
            "CREATE TABLE handled (number INTEGER NOT NULL, handler TEXT NOT NULL, PRIMARY KEY (number, handler))"
        )
    publish(hub, 1)
    until(lambda: process.numbers() == [1])
    until(lambda: health(address)[1]["listener"]["finished"] == 1)
    assert process.stop() == 0
    report = json.loads(written.read_text(encoding="utf-8"))
    assert (report["state"], report["healthy"], report["journal"]["waiting"]) == ("stopped", False, 0)


def test_a_handler_may_end_the_service(
    listen: Callable[..., Listener], hub: EventHub, tmp_path: Path
) -> None:
    (tmp_path / "ending.py").write_text(
        "def register(session):\n"
        "    hub = session.event_hub\n"
        "    hub.subscribe('topic=studio.test', lambda event: hub.disconnect())\n",
        encoding="utf-8",
    )
    processes = [listen("ending.py"), listen("ending.py", "--journal", "ending.sqlite")]
    for process in processes:
        process.says("Listening to")
    publish(hub, 1)
    assert [process.end() for process in processes] == [0, 0]
