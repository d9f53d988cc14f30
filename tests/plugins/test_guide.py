"""The guides to plugins and actions are true: their code runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.actions import Action, BooleanField, DateField, NumberField, TextField
from ftrack_typed.events import Event
from ftrack_typed.plugins import topics

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
Open = Callable[..., Session]


def blocks(name: str) -> list[str]:
    return BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))


def test_the_guide_to_plugins_runs(
    open_session: Open,
    plugins: Path,
    local_server: LocalServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FTRACK_SERVER", local_server.url)
    monkeypatch.setenv("FTRACK_API_USER", local_server.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", local_server.api_key)
    whole = blocks("plugins.md")
    files = {text.split(maxsplit=2)[1]: text for text in whole if text.startswith("# ")}
    assert set(files) == {"burn_in.py", "mixins.py"}
    (plugins / "burn_in.py").write_text(files["burn_in.py"], encoding="utf-8")
    names: dict[str, Any] = {}
    for text in whole:
        if not text.startswith("# "):
            exec(compile(text.replace("/studio/plugins", str(plugins)), "plugins.md", "exec"), names)
    session: Session = names["session"]
    loaded, *_, name, days = capsys.readouterr().out.splitlines()
    assert loaded.startswith("loaded ")
    assert loaded.endswith("burn_in.py")
    assert name.isupper()
    assert float(days) >= 0
    assert len(session.event_hub.subscribers()) == 1
    session.close()


def test_all_occasions_are_told() -> None:
    text = (DOCS / "plugins.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(ftrack\.[\w.-]+)`", text, re.M))
    assert told == {
        value for name, value in vars(topics).items() if name.isupper() and str(value).startswith("ftrack.")
    }


def test_the_guide_to_actions_runs(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks("actions.md")
    names: dict[str, Any] = {"session": session}
    exec(compile(text, "actions.md", "exec"), names)
    assert capsys.readouterr().out == "True\n"
    action = names["action"]
    assert isinstance(action, Action)
    task = session.query("Task").first()
    assert task is not None
    data = {
        "selection": [{"entityId": task["id"], "entityType": "task"}],
        "actionIdentifier": action.identifier,
        "values": {"days": 2},
    }
    before = task["bid"] or 0
    event = Event("ftrack.action.launch", data=data, source={"user": {"username": session.api_user}})
    assert session.event_hub.publish(event, synchronous=True) == [
        {"success": True, "message": "1 tasks have more time."}
    ]
    assert task["bid"] == before + 57600
    assert not session.recorded_operations


def test_all_fields_are_told() -> None:
    text = (DOCS / "actions.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+Field)`", text))
    import ftrack_typed.actions as actions

    assert told == {name for name in actions.__all__ if name.endswith("Field")} - {"Field"}
    assert TextField("a").of({}) == ""
    assert (NumberField("a").of({}), DateField("a").of({}), BooleanField("a").of({})) == (None, None, False)
