"""Order of imports and exports, as import sorters want it."""

from __future__ import annotations

import re


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key that puts ``a2`` before ``a10``."""
    parts = re.split(r"(\d+)", name)
    return [(1, 0, part) if not part.isdigit() else (0, int(part), "") for part in parts if part]


def member_order(name: str) -> tuple[int, list[tuple[int, int, str]], str]:
    """Sort key that puts constants before classes before the rest, each in natural order."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, natural(name.lower()), name
