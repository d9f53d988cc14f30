"""Starting and stopping the server, what it is given, and the command line."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

import ftrack_local
from ftrack_local import LocalServer, LocalServerError
from ftrack_local.cli import SERVE

if TYPE_CHECKING:
    from tests.local.conftest import Client

Connect = Callable[[LocalServer], "Client"]


def test_a_server_answers_between_start_and_stop() -> None:
    threads = set(threading.enumerate())
    server = LocalServer(seed="empty")
    with pytest.raises(LocalServerError, match="not running"):
        _ = server.url
    server.start()
    url = server.url
    with pytest.raises(LocalServerError, match="running already"):
        server.start()
    assert requests.post(f"{url}/api", json=[], timeout=30).status_code == 200
    server.stop()
    server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{url}/api", json=[], timeout=30)
    assert not {thread for thread in threading.enumerate() if "ftrack" in thread.name} - threads


def test_filling_the_database_reports_its_progress() -> None:
    rows: list[int] = []
    with LocalServer(seed="demo", progress=rows.append):
        assert rows == sorted(rows) != []
    with LocalServer(seed="empty", progress=rows.append):
        assert rows[-1] >= 1000


def test_a_server_may_start_again() -> None:
    server = LocalServer(seed="empty")
    for _ in range(2):
        with server:
            assert server.api_user == "admin"


def test_the_demo_has_a_thousand_tasks_and_its_size_scales(connect: Connect) -> None:
    counts = []
    for size in (1, 2):
        with LocalServer(size=size) as server:
            counts.append(len(connect(server).query("select id from Task")))
    assert 800 < counts[0] < 1200
    assert counts[1] > 1.8 * counts[0]


def test_a_database_file_keeps_what_was_written(tmp_path: Path, connect: Connect) -> None:
    url = f"sqlite:///{(tmp_path / 'studio.db').as_posix()}"
    with LocalServer(seed="empty", db=url) as server:
        client = connect(server)
        client.call(client.create("Group", id="g-1", name="kept"))
        before = len(client.query("User"))
    with LocalServer(seed="demo", db=url) as server:
        client = connect(server)
        assert client.names("select name from Group where id is g-1") == ["kept"]
        assert len(client.query("User")) == before
        assert server.api_user == "admin"


def test_a_port_in_use_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalServerError, match=f"127.0.0.1:{port}"):
            LocalServer(seed="empty", port=port).start()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Cannot read"),
        ("{", "not JSON"),
        ("3", "no list of schemas"),
        ('[{"action": "query"}]', "no list of schemas"),
        ('[{"id": "A", "properties": {"id": {}, "b": {"$ref": "C"}}, "primary_key": ["id"]}]', "'C'"),
    ],
)
def test_broken_schema_files(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "schema.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(LocalServerError, match=words):
        LocalServer(schema=path, seed="empty").start()


def test_schema_files_may_be_whole_replies(tmp_path: Path, demo: Client, connect: Connect) -> None:
    schemas = demo.call({"action": "query_schemas"})[0]
    replies = {"reply": [{"version": "4.13.8.0"}, schemas], "data": {"data": schemas}, "bare": schemas}
    for name, reply in replies.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(reply), encoding="utf-8")
        with LocalServer(schema=path, seed="empty") as server:
            assert connect(server).call({"action": "query_schemas"})[0] == schemas


def _type(name: str, **properties: object) -> dict[str, object]:
    identity = {"type": "string", "default": "{uid}"}
    return {
        "id": name,
        "type": "object",
        "properties": {"id": identity, **properties},
        "primary_key": ["id"],
        "required": ["id"],
        "immutable": ["id"],
        "default_projections": ["id"],
    }


def _key_of(name: str) -> dict[str, object]:
    return {"type": "string", "format": "foreign_key", "description": f"Foreign key(s): {name}.id"}


def test_a_schema_of_unknown_types_works_from_itself_alone(connect: Connect) -> None:
    schema = [
        _type("User", username={"type": "string"}),
        _type(
            "Plate",
            label={"type": "string"},
            owner_id=_key_of("User"),
            owner={"$ref": "User"},
            scans={"type": "array", "items": {"$ref": "Scan"}},
        ),
        _type("Scan", frames={"type": "integer"}, plate_id=_key_of("Plate"), plate={"$ref": "Plate"}),
    ]
    with LocalServer(schema=schema, seed="empty") as server:
        client = connect(server)
        client.call(
            client.create("Scan", id="s-1", frames=3, plate={"__entity_type__": "Plate", "id": "p-1"}),
            client.create("Plate", id="p-1", label="sky", owner={"__entity_type__": "User", "id": "u-1"}),
            client.create("User", id="u-1", username="ada"),
        )
        found = client.query("select owner.username, scans.frames from Plate where scans any (frames > 2)")
        assert found[0]["owner"]["username"] == "ada"
        assert [scan["frames"] for scan in found[0]["scans"]] == [3]
        client.call(client.delete("Plate", "p-1"))
        assert client.query("select plate from Scan")[0]["plate"] is None


def test_a_schema_nobody_could_connect_with_is_refused() -> None:
    with pytest.raises(LocalServerError, match="nobody could connect"):
        LocalServer(schema=[_type("Plate")], seed="empty").start()


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        ("missing.json", "missing.json"),
        ('[{"__entity_type__": "Usr", "username": "x"}]', "Usr"),
        ('[{"__entity_type__": "Group", "name": "x"}]', "User"),
    ],
)
def test_broken_seed_files(tmp_path: Path, seed: str, words: str) -> None:
    path = tmp_path / "missing.json"
    if seed.startswith("["):
        path.write_text(seed, encoding="utf-8")
    with pytest.raises(LocalServerError, match=words):
        LocalServer(seed=path).start()


@pytest.mark.parametrize("arguments", [{"db": "nonsense"}, {"host": "no.such.host.invalid"}, {"port": 70000}])
def test_other_bad_arguments(arguments: dict[str, object]) -> None:
    with pytest.raises(LocalServerError):
        LocalServer(seed="empty", **arguments).start()  # type: ignore[arg-type]


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="LocalServr"):
        ftrack_local.LocalServr  # noqa: B018


def test_a_missing_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "import ftrack_local\n"
        "try:\n    ftrack_local.LocalServer\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert 'pip install "ftrack-typed[local]"' in shown.stdout


# The command line


def _serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ftrack_typed", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts the process with a POSIX signal")
def test_serve_prints_where_it_answers_and_stops_on_interrupt() -> None:
    command = [sys.executable, "-m", "ftrack_typed", "serve", "--seed", "empty"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        shown = "".join(lines)
        found = re.search(r"FTRACK_SERVER\s?=\s?\"?(\S+?)\"?$", shown, re.MULTILINE)
        assert found is not None
        key = re.search(r"^key:\s+(\S+)$", shown, re.MULTILINE)
        assert key is not None
        headers = {"ftrack-user": "admin", "ftrack-api-key": key.group(1)}
        operations = [{"action": "query", "expression": "select username from User"}]
        answer = requests.post(f"{found.group(1)}/api", json=operations, headers=headers, timeout=30).json()
        assert answer[0]["data"][0]["username"] == "admin"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert errors == ""
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--host", "0.0.0.0"], 2, "--allow-remote"),
        (["--cors", "localhost:3000"], 1, "http://localhost:3000"),
        (["--port", "99999"], 2, "99999"),
        (["--seed-size", "0"], 2, "'0'"),
        (["--colour"], 2, "--colour"),
        (["--schema", "no-such-file.json"], 1, "error: Cannot read the schema file no-such-file.json"),
        (["--seed", "no-such-file.json"], 1, "no-such-file.json"),
        (["--db", "nonsense"], 1, "nonsense"),
    ],
)
def test_serve_explains_bad_arguments_in_a_line(arguments: list[str], code: int, words: str) -> None:
    result = _serve(*arguments)
    assert result.returncode == code
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_serve_reports_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = _serve("--port", str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert result.stderr.startswith("error: Cannot listen on 127.0.0.1:")
    assert len(result.stderr.splitlines()) == 1


def test_the_command_is_what_the_program_expects() -> None:
    assert (SERVE.name, SERVE.extra) == ("serve", "local")
