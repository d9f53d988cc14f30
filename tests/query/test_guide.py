"""The examples of the guide to queries do what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session

ROOT = Path(__file__).resolve().parents[2]

PROGRAMS = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "docs" / "queries.md").read_text(encoding="utf-8"), re.M | re.S
)


def test_there_are_examples() -> None:
    assert len(PROGRAMS) == 5


@pytest.mark.parametrize("program", PROGRAMS)
def test_examples_run(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    with (
        LocalServer(seed="demo") as server,
        Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session,
    ):
        exec(compile(program, "queries.md", "exec"), {"session": session})
    assert "Task.name" not in capsys.readouterr().out, "values are printed, not paths"
