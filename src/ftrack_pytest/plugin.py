"""Fixtures `ftrack_server`, `ftrack_site` and `ftrack_session`, and the settings they follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ftrack_local import LocalServer
    from ftrack_typed import Session

_DEFAULT_SIZE = "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings."""
    parser.addini(
        "ftrack_schema",
        "saved query_schemas answer the local ftrack server follows (default: the stock schema)",
    )
    parser.addini(
        "ftrack_seed",
        "what the local ftrack server starts with: demo, empty or a JSON file of rows (default: demo)",
        default="demo",
    )
    parser.addini(
        "ftrack_seed_size",
        "size of the demo seed (default: 1, about a thousand tasks)",
        default=_DEFAULT_SIZE,
    )
    parser.addini(
        "ftrack_entities", "generated package of entity classes for sessions (default: the stock one)"
    )


@pytest.fixture(scope="session")
def ftrack_server(pytestconfig: pytest.Config) -> Iterator[LocalServer]:
    """A local ftrack server for the whole test run.

    What a test changes through it stays for the tests that follow; use `ftrack_site` or
    `ftrack_session` to have it undone.
    """
    from ftrack_local import LocalServer

    server = LocalServer(
        schema=_path(pytestconfig, "ftrack_schema"), seed=_seed(pytestconfig), size=_size(pytestconfig)
    )
    with server:
        server.snapshot()
        yield server


@pytest.fixture
def ftrack_site(ftrack_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """The same server, for one test: afterwards rows, files, faults and settings are as before.

    `FTRACK_SERVER`, `FTRACK_API_USER` and `FTRACK_API_KEY` are set, so that the code under test connects
    to it by itself. A test that plans a fault which never strikes fails.
    """
    monkeypatch.setenv("FTRACK_SERVER", ftrack_server.url)
    monkeypatch.setenv("FTRACK_API_USER", ftrack_server.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", ftrack_server.api_key)
    ftrack_server.requests.clear()
    try:
        yield ftrack_server
        pending = ftrack_server.faults.pending
    finally:
        ftrack_server.restore()
    if pending:
        missed = "; ".join(map(str, pending))
        pytest.fail(f"Planned faults never struck: {missed}", pytrace=False)


@pytest.fixture
def ftrack_session(
    ftrack_site: LocalServer, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """A session on the server, for one test; what it changes is undone."""
    from ftrack_typed import Session

    session = Session(
        ftrack_site.url,
        ftrack_site.api_key,
        ftrack_site.api_user,
        entities=pytestconfig.getini("ftrack_entities") or None,
        schema_cache_path=tmp_path_factory.getbasetemp() / "ftrack-schema",
    )
    # What starting a session asks for is not the test's.
    ftrack_site.requests.clear()
    with session:
        yield session


def _path(config: pytest.Config, name: str) -> Path | None:
    """Return a setting that names a file, relative to the directory of the configuration file."""
    value = str(config.getini(name) or "")
    if not value:
        return None
    path = config.rootpath / value
    if not path.is_file():
        raise pytest.UsageError(f"{name} = {value}: there is no file {path}.")
    return path


def _seed(config: pytest.Config) -> str | Path:
    value = str(config.getini("ftrack_seed"))
    return value if value in ("demo", "empty") else _path(config, "ftrack_seed") or "demo"


def _size(config: pytest.Config) -> int:
    value = str(config.getini("ftrack_seed_size"))
    if not value.isdigit() or int(value) < 1:
        raise pytest.UsageError(f"ftrack_seed_size = {value}: a whole number from 1 is wanted.")
    return int(value)
