"""The environment of the existing client, and a server for it to talk to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from ftrack_local import LocalServer

ROOT = Path(__file__).parents[2]
CLIENT = Path(__file__).parent / "client.py"
REQUIREMENT = "ftrack-python-api==3.1.0"
ENVIRONMENT = ROOT / ".venv-peer"

Scenario = Callable[[str], Any]


@pytest.fixture(scope="module")
def peer_python() -> Path:
    """Interpreter of an environment that holds the existing client; made once and kept."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = ENVIRONMENT / ".installed"
    wanted = f"{REQUIREMENT} {sys.version}"
    # Several modules use it, maybe in processes side by side.
    with FileLock(ROOT / ".clients.lock"):
        if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
            venv.create(ENVIRONMENT, clear=True, with_pip=True)
            # Its ancient pins need a setuptools that still has pkg_resources.
            command = [str(python), "-m", "pip", "install", "--quiet", REQUIREMENT, "setuptools<80"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                pytest.skip(f"{REQUIREMENT} can't be installed here: {done.stderr.strip().splitlines()[-1:]}")
            stamp.write_text(wanted, encoding="utf-8")
    return python


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
