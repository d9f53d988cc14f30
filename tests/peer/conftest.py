"""The environment of the existing client, and a server for it to talk to."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tools import peer_environment

from ftrack_local import LocalServer

CLIENT = Path(__file__).parent / "client.py"

Scenario = Callable[[str], Any]


@pytest.fixture(scope="module")
def peer_python() -> Path:
    """Interpreter of an environment that holds the existing client; made once and kept."""
    try:
        return peer_environment.peer_python()
    except peer_environment.UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server with the demo studio."""
    with LocalServer() as running:
        yield running


@pytest.fixture(scope="module")
def peer(peer_python: Path, server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Run a scenario of ``client.py`` in a process of its own and give what it printed."""
    directory = tmp_path_factory.mktemp("peer")
    foreign = ("FTRACK_", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {
        "FTRACK_SERVER": server.url,
        "FTRACK_API_USER": server.api_user,
        "FTRACK_API_KEY": server.api_key,
        "PYTHONIOENCODING": "utf-8",
    }

    def run(scenario: str) -> Any:
        done = subprocess.run(
            [str(peer_python), str(CLIENT), scenario],
            cwd=directory,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
