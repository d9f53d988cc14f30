"""What the canned server answers; see :mod:`benchmarks.canned` for how it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import payload
from ftrack_typed.schema import schema_hash

SCHEMA = Path(__file__).parent.parent / "schemas" / "stock.json"

_DEFAULT_PAGE = 500
_FILLED_IN = {"created_at": {"__type__": "datetime", "value": "2026-01-01T10:00:00"}, "sort": 0.0}
"""What a server adds to a task that is created."""

_QUERY = re.compile(r"^select (?P<projection>.+?) from (?P<type>\w+)(?: (?P<rest>.*))?$", re.S)
_LIMIT = re.compile(r"\blimit (\d+)")
_OFFSET = re.compile(r"\boffset (\d+)")
_IDENTITY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Studio:
    """Answers batches about tasks that it makes up; any other type has no entities.

    It knows just as much of the query language as the benchmarks use.
    """

    def __init__(self) -> None:
        self._documents: list[dict[str, Any]] = json.loads(SCHEMA.read_text(encoding="utf-8"))
        self._hash = schema_hash(self._documents)
        self._seen: dict[str, dict[str, Any]] = {}
        """Rows that were sent, by key: nobody can ask for others by key."""

    def answer(self, batch: list[dict[str, Any]]) -> list[Any]:
        """Results of a batch."""
        return [getattr(self, f"_{operation['action']}")(operation) for operation in batch]

    def _query_server_information(self, _operation: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": "4.13.8.0",
            "schema_hash": self._hash,
            "is_timezone_support_enabled": True,
            "storage_scenario": {"scenario": "ftrack.automatic", "data": {}},
        }

    def _query_schemas(self, _operation: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._documents

    def _query(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        match = _QUERY.match(operation["expression"])
        if match is None or match["type"] != "Task":
            return _rows([], None)
        projection = [path.strip() for path in match["projection"].split(",")]
        rest = match["rest"] or ""
        keys = _IDENTITY.findall(rest)
        if keys:
            return _rows([_projected(self._seen[key], projection) for key in keys if key in self._seen], None)
        offset, limit = _number(_OFFSET, rest, 0), _number(_LIMIT, rest, _DEFAULT_PAGE)
        variant: payload.Variant = "distinct" if '"distinct"' in rest else "repeated"
        rows = [payload.task(number, variant) for number in range(offset, offset + limit)]
        self._seen.update((row["id"], row) for row in rows)
        return _rows([_projected(row, projection) for row in rows], offset + limit)

    def _create(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        return {"action": "create", "data": {**_FILLED_IN, **_flat(operation["entity_data"])}}

    def _update(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        key = {"__entity_type__": operation["entity_type"], "id": operation["entity_key"][0]}
        return {"action": "update", "data": {**_flat(operation["entity_data"]), **key}}


def _rows(data: list[Any], following: int | None) -> dict[str, Any]:
    return {"action": "query", "data": data, "metadata": {"next": {"offset": following}}}


def _number(pattern: re.Pattern[str], text: str, default: int) -> int:
    found = pattern.search(text)
    return int(found[1]) if found else default


def _projected(row: Mapping[str, Any], projection: list[str]) -> dict[str, Any]:
    """The row with only what was asked for, keys and types always."""
    found: dict[str, Any] = {name: row[name] for name in ("__entity_type__", "id")}
    for path in projection:
        name, _, below = path.partition(".")
        value = row.get(name)
        if below and isinstance(value, dict):
            found[name] = {**found.get(name, {}), **_projected(value, [below])}
        elif name in row:
            found[name] = value
    return found


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was written as a server sends it back: foreign keys in place of relations."""
    return {
        f"{name}_id" if _is_reference(value) else name: value["id"] if _is_reference(value) else value
        for name, value in data.items()
    }


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and "__entity_type__" in value
