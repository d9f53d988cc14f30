"""Make the environment that holds the existing client, ``ftrack-python-api``, and print its interpreter.

Tests compare behaviour with it and benchmarks cost; nothing of the product needs it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[1]
REQUIREMENT = "ftrack-python-api==3.1.0"
SECONDS = 300
"""Time an installation may take."""


class UnavailableError(Exception):
    """The existing client can't be installed here."""


def peer_python() -> Path:
    """Interpreter of an environment with the existing client; made once for each version of Python and kept.

    Raises:
        UnavailableError: when it can't be installed, for want of a network for example.
    """
    # The version that make chooses has the plain name, others stand beside it.
    tag = "" if sys.version_info[:2] == (3, 11) else f"-{sys.version_info[0]}.{sys.version_info[1]}"
    environment = ROOT / f".venv-peer{tag}"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = environment / ".installed"
    wanted = f"{REQUIREMENT} {sys.version}"
    # Several processes want it, maybe side by side.
    with FileLock(ROOT / ".clients.lock"):
        if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
            venv.create(environment, clear=True, with_pip=True)
            # Its ancient pins need a setuptools that still has pkg_resources.
            command = [str(python), "-m", "pip", "install", "--quiet", REQUIREMENT, "setuptools<80"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
            if done.returncode != 0:
                raise UnavailableError(
                    f"{REQUIREMENT} can't be installed here: {done.stderr.strip().splitlines()[-1:]}"
                )
            stamp.write_text(wanted, encoding="utf-8", newline="\n")
    return python


def main() -> int:
    """Print the path of the interpreter; return the exit code."""
    try:
        print(peer_python())
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
