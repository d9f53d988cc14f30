"""Schemas of servers that have rows of custom attributes only for values that were set, for all types or some."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

SPARSE = "CustomAttributeValue"
"""The rows of such servers; other types of rows have this at the end of their names."""


def with_sparse_rows(
    documents: Iterable[dict[str, Any]], *, dense: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """The same schema, with rows for set values only.

    Args:
        documents: The schema as it travels; left as it is.
        dense: Types of rows that stay: what has them keeps a row for each of its custom attributes.
    """
    kept = {SPARSE, *dense}
    made = [copy.deepcopy(one) for one in documents if one["id"] in kept or not one["id"].endswith(SPARSE)]
    for properties in (one["properties"] for one in made):
        rows = properties.get("custom_attributes")
        if rows is not None and rows["items"]["$ref"] not in kept:
            properties["custom_attributes"] = {"type": "mapped_array", "items": {"$ref": SPARSE}}
    return made
