"""What tests of typed events begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.events import Event


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as server:
        yield server


@pytest.fixture
def session(server: LocalServer) -> Iterator[Session]:
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session:
        yield session


@pytest.fixture
def other(server: LocalServer) -> Iterator[Session]:
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session:
        yield session


def change(
    entity_type: str = "Task",
    table: str = "task",
    action: str = "update",
    key: str = "t-1",
    columns: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One entity's part of an update, as servers send it."""
    columns = {**(columns or {}), **more}
    return {
        "action": action,
        "entityType": table,
        "entity_type": entity_type,
        "entityId": key,
        "parentId": "sh-1",
        "objectTypeId": None,
        "keys": list(columns),
        "changes": {name: {"old": old, "new": new} for name, (old, new) in columns.items()} or None,
        "parents": [
            {"entityId": key, "entityType": table, "entity_type": entity_type, "parentId": "sh-1"},
            {"entityId": "sh-1", "entityType": "task", "entity_type": "Shot", "parentId": "p-1"},
            {"entityId": "p-1", "entityType": "show", "entity_type": "Project", "parentId": None},
        ],
    }


def update(*changes: Any, **further: Any) -> Event:
    data = {"entities": list(changes), "parents": ["t-1", "sh-1", "p-1"], "pushToken": None, **further}
    return Event("ftrack.update", data=data)


def tell(session: Session, event: Event) -> None:
    """Have the handlers of a session called."""
    session.event_hub.publish(event, synchronous=True)


def wait_until(session: Session, reached: Callable[[], object]) -> None:
    """Handle events until something holds."""
    for _ in range(100):
        if reached():
            return
        session.event_hub.wait(0.1)
    pytest.fail("It did not come about.")
