"""Loaded rows, before they become wire documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ftrack_local.model import EntityType


@dataclass(slots=True, eq=False)
class Record:
    """One row found in one place of a result."""

    entity: EntityType
    """The row's own type."""
    key: tuple[Any, ...]
    values: dict[str, Any]
    """Stored values by column, and computed ones by attribute name prefixed with `=`."""
    related: dict[tuple[str, str | None], Record | list[Record] | None] = field(default_factory=dict)
    """Loaded relations by name and cast."""
    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What may be stored, by attribute."""


COMPUTED_PREFIX = "="
"""Marks entries of :attr:`Record.values` that come from a computation."""
