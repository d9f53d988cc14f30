"""Fixtures of the tests of plugins and actions."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies and plugins of the machine out."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("FTRACK_EVENT_PLUGIN_PATH", raising=False)


@pytest.fixture(scope="session")
def local_server() -> Iterator[LocalServer]:
    """A local server with the demo seed; tests leave its own rows as they are."""
    with LocalServer(seed="demo") as server:
        yield server


@pytest.fixture
def open_session(local_server: LocalServer, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """Opens sessions that are closed after the test."""
    opened: list[Session] = []

    def open_one(**options: object) -> Session:
        settings: dict[str, object] = {"schema_cache_path": tmp_path / "schemas", **options}
        session = Session(local_server.url, local_server.api_key, local_server.api_user, **settings)  # type: ignore[arg-type]
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    """A session without plugins."""
    return open_session()


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """An empty directory for plugins."""
    directory = tmp_path / "plugins"
    directory.mkdir()
    return directory


@pytest.fixture
def write(plugins: Path) -> Write:
    """Writes a file below that directory."""

    def write_one(name: str, text: str) -> Path:
        path = plugins / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write_one
