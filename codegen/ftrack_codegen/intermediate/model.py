"""Immutable description of a package to generate."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .constants import ConstantSet
from .custom_attributes import CustomAttributeClass
from .helpers import HelperBase
from .mixins import MixinBase


class Kind(enum.Enum):
    """What sort of value an attribute holds, and with it which face it shows."""

    SCALAR = "scalar"
    REFERENCE = "reference"
    COLLECTION = "collection"
    KEY_VALUE = "key value"
    """Rows seen as a mapping: ``metadata``, ``custom_attributes``."""
    FILTER_ONLY = "filter only"
    """A collection that can be asked about but not loaded (wire: ``restricted_projection``)."""


class Access(enum.Enum):
    """Who may set an attribute, and when."""

    ALWAYS = "always"
    AT_CREATION = "at creation"
    """wire: ``immutable``."""
    NEVER = "never"
    """wire: ``computed``, and what the server is known to fill in by itself."""


class Scalar(enum.Enum):
    """The sorts of plain values of the wire."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    JSON = "json"
    """A JSON object whose shape the schema doesn't tell."""
    LINK = "link"
    """The path of names and ids from the project down to the entity."""
    VARIABLE = "variable"
    """Any of the above, told by a configuration elsewhere."""


@dataclass(frozen=True)
class Attribute:
    """One attribute of an entity type, in the form it has for exactly this type."""

    wire_name: str
    name: str
    """Spelling in Python."""
    kind: Kind
    access: Access
    nullable: bool = False
    scalar: Scalar | None = None
    """Sort of value; of a key-value attribute, the sort of its values."""
    choices: tuple[str, ...] = ()
    """Closed set of values, in the order of the schema."""
    target: str | None = None
    """Wire id of the entity type a relation leads to; of a key-value attribute, the type of its rows."""
    custom: str | None = None
    """Of custom attributes, the wire id of the entity type whose class describes them."""
    key_of: str | None = None
    """Wire id of the entity type whose key a text holds."""
    identifies: bool = False
    """Whether it is the whole key of its own entity type."""
    deprecated: bool = False
    doc: str = ""

    @property
    def face(self) -> tuple[object, ...]:
        """Everything that decides how a type checker sees the attribute."""
        read_only = self.access is not Access.ALWAYS and self.kind not in (Kind.KEY_VALUE, Kind.FILTER_ONLY)
        plain = (self.kind, read_only, self.nullable, self.scalar, self.choices, self.target)
        return (*plain, self.custom, self.key_of, self.identifies, self.deprecated)


@dataclass(frozen=True)
class EntityType:
    """One entity type: a class in a module of its own."""

    wire_id: str
    class_name: str
    module: str
    base: str | None
    """Wire id of the entity type it derives from; ``None`` for a root."""
    doc: str
    attributes: Mapping[str, Attribute]
    """Every attribute by wire name, inherited ones too, sorted."""
    declared: tuple[str, ...]
    """Wire names of the attributes the base doesn't have with the same face, sorted."""
    overrides: frozenset[str]
    """Wire names of those declared here that the base has with another face."""
    primary_key: tuple[str, ...]
    default_projections: tuple[str, ...]
    system_projections: tuple[str, ...]
    required: tuple[str, ...]
    required_on_create: tuple[str, ...]
    immutable: tuple[str, ...]
    computed: tuple[str, ...]
    defaults: Mapping[str, Any]
    helpers: tuple[HelperBase, ...] = ()
    """What adds methods to it, beyond what its base has."""
    mixins: tuple[MixinBase, ...] = ()
    """Classes of the studio's own that go before its base."""


@dataclass(frozen=True)
class Package:
    """Everything to emit, entity types sorted by wire id."""

    name: str
    entities: Mapping[str, EntityType]
    omitted: tuple[str, ...] = ()
    """Attributes left out because they lead to types the schema doesn't have, as `Type.attribute`."""
    custom_attributes: Mapping[str, CustomAttributeClass] = field(default_factory=dict)
    """Classes of custom attributes by the wire id of their entity type."""
    homeless: tuple[str, ...] = ()
    """Custom attributes that apply to no entity type of the schema."""
    without_helpers: tuple[str, ...] = ()
    """Helpers left out, because attributes have the names of their methods."""
    constants: ConstantSet = field(default_factory=ConstantSet)
