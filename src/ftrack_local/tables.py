"""SQLAlchemy tables for a model: one per family of entity types, one per plain join."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from ftrack_local.model import ORDER_COLUMN, EntityType, Model, Scalar, ScalarAttribute

# Text is compared by code point everywhere, whatever locale a PostgreSQL database was made with.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_TYPES: dict[Scalar, TypeEngine[Any]] = {
    Scalar.TEXT: _TEXT,
    Scalar.INTEGER: BigInteger(),
    Scalar.NUMBER: Float(),
    Scalar.BOOLEAN: Boolean(),
    Scalar.DATETIME: _TEXT,
    Scalar.VARIABLE: _TEXT,
}
_LOOKED_UP = frozenset({"name", "username", "key", "short"})
_NAME_LIMIT = 60  # PostgreSQL cuts names after 63 bytes, which could make two of them equal.


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a model. Columns go by the model's column names (`table.c["status_id"]`)."""

    metadata: MetaData
    by_name: Mapping[str, Table]

    def __getitem__(self, name: str) -> Table:
        """Return the table of that name, as in `EntityType.table` and `Through.table`."""
        return self.by_name[name]


def build_tables(model: Model) -> Tables:
    """Lay out the tables of a model.

    Each family shares one table with the columns of all its types. The entity's primary key is a
    unique index; the table's own primary key is `_order`. Foreign keys are indexed, not constrained:
    they hold at the end of a batch, not after each of its operations.
    """
    metadata = MetaData()
    members: dict[str, list[EntityType]] = {}
    for entity_type in model.types.values():
        members.setdefault(entity_type.table, []).append(entity_type)
    tables = {name: _entity_table(metadata, name, types) for name, types in members.items()}
    for join in model.joins:
        if join.name not in tables:
            tables[join.name] = _join_table(metadata, join.name, join.near, join.far)
    return Tables(metadata, tables)


def _entity_table(metadata: MetaData, name: str, types: Iterable[EntityType]) -> Table:
    stored: dict[str, ScalarAttribute] = {}
    type_columns: dict[str, None] = {}
    unique: dict[tuple[str, ...], None] = {}
    for entity_type in types:
        if entity_type.type_column is not None:
            type_columns[entity_type.type_column] = None
        scalars = (a for a in entity_type.attributes.values() if isinstance(a, ScalarAttribute))
        for attribute in (*scalars, *entity_type.hidden.values()):
            if attribute.column is not None and attribute.scalar in _TYPES:
                stored.setdefault(attribute.column, attribute)
        key = tuple(_column_of(entity_type, part) for part in entity_type.primary_key)
        unique[key] = None
    columns: list[Column[Any]] = [_order_column()]
    taken = {ORDER_COLUMN}
    for hidden in type_columns:
        taken.add(hidden)
        columns.append(Column(hidden, _TEXT))
    columns.extend(
        Column(_physical_name(column, taken), _TYPES[attribute.scalar], key=column)
        for column, attribute in stored.items()
    )
    table = Table(name, metadata, *columns)
    leading = set()
    for key in unique:
        if all(part in table.c for part in key):
            Index(_name("uq", name, *key), *(table.c[part] for part in key), unique=True)
            leading.add(key[0])
    for hidden in type_columns:
        Index(_name("ix", name, hidden), table.c[hidden])
    for column, attribute in stored.items():
        looked_up = attribute.references or attribute.owners or attribute.is_entity_type
        if (looked_up or column in _LOOKED_UP or column.endswith("_id")) and column not in leading:
            Index(_name("ix", name, column), table.c[column])
    return table


def _column_of(entity_type: EntityType, attribute: str) -> str:
    found = entity_type.attributes.get(attribute)
    if isinstance(found, ScalarAttribute) and found.column is not None:
        return found.column
    return attribute


def _join_table(metadata: MetaData, name: str, near: str, far: str) -> Table:
    table = Table(name, metadata, _order_column(), Column(near, _TEXT), Column(far, _TEXT))
    Index(_name("uq", name, near, far), table.c[near], table.c[far], unique=True)
    Index(_name("ix", name, far), table.c[far])
    return table


def _order_column() -> Column[Any]:
    return Column(
        ORDER_COLUMN, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )


def _physical_name(name: str, taken: set[str]) -> str:
    """A column name no other differs from by case alone: SQL would take the two for one."""
    candidate, count = name, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate.casefold())
    return candidate


def _name(prefix: str, *parts: str) -> str:
    name = "_".join((prefix, *parts))
    if len(name) <= _NAME_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _NAME_LIMIT - 9]}_{digest}"
