"""What tests of commits begin with; the server is a loopback that records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_typed import Session

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


Load = Callable[..., Any]
"""Loads an entity: its type, its key, and values by name."""


def row(kind: str, identifier: str, /, **values: Any) -> dict[str, Any]:
    return {"__entity_type__": kind, "id": identifier, **values}


@pytest.fixture
def load(scripted: Session, loopback: Loopback) -> Load:
    """Loads one entity with these values, as if a query had given it."""

    def one(kind: str, identifier: str, /, **values: Any) -> Any:
        loopback.answer_once([{"data": [row(kind, identifier, **values)]}])
        (entity,) = scripted.call([{"action": "query", "expression": kind}])[0]["data"]
        loopback.answer_once([])
        loopback.received.clear()
        return entity

    return one


def sent(loopback: Loopback) -> list[dict[str, Any]]:
    """The operations of the only request since the last look."""
    (request,) = loopback.received
    loopback.received.clear()
    operations: list[dict[str, Any]] = request.operations
    return operations
