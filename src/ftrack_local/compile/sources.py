"""Where rows of an entity type come from: an alias of its table, or a derived view."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import FromClause, Table, case, null
from sqlalchemy.sql.elements import ColumnElement

from ftrack_local.errors import QueryError
from ftrack_local.model import ORDER_COLUMN, EntityType, Model
from ftrack_local.tables import Tables

from .resolve import Meanings


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One occurrence of an entity type in the FROM clause of a statement."""

    entity: EntityType
    selectable: FromClause
    type_column: str | None
    """Column naming each row's own type, None where only one type is possible."""

    def column(self, name: str) -> ColumnElement[Any]:
        """Return a stored column; raise :class:`QueryError` when there is none of that name."""
        found = self.selectable.c.get(name)
        if found is None:
            raise QueryError(f"{self.entity.name} does not store `{name}`.")
        return found

    def optional(self, name: str) -> ColumnElement[Any]:
        """Return the column of an attribute that some schemas lack, null where they do."""
        column = getattr(self.entity.attributes.get(name), "column", None)
        return null() if column is None else self.column(column)

    @property
    def concrete_type(self) -> ColumnElement[Any] | None:
        """The column naming each row's own type, None where only one type is possible."""
        return None if self.type_column is None else self.selectable.c[self.type_column]

    def attribute(self, name: str) -> ColumnElement[Any]:
        """Return the stored column behind an attribute of the source's own type."""
        return self.column(column_of(self.entity, name))

    def key(self) -> tuple[ColumnElement[Any], ...]:
        """The primary key columns, in the schema's order."""
        return tuple(self.column(column_of(self.entity, name)) for name in self.entity.primary_key)

    def of(self, entity: EntityType) -> Source:
        """The same rows, seen as another type of the tree."""
        return replace(self, entity=entity)

    def is_a(self, model: Model, entity: EntityType) -> ColumnElement[bool] | None:
        """The condition that a row is `entity` or below it, None when every row is."""
        column = self.concrete_type
        if column is None or entity.name == entity.root:
            return None
        names = [this.name for this in model.family(entity.name)]
        return column == names[0] if len(names) == 1 else column.in_(names)

    def scalar(self, model: Model, meanings: Meanings) -> ColumnElement[Any]:
        """Return the stored column of a scalar; null on rows of types that lack the attribute."""
        columns = {attribute.column for _, attribute in meanings.scalars if attribute.column}
        if not columns:
            raise QueryError(f"`{self.entity.name}.{meanings.name}` is computed and cannot be used here.")
        if len(columns) == 1:
            return self.column(columns.pop())
        branches = []
        for this, attribute in meanings.scalars:
            condition = self.is_a(model, this)
            if attribute.column is not None and condition is not None:
                branches.append((condition, self.column(attribute.column)))
        return case(*branches, else_=null())


@dataclass(slots=True)
class Scope:
    """One SELECT under construction: its root source and the references joined to it."""

    root: Source
    from_: FromClause
    joined: dict[tuple[int, str, str | None], Source] = field(default_factory=dict)

    @classmethod
    def over(cls, source: Source) -> Scope:
        """Return a scope that so far only reads `source`."""
        return cls(source, source.selectable)

    def selectables(self) -> tuple[FromClause, ...]:
        """Every FROM element of this SELECT, for telling its own rows from an outer SELECT's."""
        return (self.root.selectable, *(source.selectable for source in self.joined.values()))


def column_of(entity: EntityType, name: str) -> str:
    """Return the column that stores a scalar or reference attribute."""
    column = getattr(entity.attributes.get(name), "column", None)
    if column is None:
        raise QueryError(f"{entity.name} does not store `{name}`.")
    return str(column)


def single_key(entity: EntityType) -> str:
    """Return the column of a one-part primary key."""
    return column_of(entity, entity.primary_key[0])


def table_of(tables: Tables, entity: EntityType) -> Table:
    """Return the table that holds rows of `entity`."""
    return tables[entity.table]


def order_of(source: Source) -> tuple[ColumnElement[Any], ...]:
    """Return the stable default order of a source: as rows were made, then by key."""
    return source.key() if source.entity.view is not None else (source.column(ORDER_COLUMN), *source.key())
