"""``make demo`` does what the README promises, and says so when it doesn't."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def demo(directory: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    return subprocess.run(
        [sys.executable, str(directory / "demo.py")],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def test_the_demo_ends_well_and_leaves_nothing(tmp_path: Path) -> None:
    done = demo(EXAMPLES, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    *_, last = done.stdout.splitlines()
    assert last.startswith("demo: ok")
    assert "Success: no issues found in 1 source file" in done.stdout
    assert 'error: "type[Task]" has no attribute "staus"' in done.stdout
    assert "published version 3" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("right", "wrong", "step"),
    [
        ("studio.Task.bid", "studio.Task.bidd", "mypy --strict examples/pipeline.py"),
        ('"In progress"', '"No such status"', "run examples/pipeline.py"),
    ],
)
def test_a_step_that_fails_is_named(tmp_path: Path, right: str, wrong: str, step: str) -> None:
    examples = tmp_path / "examples"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    shutil.copytree(EXAMPLES, examples, ignore=shutil.ignore_patterns("__pycache__"))
    script = examples / "pipeline.py"
    text = script.read_text(encoding="utf-8")
    assert right in text
    script.write_text(text.replace(right, wrong), encoding="utf-8")
    done = demo(examples, scratch)
    assert done.returncode == 1
    assert done.stderr.startswith(f"demo: failed: {step}")
    assert "demo: ok" not in done.stdout
    assert list(scratch.iterdir()) == []
