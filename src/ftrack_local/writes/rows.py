"""Reading and changing single stored rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from ftrack_local.compile.compiler import Compiler
from ftrack_local.compile.sources import column_of
from ftrack_local.errors import EntityNotFoundError, ValidationError
from ftrack_local.model import EntityType, Model, ScalarAttribute

from .values import stored

CHUNK = 900
"""Most keys in one statement."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row: its own type, its key and all its columns."""

    entity: EntityType
    key: tuple[Any, ...]
    values: Mapping[str, Any]


class Rows:
    """Stored rows of a batch's connection."""

    def __init__(self, compiler: Compiler, connection: Connection) -> None:
        self.compiler = compiler
        self.model: Model = compiler.model
        self.connection = connection

    def table(self, entity: EntityType) -> Table:
        """Return the table rows of `entity` are stored in."""
        return self.compiler.tables[entity.table]

    def key_columns(self, entity: EntityType) -> tuple[str, ...]:
        """Return the columns of the primary key, in the schema's order."""
        return tuple(column_of(entity, name) for name in entity.primary_key)

    def find(self, entity: EntityType, key: Sequence[Any]) -> Row | None:
        """Return the row with that key if it is an `entity` or below it."""
        rows = list(self.where(entity, self.identified(entity, key)))
        if not rows:
            return None
        family = {this.name for this in self.model.family(entity.name)}
        return rows[0] if rows[0].entity.name in family else None

    def exists(self, entity: EntityType, key: Sequence[Any]) -> bool:
        """Whether the type's table has a row with that key, of whatever type."""
        column = self.table(entity).c[self.key_columns(entity)[0]]
        return self.connection.execute(select(column).where(self.identified(entity, key))).first() is not None

    def get(self, entity: EntityType, key: Sequence[Any]) -> Row:
        """Return the row with that key; raise :class:`EntityNotFoundError` when there is none."""
        row = self.find(entity, key)
        if row is None:
            raise EntityNotFoundError(f"{entity.name} with key {_shown_key(key)} does not exist.")
        return row

    def where(self, entity: EntityType, condition: ColumnElement[bool]) -> Iterator[Row]:
        """Yield the rows of the type's table that satisfy a condition, whatever their own type."""
        table = self.table(entity)
        keys = self.key_columns(entity)
        names = [column.key for column in table.c]
        for found in self.connection.execute(select(*table.c).where(condition)).all():
            values = dict(zip(names, found, strict=True))
            concrete = entity
            if entity.type_column is not None:
                concrete = self.model.types.get(values[entity.type_column], entity)
            yield Row(concrete, tuple(values[name] for name in keys), values)

    def in_chunks(self, entity: EntityType, column: str, wanted: Iterable[Any]) -> Iterator[Row]:
        """Yield the rows whose column holds one of the wanted values."""
        values = list(wanted)
        for start in range(0, len(values), CHUNK):
            yield from self.where(entity, self.table(entity).c[column].in_(values[start : start + CHUNK]))

    def identified(self, entity: EntityType, key: Sequence[Any]) -> ColumnElement[bool]:
        """Return the condition that a row has this key."""
        table = self.table(entity)
        names = self.key_columns(entity)
        return and_(*(table.c[name] == part for name, part in zip(names, key, strict=True)))

    def any_identified(self, entity: EntityType, keys: Iterable[Sequence[Any]]) -> ColumnElement[bool]:
        """Return the condition that a row has one of these keys."""
        found = list(keys)
        if len(entity.primary_key) == 1:
            return self.table(entity).c[self.key_columns(entity)[0]].in_([key[0] for key in found])
        return or_(*(self.identified(entity, key) for key in found))

    def read_key(self, entity: EntityType, key: Any) -> tuple[Any, ...]:
        """Return an `entity_key` of an operation as a tuple; a bare value counts as a list of one."""
        parts = list(key.values()) if isinstance(key, Mapping) else key
        parts = list(parts) if isinstance(parts, (list, tuple)) else [parts]
        if len(parts) != len(entity.primary_key) or any(isinstance(part, (list, Mapping)) for part in parts):
            names = ", ".join(entity.primary_key)
            raise ValidationError(f"The key of {entity.name} is [{names}], not {_shown_key(parts)}.")
        return tuple(self._key_part(entity, *named) for named in zip(entity.primary_key, parts, strict=True))

    def _key_part(self, entity: EntityType, name: str, part: Any) -> Any:
        attribute = entity.attributes[name]
        assert isinstance(attribute, ScalarAttribute)
        return stored(self.model, entity, attribute, part)


def _shown_key(key: Sequence[Any]) -> str:
    return "[" + ", ".join(repr(part) for part in key) + "]"
