"""Attributes that name an entity's type: stored as a table name, shown as the type of that entity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from ftrack_local.compile.compiler import Compiler
from ftrack_local.model import TYPE_SOURCES, EntityType, ScalarAttribute

from .projection import Node
from .records import COMPUTED_PREFIX, Record

_CHUNK = 900


class NamedTypes:
    """Finds which type the entity beside a table name has (wire: parent_type).

    A table name alone says `task` for every context; the entity's own row says `Shot`.
    """

    def __init__(self, compiler: Compiler, connection: Connection) -> None:
        self._compiler = compiler
        self._model = compiler.model
        self._connection = connection
        self._known: dict[tuple[str, Any], str] = {}

    def add(self, name: str, records: Sequence[Record]) -> None:
        """Give every record the type its attribute `name` means."""
        wanted: dict[str, set[Any]] = defaultdict(set)
        named: list[tuple[Record, EntityType, Any]] = []
        for record in records:
            attribute = record.entity.attributes.get(name)
            if not isinstance(attribute, ScalarAttribute) or not attribute.is_entity_type:
                continue
            table_name = record.values.get(attribute.column or "")
            declared = self._model.types.get(self._model.by_table_name.get(table_name or "", ""))
            if declared is None:
                record.values[f"{COMPUTED_PREFIX}{name}"] = table_name
                continue
            key = _key(record, name)
            named.append((record, declared, key))
            if key is not None and self._varies(declared) and (declared.root, key) not in self._known:
                wanted[declared.root].add(key)
        for root, keys in wanted.items():
            self._learn(self._model.types[root], sorted(keys))
        for record, declared, key in named:
            concrete = self._known.get((declared.root, key), declared.name)
            record.values[f"{COMPUTED_PREFIX}{name}"] = concrete

    def _varies(self, declared: EntityType) -> bool:
        return bool(declared.subtypes) and declared.type_column is not None and len(declared.primary_key) == 1

    def _learn(self, root: EntityType, keys: Sequence[Any]) -> None:
        for start in range(0, len(keys), _CHUNK):
            source = self._compiler.source(root)
            statement = select(source.key()[0], source.column(str(root.type_column))).where(
                source.key()[0].in_(keys[start : start + _CHUNK])
            )
            for key, concrete in self._connection.execute(statement):
                if concrete in self._model.types:
                    self._known[root.name, key] = concrete


def wanted_types(node: Node, records: Sequence[Record]) -> list[str]:
    """Return which attributes that name a type are asked for, or always come, with any of the records."""
    entities = {record.entity.name: record.entity for record in records}
    return [
        name
        for name in TYPE_SOURCES
        if any(
            name in entity.attributes and (name in node.scalars or name in entity.always)
            for entity in entities.values()
        )
    ]


def key_attribute(entity: EntityType, name: str) -> ScalarAttribute | None:
    """Return the attribute that holds the key of the entity whose type `name` tells."""
    found = entity.attributes.get(TYPE_SOURCES.get(name, ""))
    return found if isinstance(found, ScalarAttribute) else None


def _key(record: Record, name: str) -> Any:
    attribute = key_attribute(record.entity, name)
    return None if attribute is None or attribute.column is None else record.values.get(attribute.column)
