"""The examples of docs/listening.md."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.listening.service import load_module

GUIDE = Path(__file__).parents[2] / "docs" / "listening.md"


def blocks() -> list[str]:
    return re.findall(r"^```python.*?\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)


def test_the_guide_shows_a_module_that_can_be_listened_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "handlers.py"
    file.write_text(blocks()[0], encoding="utf-8")
    with LocalServer() as server, Session(server.url, server.api_key, server.api_user) as session:
        load_module(str(file)).register(session, channel="shots")
        hub = session.event_hub
        hub.subscribe("topic=ftrack.update", lambda event: hub.disconnect(), priority=200)
        hub.connect()
        assert hub.flush()
        task = session.query("Task").first()
        assert task is not None
        task["name"] = "listened"
        session.commit()
        hub.wait(30)
    assert re.search(rf"^shots update task {task['id']}$", capsys.readouterr().out, re.M)


def test_the_program_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with LocalServer() as server, Session(server.url, server.api_key, server.api_user) as session:
        exec(compile(blocks()[1], os.fspath(GUIDE), "exec"), {"session": session})
    assert capsys.readouterr().out == "0\n"
