"""Internal column names: what events call the attributes of entities.

wire: protocol 5.7. Changes are told by the columns of the server's tables (``statusid``), which the schema gives as
``alias_for`` of the attributes that show them (``status_id``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ftrack_typed.schema import EntitySchema, Kind, Schema


class ColumnNames:
    """Translates between columns and attributes, both by wire name.

    Args:
        schema: Gives the server's schema; asked when something is first translated.
    """

    def __init__(self, schema: Callable[[], Schema]) -> None:
        self._schema = schema
        self._attributes: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._tables: dict[str, str] | None = None

    def prepare(self) -> None:
        """Get the schema, so that translating does not have to ask the server for it."""
        self._schema()

    def attributes(self, entity_type: str, column: str) -> tuple[str, ...]:
        """The attributes that show a column, plain values before relations; none when it is no column."""
        known = self._attributes.get(entity_type)
        if known is None:
            found = self._schema().types.get(entity_type)
            known = self._attributes[entity_type] = {} if found is None else _by_column(found)
        return known.get(column, ())

    def type_of_table(self, table: str) -> str | None:
        """The topmost entity type of a table, as events name it in lower case: ``task``, ``show``."""
        if self._tables is None:
            types = self._schema().types
            self._tables = {}
            for found in types.values():
                base = None if found.base is None else types.get(found.base)
                if base is None or _table(base) != _table(found):
                    self._tables.setdefault(_table(found), found.name)
        return self._tables.get(table.lower())


def _table(schema: EntitySchema) -> str:
    return (schema.table or schema.name).lower()


def _by_column(schema: EntitySchema) -> dict[str, tuple[str, ...]]:
    columns: dict[str, dict[str, None]] = {}
    scalars = [found for found in schema.properties.values() if found.kind is Kind.SCALAR]
    references = [found for found in schema.properties.values() if found.kind is Kind.REFERENCE]
    for found in scalars:
        columns.setdefault(found.alias or found.name, {})[found.name] = None
    # A server may use the public name, too; what is another attribute's column is not meant by it.
    for found in scalars:
        columns.setdefault(found.name, {found.name: None})
    for found in references:
        columns.setdefault(found.alias or found.name, {found.name: None})
    return {column: tuple(names) for column, names in columns.items()}
