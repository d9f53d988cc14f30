"""The code in the documentation runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.documented.conftest import some

import ftrack_entities
from ftrack_entities import AssetType, Project, Shot, Status, Task, TypedContextLink
from ftrack_local import LocalServer
from ftrack_typed import Session

DOCUMENTATION = Path(__file__).parents[3] / "docs"
DOCUMENTS = (
    "caching", "errors", "helpers", "naming", "queries", "reading", "retries", "threads", "writing"
)  # fmt: skip
"""Documents whose parts run with nothing but a session, and what it can read."""
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def documented_server() -> Iterator[LocalServer]:
    """A server of its own: what documentation does to the demo studio stays here."""
    with LocalServer(seed="demo") as server:
        yield server


@pytest.mark.parametrize("document", DOCUMENTS)
def test_code_in_the_documentation_runs(
    document: str, documented_server: LocalServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FTRACK_SERVER", documented_server.url)
    monkeypatch.setenv("FTRACK_API_USER", documented_server.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", documented_server.api_key)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    parts = PYTHON.findall((DOCUMENTATION / f"{document}.md").read_text(encoding="utf-8"))
    assert parts
    with Session() as session:
        names: dict[str, Any] = {name: getattr(ftrack_entities, name) for name in ftrack_entities.__all__}
        names.update(
            session=session,
            project=some(session, Project),
            shot=some(session, Shot),
            task=some(session, Task),
            tasks=session.query(Task).limit(5).all(),
            link=some(session, TypedContextLink),
            kind=some(session, AssetType),
            done=some(session, Status),
        )
        for number, part in enumerate(parts):
            exec(compile(part, f"{document}.md, part {number}", "exec"), names)
        session.rollback()
