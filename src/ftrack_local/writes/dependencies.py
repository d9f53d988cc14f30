"""Which columns name rows of which table; worked out once per model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ftrack_local.model import Collection, EntityType, Model, ScalarAttribute, Through


@dataclass(frozen=True, slots=True)
class Dependent:
    """A foreign key that may name rows of some table."""

    entity: EntityType
    """Topmost type of the table holding the key, which reads rows of every type in it."""
    attribute: ScalarAttribute
    column: str


class Dependencies:
    """Foreign keys and join tables by the table they point to."""

    def __init__(self, model: Model) -> None:
        keys: dict[str, dict[tuple[str, str], Dependent]] = defaultdict(dict)
        pairs: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for entity in model.types.values():
            if entity.view is None:
                for attribute, column in _foreign_keys(entity):
                    dependent = Dependent(model.types[entity.root], attribute, column)
                    for target in (attribute.references, *attribute.owners):
                        if target is not None and target in model.types:
                            keys[model.types[target].table].setdefault((entity.table, column), dependent)
            for route, target in _join_routes(model, entity):
                pairs[entity.table].add((route.table, route.near))
                pairs[model.types[target].table].add((route.table, route.far))
        self._told = frozenset(entity.table for entity in model.types.values() if entity.told_by)
        self._keys = {table: tuple(found.values()) for table, found in keys.items()}
        self._pairs = {table: tuple(sorted(found)) for table, found in pairs.items()}

    def has_told_types(self, table: str) -> bool:
        """Whether rows of a table are of a second type, which one of their values tells."""
        return table in self._told

    def keys_naming(self, table: str) -> tuple[Dependent, ...]:
        """Return the foreign keys that may name rows of a table."""
        return self._keys.get(table, ())

    def pairs_naming(self, table: str) -> tuple[tuple[str, str], ...]:
        """Return join table and column wherever a plain pair may name rows of a table."""
        return self._pairs.get(table, ())


def _foreign_keys(entity: EntityType) -> Iterator[tuple[ScalarAttribute, str]]:
    for attribute in (*entity.attributes.values(), *entity.hidden.values()):
        if isinstance(attribute, ScalarAttribute) and attribute.column is not None:
            yield attribute, attribute.column


def _join_routes(model: Model, entity: EntityType) -> Iterator[tuple[Through, str]]:
    plain = {join.name for join in model.joins}
    for attribute in entity.attributes.values():
        route = attribute.route if isinstance(attribute, Collection) else None
        if isinstance(attribute, Collection) and isinstance(route, Through) and route.table in plain:
            yield route, attribute.target
