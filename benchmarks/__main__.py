"""Measure what the product costs, beside the existing client and the limit of Python, and print one table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.bench import FULL, QUICK, Bench, NotYetError, machine
from benchmarks.figures import Measured
from benchmarks.suite import ROWS, chosen


def main() -> int:
    """Measure and print; return the exit code: 1 when a row could not be measured."""
    arguments = _parser().parse_args()
    if arguments.list:
        for name, row in ROWS.items():
            print(f"{name:17} {row.work}: {', '.join(f'{each.of} {each}' for each in row.targets)}")
        return 0
    sizes = QUICK if arguments.quick else FULL
    failed = False
    found: dict[str, Any] = {}
    with Bench(sizes) as bench:
        for name in chosen(arguments.only):
            row = ROWS[name]
            print(f"{name}: {row.work} …", file=sys.stderr, flush=True)
            try:
                measured = row.measure(bench)
            except NotYetError as reason:
                measured = Measured(note=f"Not measured: {reason}.")
            except Exception as error:
                failed = True
                print(f"{name} failed: {error}", file=sys.stderr)
                measured = Measured(note=f"Failed: {type(error).__name__}.")
            found[name] = figures.as_json(measured, row.unit, row.targets, machine(sizes))
            if arguments.json is not None:
                figures.write(arguments.json, found)  # each time: a run that is stopped leaves what it has
        missing = bench.missing
    told = machine(sizes)
    print(f"{told['python']} on {told['system']}, best of {told['rounds']} turns or more\n")
    print(figures.table(found))
    if missing:
        print(f"\nThe existing client was not measured: {missing}", file=sys.stderr)
    unmet = arguments.strict and any(row["met"] is not True for row in found.values())
    return int(failed or unmet)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    parser.add_argument(
        "--only", nargs="+", choices=list(ROWS), metavar="NAME", default=[], help="rows to measure"
    )
    parser.add_argument(
        "--list", action="store_true", help="tell the rows and their targets, measure nothing"
    )
    parser.add_argument(
        "--quick", action="store_true", help="measure little, once: whether it runs, not how fast"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 also when a target is not met")
    return parser


if __name__ == "__main__":
    sys.exit(main())
