"""The soak of ``benchmarks/soak.py`` in short: what a service holds does not grow with what it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.soak", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=200, check=False
    )


def test_nothing_grows() -> None:
    done = soak("--turns", "48", "--seed", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("seed 1\n")
    assert done.stdout.endswith("Nothing grows.\n")


def test_a_leak_is_noticed() -> None:
    done = soak("--turns", "36", "--seed", "1", "--hold")
    assert done.returncode == 1
    assert "GROWS  entities" in done.stdout
