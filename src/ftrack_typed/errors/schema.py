"""Errors of schemas and entity types."""

from __future__ import annotations

from collections.abc import Iterable

from ftrack_typed.errors.base import Error, suggestion


class SchemaError(Error):
    """A schema document contains something that cannot be understood.

    Attributes:
        entity_type: Entity type concerned, when known.
        property: Property concerned, when known.
    """

    def __init__(
        self, message: object, *, entity_type: str | None = None, property: str | None = None
    ) -> None:
        super().__init__(message, {"entity_type": entity_type, "property": property})
        self.entity_type = entity_type
        self.property = property


class SchemaDriftError(SchemaError):
    """The server's schema is not the one that the generated package was made from."""


class UnsafeNameError(SchemaError, ValueError):
    """A name from a schema is no identifier and must not reach source code or attribute access."""


class EntityTypeError(Error):
    """Something is wrong with an entity type."""


class UnrecognisedEntityTypeError(EntityTypeError, KeyError):
    """There is no entity type of this name.

    Args:
        entity_type: The name asked for.
        known: The names that exist, to suggest the nearest.

    Attributes:
        entity_type: The name asked for.
    """

    def __init__(self, entity_type: str, known: Iterable[str] = ()) -> None:
        super().__init__(
            f"There is no entity type {entity_type!r}.{suggestion(entity_type, known)}",
            {"entity_type": entity_type},
        )
        self.entity_type = entity_type
