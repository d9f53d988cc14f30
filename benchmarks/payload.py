"""What the canned server knows: any number of tasks, the same ones in every run.

Each task comes with two dates and four related entities. In the variant ``repeated`` these are shared as in a studio:
a few statuses, types and projects, a shot for every five tasks. In ``distinct`` no two tasks share one, so that a page
of 10,000 rows holds 50,000 different entities.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any, Literal

Variant = Literal["repeated", "distinct"]

PROJECTION = (
    "name",
    "bid",
    "description",
    "context_type",
    "start_date",
    "end_date",
    "status.name",
    "status.color",
    "type.name",
    "project.name",
    "project.context_type",
    "parent.name",
    "parent.context_type",
)
"""Everything a row holds, keys apart."""

ENTITIES_PER_ROW = 5

_SHARED = {"status": 7, "type": 11, "project": 3}
"""How many there are of what tasks share."""
_TASKS_PER_SHOT = 5


def identity(kind: str, number: int) -> str:
    """Key of the entity of a kind with a number."""
    return str(uuid.UUID(bytes=hashlib.blake2b(f"{kind} {number}".encode(), digest_size=16).digest()))


def task(number: int, variant: Variant) -> dict[str, Any]:
    """The row of a task, as the server sends it."""

    def turn(kind: str) -> int:
        if variant == "distinct":
            return number
        return number // _TASKS_PER_SHOT if kind == "parent" else number % _SHARED[kind]

    def related(kind: str, entity_type: str, name: str, **values: Any) -> dict[str, Any]:
        known_as = f"{variant} {kind}"
        return {
            "__entity_type__": entity_type,
            "id": identity(known_as, turn(kind)),
            "name": f"{name}{turn(kind)}",
            **values,
        }

    return {
        "__entity_type__": "Task",
        "id": identity(f"{variant} task", number),
        "name": f"task_{number}",
        "bid": 3600.0 * (number % 90),
        "context_type": "task",
        "description": "",
        "status": related("status", "Status", "status", color=f"#ff{turn('status') % 65536:04x}"),
        "type": related("type", "Type", "type"),
        "project": related("project", "Project", "project", context_type="show"),
        "parent": related("parent", "Shot", "sh", context_type="task"),
        "start_date": {"__type__": "datetime", "value": "2026-01-01T10:00:00"},
        "end_date": {"__type__": "datetime", "value": f"2026-01-02T10:{number % 60:02d}:00"},
    }


def query(variant: Variant, limit: int, projection: tuple[str, ...] = PROJECTION, offset: int = 0) -> str:
    """The query for tasks of a variant; the canned server tells them apart by the name of the project."""
    start = f" offset {offset}" if offset else ""
    return f'select {", ".join(projection)} from Task where project.name is "{variant}"{start} limit {limit}'


def reply(variant: Variant, count: int) -> bytes:
    """The body of a reply that holds the first tasks of a variant, all on one page."""
    rows = [task(number, variant) for number in range(count)]
    return json.dumps([{"action": "query", "data": rows, "metadata": {"next": {"offset": None}}}]).encode()
