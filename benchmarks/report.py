"""Write ``docs/performance.md`` and its plots from files that ``make bench FLAGS="--json FILE"`` wrote.

Text comes from ``benchmarks/notes``: what each row means, and what stands between where its target isn't reached.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.figures import Target
from benchmarks.plot import line_chart
from benchmarks.suite import ROWS

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
NOTES = ROOT / "benchmarks" / "notes"

_PAGE = "performance.md"
_PLOTS = {"microseconds": "performance-time.svg", "bytes": "performance-memory.svg"}
_NAMES = {"ours": "ftrack-typed", "peer": "existing client", "limit": "only parsed"}
_MADE = "<!-- Made by `python -m benchmarks.report`; edit benchmarks/notes instead. -->"

Rows = Mapping[str, Any]


def report(runs: Sequence[Rows]) -> dict[str, str]:
    """Texts by file name: the page, and its plots when any run measured ``scale``.

    Args:
        runs: What each run measured, by row; the plots are of the first.
    """
    plots = _plots(runs[0])
    parts = [_MADE, _note("introduction"), *[_table(run) for run in runs]]
    if plots:
        parts.append(_note("plots"))
        parts += [f"![{name}]({name})" for name in plots]
    parts.append("## Row by row")
    parts += [_section(name, runs) for name in ROWS if any(name in run for run in runs)]
    return {_PAGE: "\n\n".join(part.strip() for part in parts if part.strip()) + "\n", **plots}


def _table(run: Rows) -> str:
    environment = next(iter(run.values()))["environment"]
    lines = [
        f"### {environment['python']}",
        "",
        f"On {environment['system']}, best of {environment['rounds']} turns or more."
        + (" Too little was measured for the figures to mean anything." if environment["quick"] else ""),
        "",
        "| name | ours | existing client | limit | | ratio | target | met |",
        "|---|--:|--:|--:|---|--:|--:|---|",
    ]
    for name, row in run.items():
        columns = [figures.amount(row[column], row["unit"]) for column in ("ours", "peer", "limit")]
        for position, target in enumerate(row["targets"]):
            told = [f"[`{name}`](#{name})", *columns] if position == 0 else [""] * 4
            bounded = Target(target["of"], target["bound"], target["target"])
            value = figures.beside(target["value"], bounded)
            verdict = figures.verdict(target["met"])
            told += [target["of"], value, str(bounded), f"**{verdict}**" if verdict == "no" else verdict]
            lines.append(f"| {' | '.join(told)} |")
    return "\n".join(lines)


def _section(name: str, runs: Sequence[Rows]) -> str:
    found = [run[name] for run in runs if name in run]
    parts = [f"### {name}", f"*{ROWS[name].work}*", _note(name)]
    reasons = sorted({row["note"] for row in found if row["note"]})
    parts += reasons
    if any(row["met"] is False for row in found):
        parts.append(f"**Target not reached.** {_note(f'between/{name}') or 'Not looked into yet.'}")
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _plots(run: Rows) -> dict[str, str]:
    if "scale" not in run or not run["scale"]["details"]:
        return {}
    details = run["scale"]["details"]
    titles = {"microseconds": "Time per row", "bytes": "Memory per row"}
    return {
        name: line_chart(
            titles[kind],
            "rows in the result, each with four related entities",
            kind,
            details["rows"],
            {_NAMES[column]: line for column, line in details[kind].items()},
        )
        for kind, name in _PLOTS.items()
    }


def _note(name: str) -> str:
    path = NOTES / f"{name}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main() -> int:
    """Write or check the files; return the exit code: 1 when they are not current."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="runs to tell of; those in benchmarks/results if omitted",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs", metavar="DIRECTORY", help="where to write")
    parser.add_argument(
        "--check", action="store_true", help="write nothing, tell whether the files are current"
    )
    arguments = parser.parse_args()
    runs = [figures.read(path) for path in arguments.files or sorted(RESULTS.glob("*.json"))]
    if not runs:
        parser.error("there is no run to tell of")
    texts = report(runs)
    if arguments.check:
        stale = [name for name, text in texts.items() if _text(arguments.out / name) != text]
        print("\n".join(f"{name} is not current" for name in stale) or "current")
        return int(bool(stale))
    for name, text in texts.items():
        (arguments.out / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
