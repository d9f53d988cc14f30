"""One attribute of one entity class, with everything the runtime needs to read, write and send it."""

from __future__ import annotations

from typing import NamedTuple

from ftrack_typed.entity.declarations import Declaration, Kind
from ftrack_typed.entity.info import EntityInfo


class Attribute(NamedTuple):
    """An attribute as one class has it."""

    name: str
    """Python spelling, also the key in the instance's ``__dict__``."""
    wire: str
    """Name on the wire and in mapping access."""
    kind: Kind
    target: str
    """Class of the related entity, or the scalar text of a plain value."""
    nullable: bool
    """Whether the declared type allows None."""
    required: bool
    """Whether the server insists on a value."""
    immutable: bool
    computed: bool
    enum: tuple[str, ...]
    points_to: str = ""
    """Class of the entity whose key a plain value is, where the declaration says so."""

    @property
    def is_relation(self) -> bool:
        """Whether the value is one or several entities."""
        return self.kind != "scalar"

    def expected(self) -> str:
        """The type asked for, in words for an error message."""
        if self.enum:
            return "one of " + ", ".join(repr(value) for value in self.enum)
        what = {
            "scalar": self.target,
            "reference": f"a {self.target} entity",
            "collection": f"a list of {self.target} entities",
            "mapped": "a mapping",
        }.get(self.kind, "no value")
        return f"{what} or None" if self.nullable else what


def attribute(name: str, info: EntityInfo, declared: Declaration) -> Attribute:
    """Combine a declaration with the facts of the entity type."""
    wire = info.wire_names.get(name, name)
    return Attribute(
        name,
        wire,
        declared.kind,
        declared.target,
        declared.nullable,
        wire in info.required or f"{wire}_id" in info.required,
        wire in info.immutable,
        wire in info.computed,
        declared.enum,
        declared.points_to,
    )
