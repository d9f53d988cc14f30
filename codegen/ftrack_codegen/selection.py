"""Leaving entity types out of a package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ftrack_typed.errors import suggestion
from ftrack_typed.schema import Kind, Schema

from .errors import InputError


def select_types(
    documents: Sequence[Mapping[str, Any]], wanted: Iterable[str]
) -> Sequence[Mapping[str, Any]]:
    """Keep the entity types `wanted`, their base types, and the rows behind their metadata and custom attributes.

    Relations to other types are left out of the package; a session still finds them in the server's schema.

    Raises:
        InputError: for a type the schema doesn't have.
    """
    schema = Schema.from_wire(documents)
    kept: set[str] = set()
    for name in wanted:
        if name not in schema:
            raise InputError(
                f"entity-types names {name!r}, which the schema doesn't have.{suggestion(name, schema)}"
            )
        for entity in map(schema.types.__getitem__, schema.lineage(name)):
            rows = (prop.items for prop in entity.properties.values() if prop.kind is Kind.MAPPED)
            kept |= {entity.name, *(row for row in rows if row is not None and row in schema)}
    for name in tuple(kept):
        kept.update(schema.lineage(name))
    return [document for document in documents if document["id"] in kept]
