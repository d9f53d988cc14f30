"""Collections given as lists of references: the list replaces what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ftrack_local.errors import EntityNotFoundError, ValidationError
from ftrack_local.model import Collection, EntityType, Inverse, ScalarAttribute, Through

from .references import read_references

if TYPE_CHECKING:
    from .batch import WriteBatch


class CollectionWriter:
    """Replaces collections of entities within a batch."""

    def __init__(self, batch: WriteBatch) -> None:
        self._batch = batch
        self._rows = batch.rows
        self._model = batch.rows.model

    def replace(self, entity: EntityType, key: tuple[Any, ...], attribute: Collection, value: Any) -> None:
        """Make the collection hold exactly the entities in `value`."""
        target = self._model.types[attribute.target]
        wanted = read_references(self._model, entity, attribute.name, target, value)
        for named, identity in wanted:
            if self._rows.find(self._model.types[named.root], identity) is None:
                shown = ", ".join(map(str, identity))
                raise EntityNotFoundError(
                    f"{entity.name}.{attribute.name} is to hold the {named.name} {shown}, which does not exist."
                )
        keys = [identity for _, identity in wanted]
        if isinstance(attribute.route, Inverse):
            self._refuse_strangers(entity, attribute, attribute.route, key[0], keys)
            self._point_back(attribute.route, target, key[0], keys)
        elif isinstance(attribute.route, Through):
            self._pair_up(attribute.route, key[0], [identity[0] for identity in keys])
        else:
            raise ValidationError(
                f"{entity.name}.{attribute.name} follows from other data and cannot be set."
            )

    def _refuse_strangers(
        self,
        entity: EntityType,
        attribute: Collection,
        route: Inverse,
        owner: Any,
        wanted: list[tuple[Any, ...]],
    ) -> None:
        """Rows whose key says whom they belong to (metadata) cannot be given to another."""
        target = self._model.types[attribute.target]
        parts = self._rows.key_columns(target)
        if route.column not in parts:
            return
        place = parts.index(route.column)
        for identity in wanted:
            if identity[place] != owner:
                raise ValidationError(
                    f"{entity.name}.{attribute.name} cannot take the {target.name} {', '.join(map(str, identity))}: "
                    f"it belongs to {identity[place]}, which is part of its key."
                )

    def _point_back(
        self, route: Inverse, target: EntityType, owner: Any, wanted: list[tuple[Any, ...]]
    ) -> None:
        table = self._rows.table(target)
        condition = table.c[route.column] == owner
        for name, value in route.where.items():
            condition &= table.c[name] == value
        nullable = self._is_nullable(target, route.column)
        for row in list(self._rows.where(target, condition)):
            if row.key in wanted:
                continue
            if nullable:
                self._update(row.entity, row.key, {route.column: None})
            else:
                self._batch.remove(row)
        for identity in wanted:
            self._update(target, identity, {route.column: owner, **route.where})

    def _update(self, entity: EntityType, key: tuple[Any, ...], values: dict[str, Any]) -> None:
        table = self._rows.table(entity)
        self._rows.connection.execute(table.update().where(self._rows.identified(entity, key)).values(values))
        self._batch.touch(entity, key)

    def _is_nullable(self, target: EntityType, column: str) -> bool:
        for attribute in (*target.attributes.values(), *target.hidden.values()):
            if isinstance(attribute, ScalarAttribute) and attribute.column == column:
                return attribute.nullable
        return True

    def _pair_up(self, route: Through, owner: Any, wanted: list[Any]) -> None:
        table = self._rows.compiler.tables[route.table]
        near, far = table.c[route.near], table.c[route.far]
        condition = near == owner
        for name, value in route.where.items():
            condition &= table.c[name] == value
        join = next((this for this in self._model.types.values() if this.table == route.table), None)
        if join is None:
            connection = self._rows.connection
            present = set(connection.scalars(select(far).where(condition)))
            gone = present - set(wanted)
            if gone:
                connection.execute(table.delete().where(condition, far.in_(gone)))
            for key in wanted:
                if key not in present:
                    connection.execute(
                        table.insert().values({route.near: owner, route.far: key, **route.where})
                    )
            return
        present = set()
        for row in list(self._rows.where(join, condition)):
            if row.values[route.far] in wanted:
                present.add(row.values[route.far])
            else:
                self._batch.remove(row)
        for key in wanted:
            if key not in present:
                self._batch.create(join.name, None, {route.near: owner, route.far: key, **route.where})
