"""The official clients, each in a process of its own, and a server for them to talk to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tests.peer.conftest import peer_python

from ftrack_local import LocalServer

__all__ = ["peer_python"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE = ROOT / ".node"
PACKAGE = "@ftrack/api@1.11.2"
SECONDS = 180

Seen = Callable[[str], Any]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A demo studio for one client to change."""
    with LocalServer() as running:
        yield running


@pytest.fixture(scope="session")
def node() -> str:
    """Path of Node, with the client's package installed for it; both are looked for once and kept."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("Node is not installed, or npm is missing")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True)
    if int(version.stdout.strip().lstrip("v").split(".")[0]) < 20:
        pytest.skip(f"the client's script needs Node 20 or newer, this is {version.stdout.strip()}")
    stamp = NODE / ".installed"
    with FileLock(ROOT / ".clients.lock"):
        if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == PACKAGE):
            NODE.mkdir(exist_ok=True)
            (NODE / "package.json").write_text('{"private": true}\n', encoding="utf-8", newline="\n")
            command = [npm, "install", "--no-audit", "--no-fund", "--no-save", PACKAGE]
            done = subprocess.run(
                command, cwd=NODE, capture_output=True, text=True, timeout=SECONDS, check=False
            )
            if done.returncode != 0:
                pytest.skip(f"{PACKAGE} can't be installed here: {done.stderr.strip().splitlines()[-1:]}")
            stamp.write_text(PACKAGE, encoding="utf-8", newline="\n")
    return program


@pytest.fixture(scope="module")
def python_client(peer_python: Path, server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What a scenario of ``python_client`` saw."""
    command = [str(peer_python), "-m", "tests.conformance.python_client"]
    return _run(command, server, tmp_path_factory.mktemp("python_client"))


@pytest.fixture(scope="module")
def javascript_client(node: str, server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What a scenario of ``javascript_client.mjs`` saw."""
    # Packages are looked for beside the script.
    script = shutil.copy(HERE / "javascript_client.mjs", NODE)
    return _run([node, str(script)], server, tmp_path_factory.mktemp("javascript_client"))


def _run(command: Sequence[str], server: LocalServer, directory: Path) -> Seen:
    """Run all scenarios in one process, which starts slower than it works."""
    foreign = ("FTRACK_", "PYTHONPATH", "NODE_OPTIONS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {
        "FTRACK_SERVER": server.url,
        "FTRACK_API_USER": server.api_user,
        "FTRACK_API_KEY": server.api_key,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    scenarios = json.loads(done.stdout)

    def seen(scenario: str) -> Any:
        found = scenarios[scenario]
        assert "error" not in found, found["error"]
        return found["seen"]

    return seen
