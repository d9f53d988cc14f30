"""Checks a `query_schemas` document before anything is built from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_local.catalogue.definitions import Catalogue, CatalogueError

WireType = Mapping[str, Any]


def check_documents(documents: Any) -> dict[str, WireType]:
    """Return the types of a document by id.

    Raises:
        CatalogueError: The document is not a list of types, a type has no id, or a relation leads to a
            type that is not there; the message names the place.
    """
    if not isinstance(documents, list):
        raise CatalogueError(
            f"a schema document is a list of entity types, not {_shape(documents)}; "
            "pass the answer of query_schemas as it was recorded"
        )
    types: dict[str, WireType] = {}
    for index, document in enumerate(documents):
        if not isinstance(document, dict):
            raise CatalogueError(f"schema entry {index}: must be an object, not {_shape(document)}")
        name = document.get("id")
        if not isinstance(name, str) or not name:
            raise CatalogueError(f"schema entry {index}: has no 'id'")
        if name in types:
            raise CatalogueError(f"schema {name!r}: is there twice")
        _check_shape(name, document)
        types[name] = document
    for name, document in types.items():
        _check_references(name, document, types)
    return types


def _check_shape(name: str, document: WireType) -> None:
    properties = document.get("properties")
    if not isinstance(properties, dict):
        raise CatalogueError(f"schema {name!r}: 'properties' must be an object, not {_shape(properties)}")
    for attribute, prop in properties.items():
        if not isinstance(prop, dict):
            raise CatalogueError(f"schema {name!r}: property {attribute!r} must be an object")
        if prop.get("type") in ("array", "mapped_array"):
            items = prop.get("items")
            if not isinstance(items, dict) or not isinstance(items.get("$ref"), str):
                raise CatalogueError(f"schema {name!r}: collection {attribute!r} does not say what it holds")
    for key in (
        "primary_key",
        "required",
        "immutable",
        "default_projections",
        "system_projections",
        "computed",
    ):
        names = document.get(key, [])
        if not isinstance(names, list) or not all(isinstance(entry, str) for entry in names):
            raise CatalogueError(f"schema {name!r}: {key!r} must be a list of names")
    for attribute in document.get("primary_key", []):
        if attribute not in properties:
            raise CatalogueError(f"schema {name!r}: primary key {attribute!r} is no property")
        prop = properties[attribute]
        if prop.get("type") in ("array", "mapped_array") or ("$ref" in prop and "type" not in prop):
            raise CatalogueError(f"schema {name!r}: primary key {attribute!r} must hold a plain value")


def _check_references(name: str, document: WireType, types: Mapping[str, WireType]) -> None:
    mixin = document.get("$mixin")
    if mixin is not None and not _names_a_type(mixin, types):
        raise CatalogueError(f"schema {name!r}: its base {_target(mixin)!r} is not in the document")
    for attribute, prop in document["properties"].items():
        for holder in (prop, prop.get("items")):
            if isinstance(holder, dict) and "$ref" in holder and not _names_a_type(holder, types):
                raise CatalogueError(
                    f"schema {name!r}: {attribute!r} leads to {holder['$ref']!r}, "
                    "which is not in the document"
                )


def _names_a_type(holder: Any, types: Mapping[str, WireType]) -> bool:
    target = holder.get("$ref") if isinstance(holder, dict) else None
    return isinstance(target, str) and target in types


def _target(mixin: Any) -> Any:
    return mixin.get("$ref") if isinstance(mixin, dict) else mixin


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        if "exception" in value:
            return f"a server error ({value['exception']})"
        return "an object"
    return {type(None): "null", str: "a text", list: "a list"}.get(type(value), type(value).__name__)


class Tree:
    """Which type extends which, whatever the document says about it.

    Newer servers announce bases as `$mixin`; older ones do not, there the catalogue knows. A type whose
    alias is an object is a variant of the type with that internal name, such as a studio's object types.
    """

    def __init__(self, types: Mapping[str, WireType], catalogue: Catalogue) -> None:
        self._types = types
        self._catalogue = catalogue
        internal = {
            document["alias_for"]: name
            for name, document in reversed(list(types.items()))
            if isinstance(document.get("alias_for"), str)
        }
        self.bases = {name: self._base(name, document, internal) for name, document in types.items()}
        self.order = self._sort()

    def _base(self, name: str, document: WireType, internal: Mapping[str, str]) -> str | None:
        mixin = document.get("$mixin")
        if mixin is not None:
            return str(mixin["$ref"])
        if name in self._catalogue.types:
            base = self._catalogue.types[name].base
            while base is not None and base not in self._types:
                base = self._catalogue.types[base].base
            return base
        alias = document.get("alias_for")
        if isinstance(alias, dict) and isinstance(alias.get("id"), str):
            base = internal.get(alias["id"], alias["id"])
            return base if base in self._types and base != name else None
        return None

    def _sort(self) -> tuple[str, ...]:
        order: list[str] = []
        for name in self._types:
            order.extend(entry for entry in reversed(self.ancestry(name)) if entry not in order)
        return tuple(order)

    def ancestry(self, name: str) -> list[str]:
        """The type, its base, the base of that, … up to the root."""
        found = [name]
        base = self.bases[name]
        while base is not None:
            if base in found:
                raise CatalogueError(f"schema {name!r}: its bases run in a circle through {base!r}")
            found.append(base)
            base = self.bases[base]
        return found

    def known(self, name: str) -> str | None:
        """The nearest type of the ancestry that the catalogue describes."""
        return next((entry for entry in self.ancestry(name) if entry in self._catalogue.types), None)
