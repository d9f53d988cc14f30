"""Run the benchmarks and print one table."""

from __future__ import annotations

import argparse
import platform
import sys

from benchmarks import imports, server_page, sessions
from benchmarks.measure import table


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds to take the best of")
    rounds = max(1, parser.parse_args().rounds)
    print(
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, best of {rounds}\n"
    )
    print(table([*imports.figures(rounds), *sessions.figures(rounds), *server_page.figures(rounds)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
