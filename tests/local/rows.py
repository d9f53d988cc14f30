"""What tests of writing say of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.local.conftest import Client


def reference_to(entity_type: str, key: str) -> dict[str, str]:
    return {"__entity_type__": entity_type, "id": key}


def value_of(client: Client, entity_type: str, key: str, name: str) -> Any:
    return client.query(f"select {name} from {entity_type} where id is {key}")[0][name]


def is_there(client: Client, entity_type: str, key: str) -> bool:
    return bool(client.query(f"select id from {entity_type} where id is {key}"))
