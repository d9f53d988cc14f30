"""The judgement calls: each is about something that exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ftrack_codegen import overrides
from ftrack_typed.schema import Schema


@pytest.fixture(scope="module")
def stock(stock_documents: list[dict[str, Any]]) -> Schema:
    return Schema.from_wire(stock_documents)


@pytest.mark.parametrize("name", ["NULLABLE", "SERVER_FILLED", "TARGETS", "UNITS"])
def test_entries_name_attributes_that_exist(stock: Schema, name: str) -> None:
    table: Mapping[tuple[str, str], object] = getattr(overrides, name)
    unused = [
        f"{entity_type}.{attribute}"
        for entity_type, attribute in table
        if not any(
            attribute in stock[candidate].properties
            for candidate in stock
            if entity_type in (overrides.ANY, *stock.lineage(candidate))
        )
    ]
    assert unused == []


def test_descriptions_are_of_types_that_exist(stock: Schema) -> None:
    assert [name for name in overrides.DESCRIPTIONS if name not in stock] == []


def test_relations_are_led_to_types_that_exist(stock: Schema) -> None:
    assert set(overrides.TARGETS.values()) <= set(stock)


def test_the_nearest_entry_wins() -> None:
    table = {("B", "x"): 1, ("A", "x"): 2, (overrides.ANY, "x"): 3}
    assert overrides.lookup(table, ("A", "B"), "x") == 2
    assert overrides.lookup(table, ("C", "B"), "x") == 1
    assert overrides.lookup(table, ("C",), "x") == 3
    assert overrides.lookup(table, ("C",), "y") is None
