"""What the files in ``schemas/`` say, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from ftrack_local.errors import LocalServerError


class CatalogueError(LocalServerError):
    """A schema, ours or a recorded one, cannot be used; the message names the place and the fix."""


class Missing(Enum):
    """Marks the absence of a value where None is a value."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Kind(Enum):
    """The first word of an attribute's line."""

    UID = "uid"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    VARIABLE = "variable"
    OBJECT = "object"
    JSON = "json"
    ENTITY_TYPE = "entity_type"
    KEY = "key"
    ONE = "->"
    MANY = "many"
    MAP = "map"
    TWIN = "same-as"


@dataclass(frozen=True, slots=True)
class JoinDefinition:
    """A join type or plain join table with the two columns that make a pair."""

    table: str
    near: str
    far: str


@dataclass(frozen=True, slots=True)
class AttributeDefinition:
    """One attribute line, parsed. ``schemas/README.md`` explains every option."""

    name: str
    kind: Kind
    target: str | None = None
    target_attribute: str | None = None
    holds: str | None = None
    column: str | None = None
    alias: str | None = None
    key: str | None = None
    by: str | None = None
    flags: frozenset[str] = frozenset()
    default: Any = MISSING
    stores: Any = MISSING
    fill: str | None = None
    enum: tuple[str, ...] = ()
    format: str | None = None
    owners: tuple[str, ...] = ()
    computed: str | None = None
    derived: str | None = None
    via: JoinDefinition | None = None
    join: JoinDefinition | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    walk: str | None = None
    walk_column: str | None = None
    start: str | None = None
    doc: str = ""

    @property
    def key_name(self) -> str | None:
        """Attribute or hidden column holding the foreign key of a `->` relation."""
        if self.kind is not Kind.ONE or "unkeyed" in self.flags or self.computation:
            return None
        return self.by or self.key or f"{self.name}_id"

    @property
    def declares_key(self) -> bool:
        """Whether this line also declares its foreign key as a public attribute."""
        return self.key_name is not None and self.by is None and "hidden" not in self.flags

    @property
    def computation(self) -> str | None:
        """Name of the computation behind the value, announced on the wire or not."""
        return self.computed or self.derived


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """One entity type of the files: only what it adds to its base."""

    name: str
    source: str
    doc: str = ""
    base: str | None = None
    alias: str | None = None
    variant_of: str | None = None
    variant_by: str | None = None
    table: str | None = None
    shares: str | None = None
    type_column: str | None = None
    told_by: str | None = None
    view: str | None = None
    hint: str | None = None
    key: tuple[str, ...] = ()
    group_by: bool = False
    required: tuple[str, ...] = ()
    immutable: tuple[str, ...] = ()
    projected: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    classifier: Mapping[str, str] = field(default_factory=dict)
    unique: tuple[tuple[str, ...], ...] = ()
    attributes: Mapping[str, AttributeDefinition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All types of the authored schema, by name."""

    types: Mapping[str, TypeDefinition]

    def lineage(self, name: str) -> tuple[TypeDefinition, ...]:
        """The type and its bases, topmost first."""
        found: list[TypeDefinition] = []
        current: str | None = name
        while current is not None:
            definition = self.types[current]
            found.append(definition)
            current = definition.base
        return tuple(reversed(found))

    def attributes(self, name: str) -> dict[str, AttributeDefinition]:
        """Every attribute line that holds for the type, inherited ones first."""
        merged: dict[str, AttributeDefinition] = {}
        for definition in self.lineage(name):
            merged.update(definition.attributes)
        return merged
