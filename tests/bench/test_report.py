"""The page about performance is made from figures, and current."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from benchmarks import figures
from benchmarks.figures import OURS_TO_LIMIT, Measured, Target, as_json
from benchmarks.plot import line_chart
from benchmarks.suite import ROWS

ROOT = Path(__file__).parents[2]


def report(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.report", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a run wrote."""
    environment = {"python": "CPython 3.11.0", "system": "Linux x86_64", "rounds": 7, "quick": False}
    details = {
        "rows": [1_000, 10_000, 100_000],
        "microseconds": {"ours": [12.0, 11.0, 12.5], "peer": [800.0, 810.0, None], "limit": [6.0, 6.0, 6.1]},
        "bytes": {"ours": [900, 890, 880], "peer": [9_000, 9_000, None], "limit": [1_700, 1_700, 1_700]},
    }
    rows = {
        "hydrate_repeated": as_json(
            Measured(ours=90.5, limit=45.25), "ms", (Target(OURS_TO_LIMIT, "<=", 1.5),), environment
        ),
        "scale": as_json(Measured(ours=12.5, details=details), "µs", ROWS["scale"].targets, environment),
        "listen": as_json(
            Measured(note="Not measured: as a test."), "ms", ROWS["listen"].targets, environment
        ),
    }
    path = tmp_path / "run.json"
    figures.write(path, rows)
    return path


def test_a_report_is_made_from_a_run(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "docs"
    out.mkdir()
    assert report(str(run), "--out", str(out), "--check").returncode == 1
    assert report(str(run), "--out", str(out)).returncode == 0
    page = (out / "performance.md").read_text(encoding="utf-8")
    assert (
        "| [`hydrate_repeated`](#hydrate_repeated) | 90.5 ms | - | 45.2 ms | ours ÷ limit | 2 | ≤ 1.5 | **no** |"
        in page
    )
    assert "**Target not reached.**" in page
    assert "Not measured: as a test." in page
    drawn = set(re.findall(r"\]\((\S+\.svg)\)", page))
    assert drawn == {path.name for path in out.glob("*.svg")}
    assert len(drawn) == 2
    again = report(str(run), "--out", str(out), "--check")
    assert (again.returncode, again.stdout.strip()) == (0, "current")


def test_every_row_is_explained() -> None:
    unexplained = [name for name in ROWS if not (ROOT / "benchmarks" / "notes" / f"{name}.md").is_file()]
    assert unexplained == []


def test_the_page_in_the_repository_is_current() -> None:
    done = report("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_lines_stay_inside_a_chart() -> None:
    text = line_chart("A & B", "rows", "µs", [10, 1_000], {"one": [0.5, 3.0], "<two>": [90.0, None]})
    tree = ElementTree.fromstring(text)
    names = {"svg": "http://www.w3.org/2000/svg"}
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in tree.findall("svg:circle", names)]
    assert len(dots) == 3
    _, _, width, height = (float(part) for part in tree.attrib["viewBox"].split())
    assert all(0 < across < width and 0 < down < height for across, down in dots)
    # Ten times as much is one step of the grid higher, whatever the value.
    assert dots[1][1] < dots[0][1]
    assert dots[2][1] < dots[1][1]
