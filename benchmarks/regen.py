"""What generating a package costs: generating, type-checking and importing it.

Run with ``python -m benchmarks.regen``. Each command starts a process of its own, as a build does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Figure, best_of, table

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schemas" / "stock.json"
PACKAGE = "measured_entities"

REGEN_BUDGET = 6000.0
"""Milliseconds that 130 types may take."""
CHECK_BUDGET = 15000.0
"""Milliseconds that mypy may take for all of them without a cache."""
_TIMEOUT = 300.0


def figures(rounds: int) -> list[Figure]:
    """Measure, in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="ftrack-typed-bench-") as scratch:
        directory = Path(scratch)
        (directory / "mypy.ini").write_text("[mypy]\nstrict = True\n", encoding="utf-8")
        types = ", ".join(_names())
        times = best_of(
            rounds,
            {
                "regen": lambda: _run(directory, *_regen()),
                "mypy": lambda: _run(
                    directory, "-m", "mypy", "--cache-dir", _fresh(directory), "-p", PACKAGE
                ),
                "entity": lambda: _run(directory, "-c", "import ftrack_typed.entity"),
                "package": lambda: _run(directory, "-c", f"import {PACKAGE}"),
                "five": lambda: _run(
                    directory, "-c", f"from {PACKAGE} import Project, Shot, Status, Task, User"
                ),
                "all": lambda: _run(directory, "-c", f"from {PACKAGE} import {types}"),
            },
        )
    five, everything = (times[name] - times["package"] for name in ("five", "all"))
    return [
        Figure("regen, 130 types", times["regen"], "budget", REGEN_BUDGET),
        Figure("mypy --strict, no cache", times["mypy"], "budget", CHECK_BUDGET),
        Figure("import the package", times["package"], "import ftrack_typed.entity", times["entity"]),
        Figure("five types of it", five, "all types of it", everything),
    ]


def _names() -> list[str]:
    """Entity types that are spelled in Python as they are on the wire."""
    documents = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return sorted(document["id"] for document in documents)


def _regen() -> list[str]:
    return ["-m", "ftrack_typed", "regen", "--schema", str(SCHEMA), "--package", PACKAGE, "--out", "."]


def _fresh(directory: Path) -> str:
    """A cache directory that nobody used."""
    return tempfile.mkdtemp(dir=directory)


def _run(directory: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments], cwd=directory, check=True, capture_output=True, timeout=_TIMEOUT
    )


def main() -> int:
    """Measure and print; exit with 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regen", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds to take the best of")
    found = figures(max(1, parser.parse_args().rounds))
    print(table(found))
    return int(any(one.baseline == "budget" and (one.ratio or 0) > 1 for one in found))


if __name__ == "__main__":
    sys.exit(main())
