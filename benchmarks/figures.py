"""What the table holds: targets, figures, and whether the ones meet the others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Bound = Literal["<=", ">="]

# What a target is about, when it is none of a row's own.
OURS = "ours"
OURS_TO_LIMIT = "ours ÷ limit"
OURS_TO_PEER = "ours ÷ existing client"
PEER_TO_OURS = "existing client ÷ ours"


@dataclass(frozen=True)
class Target:
    """What a row has to reach."""

    of: str
    """The value that is bounded: one of the names above, or one of `Measured.values`."""
    bound: Bound
    value: float

    def met_by(self, found: float | None) -> bool | None:
        """Whether a value is good enough; None when it isn't known."""
        if found is None:
            return None
        return found <= self.value if self.bound == "<=" else found >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.bound == '<=' else '≥'} {self.value:,g}"


@dataclass(frozen=True)
class Measured:
    """What measuring one row gave; numbers in the row's unit, None for what does not apply."""

    ours: float | None = None
    peer: float | None = None
    """The existing client."""
    limit: float | None = None
    """What Python can do at best, or what ours is compared with instead."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Values of this row alone, by the name its targets use."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else is worth keeping, as JSON."""
    note: str = ""
    """Why there are no figures, or why some are missing."""

    @classmethod
    def from_best(cls, best: Mapping[str, float], factor: float) -> Measured:
        """Figures by column, each multiplied to come in the row's unit."""
        found = {name: value * factor for name, value in best.items()}
        return cls(found.get("ours"), found.get("peer"), found.get("limit"))

    def value(self, of: str) -> float | None:
        """The value that a target is about; None when it isn't known."""
        pairs = {
            OURS: (self.ours, 1.0),
            OURS_TO_LIMIT: (self.ours, self.limit),
            OURS_TO_PEER: (self.ours, self.peer),
            PEER_TO_OURS: (self.peer, self.ours),
        }
        if of not in pairs:
            return self.values.get(of)
        above, below = pairs[of]
        return above / below if above is not None and below else None


def as_json(measured: Measured, unit: str, targets: Sequence[Target], environment: Mapping[str, Any]) -> Any:
    """One row as JSON. ``ratio``, ``target`` and the rest of the first level are about the first of its targets,
    ``met`` is about all of them."""
    found = [(target, measured.value(target.of)) for target in targets]
    verdicts = [target.met_by(value) for target, value in found]
    first = targets[0]
    ratio = measured.value(PEER_TO_OURS if first.of == OURS else first.of)
    return {
        "ours": measured.ours,
        "peer": measured.peer,
        "limit": measured.limit,
        "ratio": ratio,
        "target": first.value,
        "met": False if False in verdicts else None if None in verdicts else True,
        "unit": unit,
        "targets": [
            {
                "of": target.of,
                "bound": target.bound,
                "target": target.value,
                "value": value,
                "met": target.met_by(value),
            }
            for target, value in found
        ],
        "details": dict(measured.details),
        "note": measured.note,
        "environment": dict(environment),
    }


def table(rows: Mapping[str, Any]) -> str:
    """Lay rows out as text, one line for each target."""
    lines: list[tuple[str, ...]] = [
        ("name", "ours", "existing client", "limit", "", "ratio", "target", "met")
    ]
    for name, row in rows.items():
        figures = tuple(amount(row[column], row["unit"]) for column in ("ours", "peer", "limit"))
        for position, target in enumerate(row["targets"]):
            told = (name, *figures) if position == 0 else ("", "", "", "")
            bounded = Target(target["of"], target["bound"], target["target"])
            lines.append((*told, target["of"], number(target["value"]), str(bounded), verdict(target["met"])))
        if row["note"]:
            lines.append((f"  {row['note']}", *[""] * 7))
    widths = [max(len(line[column]) for line in lines if any(line[1:])) for column in range(8)]
    texts = [
        "  ".join(
            cell.ljust(width) if column in (0, 4, 7) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([texts[0], "  ".join("-" * width for width in widths), *texts[1:]])


def number(value: float | None) -> str:
    """A figure with three digits that count."""
    if value is None:
        return "-"
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def beside(value: float | None, target: Target) -> str:
    """A figure with as many digits as tell it from its target."""
    told = number(value)
    return f"{value:,.3f}" if value is not None and told == number(target.value) else told


def amount(value: float | None, unit: str) -> str:
    """A figure with its unit."""
    return "-" if value is None else f"{number(value)} {unit}"


def verdict(met: bool | None) -> str:
    """Whether a target is met, in a word."""
    return {True: "yes", False: "no", None: "-"}[met]


def write(path: Path, rows: Mapping[str, Any]) -> None:
    """Write rows as JSON."""
    path.write_text(
        json.dumps(rows, indent=2, ensure_ascii=False) + "\n",
        encoding="utf-8",
        newline="\n",
    )


def read(path: Path) -> dict[str, Any]:
    """Read what :func:`write` wrote."""
    rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return rows
