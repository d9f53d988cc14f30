"""The server's own view of a schema: what is stored where and how entity types relate.

Pure data, no I/O and no SQL. ``ftrack_local.catalogue`` builds a :class:`Model` from the authored
definitions in ``schemas/`` and any ``query_schemas`` document; storage, queries, writes and seeds
only ever read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

CONCRETE_TYPE_COLUMN = "_type"
"""Column holding the concrete entity type in every table that several types share."""


TYPE_SOURCES: Mapping[str, str] = {
    "parent_type": "parent_id",
    "from_entity_type": "from_id",
    "to_entity_type": "to_id",
    "entity_type": "entity_id",
}
"""Attributes that name an entity's type, and those beside them that hold its key."""


ORDER_COLUMN = "_order"
"""Counts rows in the order they were made; the default order of results."""


class Scalar(Enum):
    """How a scalar attribute is stored and read."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"  # stored as UTC text `YYYY-MM-DDTHH:MM:SS`
    VARIABLE = "variable"  # any JSON value, stored as JSON text
    OBJECT = "object"  # a mapping made by the server, never stored


class OnDelete(Enum):
    """What happens to a row when the row its foreign key names is deleted."""

    CASCADE = "cascade"
    SET_NULL = "null"
    RESTRICT = "restrict"


@dataclass(frozen=True, slots=True)
class ScalarAttribute:
    """An attribute holding one plain value."""

    name: str
    scalar: Scalar
    column: str | None
    """Column in the type's table; None when the value is computed."""
    computed: str | None = None
    """Name of the computation that makes the value, when it is not stored."""
    nullable: bool = True
    default: Any = None
    """Constant the server stores when a create leaves the attribute out."""
    fill: str | None = None
    """What the server fills in on create, or None: `uid`, `serial`, `now`, `user`, `username`, `project`,
    `next_version`, `workflow_status`, `workflow_type`, `entity_type` (``schemas/README.md`` explains them)."""
    enum: tuple[str, ...] = ()
    references: str | None = None
    """Entity type a foreign key names."""
    owners: tuple[str, ...] = ()
    """Entity types whose rows the key may name, when one type cannot tell (`Note.parent_id`)."""
    on_delete: OnDelete = OnDelete.SET_NULL
    is_entity_type: bool = False
    """Stored as a table name, shown as a schema id (`transform` on the wire)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute holding one entity, found through a foreign key column of the same row."""

    name: str
    target: str
    column: str | None
    """Foreign key column in this type's table; None when nothing is known and the value is always null."""
    nullable: bool = True
    computed: str | None = None
    """Name of the computation that finds the entity, when no column does (`Asset.latest_version`)."""
    parts: tuple[str, ...] = ()
    """Columns of this type's table that hold a composite key, in the target's order; `column` is None then."""


@dataclass(frozen=True, slots=True)
class Inverse:
    """Collection route: rows of the target whose `column` equals this row's primary key."""

    column: str
    where: Mapping[str, str] = field(default_factory=dict)
    """Further column = value conditions, as for assignments and allocations."""


@dataclass(frozen=True, slots=True)
class Through:
    """Collection route: many-to-many over the table of the `join` entity type or a plain join table."""

    table: str
    near: str
    far: str
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Walk:
    """Collection route: all entities reached by following `column` upwards or downwards.

    Only rows of the collection's target type belong to it, so a project ends the walk unseen.
    """

    column: str
    direction: str  # "up" | "down"
    start: str | None = None
    """Column of this row naming the first entity reached, when the walk begins in another table."""


@dataclass(frozen=True, slots=True)
class Unrelated:
    """Collection route of an attribute nothing is known about: always empty."""


Route: TypeAlias = Inverse | Through | Walk | Unrelated


@dataclass(frozen=True, slots=True)
class Collection:
    """An attribute holding many entities."""

    name: str
    target: str
    route: Route
    mapped: bool = False
    """Key/value rows (`mapped_array` on the wire)."""
    restricted: bool = False
    """May be used in criteria but not projected."""


Attribute: TypeAlias = ScalarAttribute | Reference | Collection


@dataclass(frozen=True, slots=True)
class EntityType:
    """One entity type: its table, its place in the type tree and its attributes."""

    name: str
    table: str
    base: str | None
    root: str
    """Topmost type of the tree; every type of a tree shares the root's table."""
    attributes: Mapping[str, Attribute]
    primary_key: tuple[str, ...]
    document: Mapping[str, Any]
    """The type's own part of the wire schema."""
    subtypes: tuple[str, ...] = ()
    """All types below this one, itself excluded."""
    classifier: Mapping[str, str] = field(default_factory=dict)
    """Public attribute = value pairs that mark a row as this concrete type (`object_type_id`, …)."""
    always: tuple[str, ...] = ()
    """Attributes every result carries: primary key, system projections and classifiers."""
    twins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Attribute name → other attributes that share its internal column."""
    immutable: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    unique: tuple[tuple[str, ...], ...] = ()
    """Attribute groups whose values no two rows may share."""
    view: str | None = None
    """Name of the derived rows standing in for a table (dense custom attribute values), or None."""
    table_name: str = ""
    """The server's own name, shown wherever `{table_name}` is meant: `task`, `show`, `asset_version`."""
    event_name: str = ""
    """`entityType` in `ftrack.update` events and in custom attribute configurations: `assetversion`."""
    type_column: str | None = None
    """Hidden column naming a row's concrete type; None where all rows of the table have one type."""
    told_by: str | None = None
    """Attribute naming the kind of entity the concrete type is for, when rows can be read as two types."""
    hidden: Mapping[str, ScalarAttribute] = field(default_factory=dict)
    """Stored columns that no public attribute shows, such as the key behind `Status.state`."""


@dataclass(frozen=True, slots=True)
class JoinTable:
    """A plain many-to-many table that no entity type stands for."""

    name: str
    near: str
    far: str


@dataclass(frozen=True, slots=True)
class Model:
    """Everything the server knows of its schema."""

    types: Mapping[str, EntityType]
    wire: Sequence[Mapping[str, Any]]
    """The `query_schemas` answer, unchanged."""
    joins: tuple[JoinTable, ...] = ()
    by_table_name: Mapping[str, str] = field(default_factory=dict)
    """Table name → the most general entity type that carries it (`task` → `TypedContext`)."""

    def family(self, name: str) -> tuple[EntityType, ...]:
        """The type and everything below it."""
        this = self.types[name]
        return (this, *(self.types[subtype] for subtype in this.subtypes))

    def table_name(self, text: str) -> str:
        """Return the table name an entity type goes by; `text` is its id or table name, in any case
        (wire: parent_type).
        """
        found = self.types.get(text)
        if found is None:
            lowered = text.lower()
            found = next((this for this in self.types.values() if this.name.lower() == lowered), None)
        return found.table_name if found is not None else text.lower()

    def concrete_types(self, entity_type: EntityType, values: Mapping[str, Any]) -> dict[str, str]:
        """The type columns of a new row and what stands in them.

        A row is of the type it was made as. Where a second tree of types reads the same table (links
        seen from their other end), its type follows from the attribute that tells it; `values` holds
        the row's stored values by column.
        """
        found: dict[str, str] = {}
        if entity_type.type_column is not None:
            found[entity_type.type_column] = entity_type.name
        for other in self.types.values():
            if other.told_by is None or other.table != entity_type.table or other.type_column is None:
                continue
            if other.type_column not in found or entity_type.name == other.root == other.name:
                found[other.type_column] = self._told(other, values.get(other.told_by))
        return found

    def _told(self, root: EntityType, table_name: Any) -> str:
        named = self.by_table_name.get(table_name)
        for subtype in root.subtypes:
            for name, attribute in self.types[subtype].attributes.items():
                if not isinstance(attribute, Reference) or name in root.attributes:
                    continue
                if any(named == entry.name for entry in self.family(attribute.target)):
                    return subtype
        return root.name

    def find(self, name: str, attribute: str) -> Iterator[tuple[EntityType, Attribute]]:
        """Every meaning of an attribute on a type: its own, else those of its subtypes."""
        this = self.types[name]
        own = this.attributes.get(attribute)
        if own is not None:
            yield this, own
            return
        for subtype in this.subtypes:
            found = self.types[subtype].attributes.get(attribute)
            if found is not None:
                yield self.types[subtype], found
