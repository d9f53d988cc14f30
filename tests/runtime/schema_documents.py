"""Schemas as servers describe them."""

from __future__ import annotations

from typing import Any


def entity(name: str = "Foo", **changes: Any) -> dict[str, Any]:
    """Return a schema document; *changes* replace its fields, None removes them."""
    document = {
        "id": name,
        "type": "object",
        "properties": {"id": {"type": "string", "default": "{uid}"}, "name": {"type": "string"}},
        "primary_key": ["id"],
        "required": ["id"],
        "immutable": ["id"],
        "default_projections": ["id", "name"],
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}
