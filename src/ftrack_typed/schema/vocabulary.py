"""The names of a schema as paths in queries may use them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from ftrack_typed.schema.model import Kind, Property, Schema

_OPAQUE = frozenset({"object", "variable", "array"})
_LISTS = ("required", "immutable", "computed", "primary_key", "default_projections", "system_projections")

MeaningKind = Literal["scalar", "opaque", "relation", "restricted"]
Meanings: TypeAlias = tuple[tuple[MeaningKind, str | None], ...]


class SchemaVocabulary:
    """Tells which names a server's queries know (see :class:`ftrack_typed.query.checking.Vocabulary`).

    Args:
        schema: The server's schema.
        documents: The documents it was read from, which mention names that are no properties.
    """

    def __init__(self, schema: Schema, documents: Sequence[Mapping[str, Any]] = ()) -> None:
        self._schema = schema
        self._mentioned = {str(document.get("id")): _mentioned(document) for document in documents}
        self._descendants = lru_cache(maxsize=None)(self._find_descendants)
        self._remembered: Callable[[str, str], Meanings] = lru_cache(maxsize=8192)(self._meanings)

    def has_type(self, name: str) -> bool:
        """Whether there is an entity type of this name."""
        return name in self._schema

    def types(self) -> Iterable[str]:
        """All entity types."""
        return self._schema

    def attributes(self, entity_type: str) -> Iterable[str]:
        """The attributes of a type and of its subtypes, which may be used on it (wire: protocol 3.3)."""
        return {
            name
            for this in (entity_type, *self._descendants(entity_type))
            for name in self._schema[this].properties
        }

    def meanings(self, entity_type: str, name: str) -> Meanings:
        """What an attribute of a type, or else of its subtypes, may be; none when there is no such attribute."""
        return self._remembered(entity_type, name)

    def _meanings(self, entity_type: str, name: str) -> Meanings:
        """What an attribute of a type, or else of its subtypes, may be; none when there is no such attribute."""
        own = self._meaning(entity_type, name)
        if own is not None:
            return (own,)
        below = {self._meaning(this, name) for this in self._descendants(entity_type)}
        found = tuple(meaning for meaning in below if meaning is not None)
        # Servers answer to `id` on types with composite keys too.
        return found or ((("opaque", None),) if name == "id" else ())

    def _meaning(self, entity_type: str, name: str) -> tuple[MeaningKind, str | None] | None:
        found = self._schema[entity_type].properties.get(name)
        if found is None:
            return ("opaque", None) if name in self._mentioned.get(entity_type, ()) else None
        if found.kind is Kind.SCALAR:
            return ("scalar" if _is_plain(found) else "opaque"), None
        target = found.related
        if target == "Task" and "TypedContext" in self._schema:
            target = "TypedContext"  # a relation declared as Task holds its siblings too (wire: protocol 1.3)
        return ("restricted" if found.restricted else "relation"), target

    def _find_descendants(self, entity_type: str) -> tuple[str, ...]:
        found = list(self._schema.subtypes(entity_type))
        for this in found:  # grows while it is walked
            found.extend(self._schema.subtypes(this))
        return tuple(found)


def _is_plain(found: Property) -> bool:
    return found.type is not None and found.type not in _OPAQUE and found.name.lstrip("_") != "link"


def _mentioned(document: Mapping[str, Any]) -> frozenset[str]:
    names: set[str] = set()
    for key in _LISTS:
        listed = document.get(key)
        if isinstance(listed, (list, tuple)):
            names.update(name for name in listed if isinstance(name, str))
    return frozenset(names)
