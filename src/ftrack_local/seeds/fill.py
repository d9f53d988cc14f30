"""Fills in what the server would have filled in, had the rows of a seed been created one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ftrack_local.model import Model, ScalarAttribute

if TYPE_CHECKING:
    from ftrack_local.seeds.document import SeedRow

FILLED_AT: Final = "2024-01-08T09:00:00"
"""Stands for now, so that a seed gives the same database every time."""

_PARENT_KEYS: Final = ("parent_id", "context_id", "asset_id", "version_id")


class Filler:
    """Fills the attributes of all rows of one seed; see `ScalarAttribute.fill`."""

    def __init__(self, model: Model, rows: Sequence[SeedRow]) -> None:
        self._model = model
        self._rows = rows
        self._by_id = {str(row.key()[0]): row for row in rows if len(row.key()) == 1}
        self._user = next((row.key()[0] for row in rows if row.entity_type.name == "User"), None)
        self._versions: dict[Any, int] = {}
        self._fillers: dict[str, Callable[[SeedRow], Any]] = {
            "now": lambda _row: FILLED_AT,
            "user": lambda _row: self._user,
            "project": self._project,
            "next_version": self._next_version,
            "username": lambda row: f"user-{row.key()[0]}",
            "uid": lambda _row: None,
        }

    def fill(self) -> None:
        """Complete every row in place; values that were given stay."""
        for row in self._rows:
            for name, attribute in row.entity_type.attributes.items():
                if isinstance(attribute, ScalarAttribute) and attribute.fill and row.values.get(name) is None:
                    self._fill(row, name, attribute.fill)

    def _fill(self, row: SeedRow, name: str, fill: str) -> None:
        if fill == "entity_type":
            key = name.removesuffix("_type").removesuffix("_entity") + "_id"
            named = self._by_id.get(str(row.values.get(key)))
            value = named.entity_type.name if named is not None else None
        else:
            filler = self._fillers.get(fill)
            value = filler(row) if filler is not None else None
        if value is not None:
            row.values[name] = value

    def _project(self, row: SeedRow) -> Any:
        """The project of the nearest row above that has one."""
        seen: set[str] = set()
        current: SeedRow | None = row
        while current is not None and str(current.key()[0]) not in seen:
            if current.entity_type.name == "Project":
                return current.key()[0]
            if current is not row and current.values.get("project_id") is not None:
                return current.values["project_id"]
            seen.add(str(current.key()[0]))
            above = next(
                (current.values[key] for key in _PARENT_KEYS if current.values.get(key) is not None), None
            )
            current = self._by_id.get(str(above)) if above is not None else None
        return None

    def _next_version(self, row: SeedRow) -> int:
        asset = row.values.get("asset_id")
        if asset not in self._versions:
            numbers = (
                other.values.get("version") or 0
                for other in self._rows
                if other.entity_type.root == row.entity_type.root and other.values.get("asset_id") == asset
            )
            self._versions[asset] = max(numbers, default=0)
        self._versions[asset] += 1
        return self._versions[asset]
