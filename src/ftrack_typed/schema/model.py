"""A server's schema as immutable, checked data.

Both the code generator and the classes built at run time read this model, so that what the wire's documents
mean is decided in one place. `Schema.from_wire` accepts whatever real servers deliver, with all their
quirks, and refuses what makes no sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from ftrack_typed.errors import UnrecognisedEntityTypeError


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING
"""Stands for a default that does not exist, as None is a default of its own."""

UID: Final = "{uid}"
"""Default that asks the client to make a UUID."""


class Kind(Enum):
    """What an attribute holds."""

    SCALAR = "scalar"
    """One plain value."""
    REFERENCE = "reference"
    """One entity or None."""
    COLLECTION = "collection"
    """Entities."""
    MAPPED = "mapped"
    """Entities shown as a mapping of keys to values."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """What a scalar that holds a key points to."""

    target: str
    """Entity type as the server names it; the schema does not always have it."""
    column: str | None
    """Column there, which may be an internal name."""


@dataclass(frozen=True, slots=True)
class Property:
    """One attribute of an entity type."""

    name: str
    kind: Kind
    type: str | None = None
    """wire: `type`; None for references and where the server leaves it out."""
    format: str | None = None
    """wire: `format`, such as ``date-time``, ``foreign_key`` or ``json``."""
    target: str | None = None
    """Entity type of a reference. May name a type the schema does not have."""
    items: str | None = None
    """Entity type of the items of a collection or mapping; None where the server leaves it out."""
    default: Any = MISSING
    """Value a client fills in on creation; `UID` asks for a new UUID; `MISSING` if there is none."""
    enum: tuple[str, ...] = ()
    """The values allowed, as far as this schema knows; empty when anything is allowed."""
    restricted: bool = False
    """Usable in criteria, but not loadable (wire: `restricted_projection`)."""
    description: str | None = None
    """The server's words about it; the sentence that only names a foreign key is left out."""
    foreign_key: ForeignKey | None = None
    alias: str | None = None
    """Internal column or relation name."""
    key_attribute: str = "key"
    """Attribute of the items a mapping takes its keys from."""
    value_attribute: str = "value"
    """Attribute of the items a mapping takes its values from."""
    is_entity_type: bool = False
    """Holds the name of an entity type (wire: `transform`)."""
    deprecated: str | None = None
    """Why not to use it any more; None while it is current."""

    @property
    def related(self) -> str | None:
        """Entity type of the reference or of the items; None for scalars."""
        return self.target if self.kind is Kind.REFERENCE else self.items


@dataclass(frozen=True, slots=True)
class EntitySchema:
    """One entity type. Lists of names keep the schema's order and hold only names of `properties`."""

    name: str
    properties: Mapping[str, Property]
    primary_key: tuple[str, ...]
    """In the order of the wire's `entity_key`."""
    required: tuple[str, ...] = ()
    """Have a value once the entity exists, possibly one the server fills in."""
    immutable: tuple[str, ...] = ()
    """Cannot change after creation."""
    computed: tuple[str, ...] = ()
    """Calculated by the server; not always listed as immutable too."""
    default_projections: tuple[str, ...] = ()
    """Loaded by a query that selects nothing."""
    system_projections: tuple[str, ...] = ()
    """Loaded by every query, as public names; internal columns without a public name are left out."""
    base: str | None = None
    """Entity type this one is a kind of; None for a root."""
    table: str | None = None
    """Internal name of the type's table, where it differs."""
    classifiers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Attribute and value that tell this type from others in the same table."""
    group_by: bool = False
    """Whether it can be used with ``group by``."""
    deprecated: str | None = None
    """Why not to use it any more; None while it is current."""

    def public_name(self, internal: str) -> str | None:
        """Return the attribute that shows the column *internal*, or None if none does.

        Of several, a current name comes before its underscored twin.
        """
        if internal in self.properties:
            return internal
        twins = [name for name, prop in self.properties.items() if prop.alias == internal]
        return min(twins, key=lambda name: (name.startswith("_"), name), default=None)


@dataclass(frozen=True, slots=True)
class Schema:
    """All entity types of a server."""

    types: Mapping[str, EntitySchema]

    @classmethod
    def from_wire(cls, documents: Sequence[Any]) -> Schema:
        """Return the schema that *documents*, the result of a ``query_schemas`` action, describe.

        Raises:
            SchemaError: If they make no sense; it names the entity type and property.
        """
        from ftrack_typed.schema.reading import read_types

        return cls(read_types(documents))

    def __getitem__(self, name: str) -> EntitySchema:
        """Return an entity type; an unknown one raises `UnrecognisedEntityTypeError`, a `KeyError`."""
        try:
            return self.types[name]
        except KeyError:
            raise UnrecognisedEntityTypeError(name, self.types) from None

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def __iter__(self) -> Iterator[str]:
        return iter(self.types)

    def __len__(self) -> int:
        return len(self.types)

    def lineage(self, name: str) -> tuple[str, ...]:
        """Return *name* and the types it is a kind of, nearest first."""
        trail = [name]
        while (base := self[trail[-1]].base) is not None:
            trail.append(base)
        return tuple(trail)

    def subtypes(self, name: str) -> tuple[str, ...]:
        """Return the types that are directly a kind of *name*, in schema order."""
        return tuple(other.name for other in self.types.values() if other.base == name)
