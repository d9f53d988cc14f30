"""``ftrack-typed regen`` as its users call it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ftrack_typed import cli
from ftrack_typed.schema import schema_hash

Documents = list[dict[str, Any]]


@pytest.fixture
def small(tmp_path: Path, entity_type: Any) -> Path:
    """A file with a small schema."""
    path = tmp_path / "schema.json"
    documents = [entity_type("Task", {"status": {"$ref": "Status"}, "bid": {"type": "number"}})]
    path.write_text(json.dumps([*documents, entity_type("Status")]), encoding="utf-8")
    return path


def regen(*arguments: object) -> int:
    return cli.main(["regen", *map(str, arguments)])


def test_from_a_file(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert regen("--schema", small, "--package", "studio", "--out", tmp_path / "out") == 0
    directory = tmp_path / "out" / "studio"
    assert sorted(path.name for path in directory.iterdir()) == [
        "__init__.py",
        "_provenance.py",
        "_status.py",
        "_task.py",
        "py.typed",
    ]
    output = capsys.readouterr()
    assert output.out.startswith(
        f"{directory}: 2 types, 4 attributes: 5 files written, 0 unchanged, 0 removed ("
    )
    assert output.err == ""


@pytest.mark.parametrize(
    "wrap",
    [
        lambda documents: [documents],
        lambda documents: [{"version": "4.13"}, documents],
        lambda documents: {"action": "query_schemas", "data": documents},
        lambda documents: [{"action": "query_schemas", "data": documents}],
    ],
)
def test_from_a_recorded_reply(small: Path, tmp_path: Path, wrap: Any) -> None:
    documents = json.loads(small.read_text(encoding="utf-8"))
    small.write_text(json.dumps(wrap(documents)), encoding="utf-8")
    assert regen("--schema", small, "--package", "studio", "--out", tmp_path) == 0
    assert (tmp_path / "studio" / "_task.py").is_file()


def test_checking_lists_what_differs_and_writes_nothing(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--schema", small, "--package", "studio", "--out", tmp_path)
    assert regen(*arguments, "--check") == 1
    assert not (tmp_path / "studio").exists()
    assert regen(*arguments) == 0
    assert regen(*arguments, "--check") == 0
    capsys.readouterr()

    (tmp_path / "studio" / "_task.py").write_text(
        (tmp_path / "studio" / "_task.py").read_text(encoding="utf-8") + "# edited\n", encoding="utf-8"
    )
    (tmp_path / "studio" / "_status.py").rename(tmp_path / "studio" / "_gone.py")
    assert regen(*arguments, "--check") == 1
    directory = tmp_path / "studio"
    assert capsys.readouterr().out.splitlines() == [
        f"missing: {directory / '_status.py'}",
        f"outdated: {directory / '_task.py'}",
        f"superfluous: {directory / '_gone.py'}",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no JSON"),
        ("[]", "holds no schema"),
        ('{"error": "x"}', "holds no schema"),
        ('"text"', "holds no schema"),
        ('[{"id": "A B", "primary_key": ["id"], "properties": {"id": {"type": "string"}}}]', "'A B'"),
        (
            '[{"id": "A", "primary_key": ["id"], "properties": {"id": {"type": "string"}, "x y": {}}}]',
            "'x y'",
        ),
    ],
)
def test_a_file_that_is_no_sound_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    path = tmp_path / "schema.json"
    path.write_text(content, encoding="utf-8")
    assert regen("--schema", path, "--package", "studio", "--out", tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_absent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert regen("--schema", tmp_path / "none.json", "--package", "studio", "--out", tmp_path) == 1
    assert "none.json" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a-b", "json", "ftrack_typed", "a.b"])
def test_a_package_name_that_is_none(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert regen("--schema", small, "--package", name, "--out", tmp_path) == 1
    assert repr(name) in capsys.readouterr().err


def test_a_directory_of_something_else_is_left_alone(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "studio" / "__init__.py"
    mine.parent.mkdir()
    mine.write_text("mine = True\n", encoding="utf-8")
    assert regen("--schema", small, "--package", "studio", "--out", tmp_path) == 1
    assert "did not generate" in capsys.readouterr().err
    assert list(mine.parent.iterdir()) == [mine]


@pytest.mark.parametrize("missing", ["--package", "--out"])
def test_arguments_that_are_needed(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    arguments = {"--package": "studio", "--out": str(tmp_path)}
    del arguments[missing]
    with pytest.raises(SystemExit) as caught:
        regen("--schema", small, *(part for pair in arguments.items() for part in pair))
    assert caught.value.code == 2
    assert missing in capsys.readouterr().err


def test_attributes_that_lead_nowhere_are_told(
    tmp_path: Path, entity_type: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps([entity_type("A", {"gone": {"$ref": "Conversation"}})]), encoding="utf-8")
    assert regen("--schema", path, "--package", "studio", "--out", tmp_path) == 0
    assert "A.gone" in capsys.readouterr().err


# From a server ------------------------------------------------


class Server:
    """A server that knows its version and its schema, and counts what it is asked."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                operations = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps([outer.answer(operation["action"]) for operation in operations])
                if self.headers["ftrack-api-key"] != "right":
                    body = json.dumps(
                        {
                            "exception": "InvalidCredentialsError",
                            "content": "The supplied API key is not valid.",
                        }
                    )
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body.encode("utf-8"))

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def answer(self, action: str) -> Any:
        self.asked.append(action)
        if action == "query_schemas":
            return self.documents
        return {"version": "4.13.8", "schema_hash": schema_hash(self.documents)}


@pytest.fixture
def server(small: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    running = Server(json.loads(small.read_text(encoding="utf-8")))
    thread = threading.Thread(target=running.http.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("FTRACK_API_KEY", "right")
    monkeypatch.setenv("FTRACK_API_USER", "tester")
    monkeypatch.delenv("FTRACK_SERVER", raising=False)
    yield running
    running.http.shutdown()
    running.http.server_close()
    thread.join()


def test_from_a_server_with_its_version(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    cache = tmp_path / "cache"
    assert (
        regen("--server", server.url, "--schema-cache-path", cache, "--package", "studio", "--out", out) == 0
    )
    provenance = (out / "studio" / "_provenance.py").read_text(encoding="utf-8")
    assert '"4.13.8"' in provenance
    assert schema_hash(server.documents) in provenance
    assert "right" not in "".join(path.read_text(encoding="utf-8") for path in out.rglob("*.py"))


def test_the_schema_is_fetched_once_and_kept_as_sessions_keep_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTRACK_SERVER", server.url)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path / "cache"))
    for _ in range(2):
        assert regen("--package", "studio", "--out", tmp_path) == 0
    assert server.asked.count("query_schemas") == 1


def test_a_wrong_key_is_told_without_showing_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FTRACK_API_KEY", "guessed-secret")
    assert regen("--server", server.url, "--package", "studio", "--out", tmp_path) == 1
    error = capsys.readouterr().err
    assert "not valid" in error
    assert "guessed-secret" not in error
    assert not (tmp_path / "studio").exists()


def test_no_server_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FTRACK_SERVER", raising=False)
    assert regen("--package", "studio", "--out", tmp_path) == 1
    assert "FTRACK_SERVER" in capsys.readouterr().err
