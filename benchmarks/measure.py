"""Timing: alternatives run in turns, the best of several rounds counts."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    subject: str
    milliseconds: float
    baseline: str = ""
    """What it is compared with; empty for nothing."""
    baseline_milliseconds: float = 0.0

    @property
    def ratio(self) -> float | None:
        """How many times as long as the baseline it takes."""
        return self.milliseconds / self.baseline_milliseconds if self.baseline else None


def best_of(rounds: int, alternatives: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Run each alternative once per round, in turns, and return their shortest times in milliseconds.

    Turns spread disturbances of the machine over all of them; the shortest time has the least of it.
    """
    shortest = dict.fromkeys(alternatives, float("inf"))
    for _ in range(rounds):
        for name, action in alternatives.items():
            gc.collect()
            started = time.perf_counter()
            kept = action()  # freeing the result is not part of the time
            elapsed = (time.perf_counter() - started) * 1000
            del kept
            shortest[name] = min(shortest[name], elapsed)
    return shortest


def table(figures: list[Figure]) -> str:
    """Lay figures out as text."""
    rows = [("", "best", "compared with", "best", "ratio")]
    for figure in figures:
        ratio = figure.ratio
        rows.append(
            (
                figure.subject,
                f"{figure.milliseconds:.1f} ms",
                figure.baseline,
                f"{figure.baseline_milliseconds:.1f} ms" if figure.baseline else "",
                f"{ratio:.2f}" if ratio is not None else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 2) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
