"""Line charts as SVG, on logarithmic scales; the same figures give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 680, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 190, 48, 56
_COLOURS = ("#0b6e99", "#b3541e", "#6b6b6b", "#5a7d2a")
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}"
    ".title{font-weight:600;font-size:15px}.grid{stroke:#ddd}.axis{stroke:#888}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}}"
)


def line_chart(
    title: str,
    horizontal: str,
    vertical: str,
    positions: Sequence[float],
    series: Mapping[str, Sequence[float | None]],
) -> str:
    """Draw series over common positions.

    Args:
        title: Stands above.
        horizontal: What the positions are.
        vertical: What the values are, with their unit.
        positions: Ascending and above zero.
        series: Values by the name in the legend, above zero; None where there is none.
    """
    values = [value for line in series.values() for value in line if value is not None]
    bottom, top = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    top = max(top, bottom + 1)
    start, end = math.log10(positions[0]), math.log10(positions[-1])

    def x(position: float) -> float:
        share = (math.log10(position) - start) / ((end - start) or 1)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        share = (math.log10(value) - bottom) / (top - bottom)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="22">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="40">{escape(vertical)}</text>',
    ]
    for exponent in range(bottom, top + 1):
        height = y(10.0**exponent)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{height}" x2="{right}" y2="{height}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{height + 4}" text-anchor="end">{10.0**exponent:,g}</text>')
    for position in positions:
        parts.append(f'<line class="grid" x1="{x(position)}" y1="{_TOP}" x2="{x(position)}" y2="{floor}"/>')
        parts.append(f'<text x="{x(position)}" y="{floor + 20}" text-anchor="middle">{position:,g}</text>')
    parts.append(f'<line class="axis" x1="{_LEFT}" y1="{floor}" x2="{right}" y2="{floor}"/>')
    parts.append(
        f'<text x="{(_LEFT + right) / 2:g}" y="{floor + 42}" text-anchor="middle">{escape(horizontal)}</text>'
    )
    labels: list[float] = []
    for number, (name, line) in enumerate(series.items()):
        points = [(x(at), y(value)) for at, value in zip(positions, line, strict=True) if value is not None]
        if points:
            parts += _line(name, points, _COLOURS[number % len(_COLOURS)], _beside(points[-1][1], labels))
    return "\n".join([*parts, "</svg>", ""])


def _line(name: str, points: Sequence[tuple[float, float]], colour: str, label: float) -> list[str]:
    path = " ".join(f"{across},{down}" for across, down in points)
    dots = [f'<circle cx="{across}" cy="{down}" r="3.5" fill="{colour}"/>' for across, down in points]
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *dots,
        f'<text x="{points[-1][0] + 10}" y="{label + 4}" style="fill:{colour}">{escape(name)}</text>',
    ]


def _beside(height: float, taken: list[float]) -> float:
    """A height near the end of a line that keeps its name apart from the others'."""
    while any(abs(height - other) < 16 for other in taken):
        height += 4
    taken.append(height)
    return height
