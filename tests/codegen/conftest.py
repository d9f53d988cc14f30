"""Schemas to generate from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "server_a" / "query_schemas.json"

Documents = list[dict[str, Any]]


@pytest.fixture(scope="session")
def stock_documents() -> Documents:
    """The stock schema."""
    documents: Documents = json.loads((ROOT / "schemas" / "stock.json").read_text(encoding="utf-8"))
    return documents


@pytest.fixture(scope="session")
def recorded_documents() -> Documents:
    """The schema recorded from a real server."""
    if not RECORDED.is_file():
        pytest.skip(f"the recorded schema is not part of the repository: {RECORDED} is absent")
    documents: Documents = json.loads(RECORDED.read_text(encoding="utf-8"))
    return documents


@pytest.fixture
def entity_type() -> Callable[..., dict[str, Any]]:
    """Makes the schema document of a small entity type with an `id`."""

    def make(name: str, properties: dict[str, Any] | None = None, **further: Any) -> dict[str, Any]:
        return {
            "id": name,
            "type": "object",
            "primary_key": ["id"],
            "required": ["id"],
            "immutable": ["id"],
            "default_projections": ["id"],
            "properties": {"id": {"type": "string", "default": "{uid}"}, **(properties or {})},
            **further,
        }

    return make
