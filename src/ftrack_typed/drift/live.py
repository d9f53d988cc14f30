"""A running session whose server is not quite the one its package was generated from."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal, get_args

from ftrack_typed.drift.changes import Change, by_importance
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.errors import ConfigurationTypeError, SchemaDriftError, suggestion
from ftrack_typed.schema import MISSING, EntitySchema, Kind, Property, Schema

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.registry import EntityRegistry

_logger = logging.getLogger("ftrack_typed.schema")

OnDrift = Literal["warn", "error", "ignore"]
"""What a session does about differences: log them, raise, or nothing."""

_KINDS: Final[Mapping[Kind, str]] = {
    Kind.SCALAR: "scalar",
    Kind.REFERENCE: "reference",
    Kind.COLLECTION: "collection",
    Kind.MAPPED: "mapped",
}
_WORDS: Final[Mapping[str, str]] = {
    "scalar": "a plain value",
    "reference": "one entity",
    "collection": "a list of entities",
    "mapped": "a mapping",
    "restricted": "for criteria only",
}
_FAMILIES: Final[Mapping[str, str]] = {
    "str": "text",
    "datetime": "text",
    "Link": "text",
    "int": "number",
    "float": "number",
    "bool": "boolean",
}
_WIRE_FAMILIES: Final[Mapping[str | None, str]] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
}
"""Sorts of plain values that can't be taken for each other. Within one, servers differ harmlessly."""


class SchemaDrift:
    """Compares the classes a program uses with the server's schema, each when it is first used.

    Args:
        generated: Registry of the generated package; None when there is none, and so nothing to compare.
        server_hash: Hash of the server's schema. Nothing is compared when the package was made from this one.
        schema: Gives the server's schema; asked only when something has to be compared.
        on_drift: What to do about differences.

    Raises:
        ConfigurationTypeError: when `on_drift` is something else.
    """

    def __init__(
        self,
        generated: EntityRegistry | None,
        server_hash: str | None,
        schema: Callable[[], Schema],
        on_drift: OnDrift,
    ) -> None:
        if on_drift not in get_args(OnDrift):
            raise ConfigurationTypeError(
                f"on_schema_drift takes one of {', '.join(map(repr, get_args(OnDrift)))}, not {on_drift!r}."
                f"{suggestion(str(on_drift), get_args(OnDrift))}",
                setting="on_schema_drift",
            )
        self._schema = schema
        self._on_drift: OnDrift = on_drift
        self._seen: set[str] = set()
        self._package = "" if generated is None else generated.package
        self._registry = generated
        self.active: bool = (
            generated is not None and on_drift != "ignore" and _hash_of(generated.package) != server_hash
        )
        """Whether there may be differences at all."""

    def check_loaded(self) -> None:
        """Compare all classes that are loaded by now.

        Raises:
            SchemaDriftError: as :meth:`check` does.
        """
        if self.active and self._registry is not None:
            self._compare(self._registry.loaded)

    def check(self, entity_class: type[Entity]) -> None:
        """Compare a class that is about to be used, if it wasn't compared yet.

        Raises:
            SchemaDriftError: when there are differences and they are not to be tolerated; again at every use.
        """
        if self.active and entity_class.__entity__.name not in self._seen:
            self._compare((entity_class,))

    def _compare(self, classes: Iterable[type[Entity]]) -> None:
        schema = self._schema()
        fresh = [cls for cls in classes if cls.__entity__.name not in self._seen]
        self._tell([change for cls in fresh for change in class_differences(cls, schema)])
        self._seen.update(cls.__entity__.name for cls in fresh)

    def _tell(self, changes: list[Change]) -> None:
        if not changes:
            return
        told = "; ".join(dict.fromkeys(map(str, by_importance(changes))))
        message = (
            f"The server's schema differs from the package {self._package}: {told}. "
            "Run `ftrack-typed regen` to bring the package up to date."
        )
        if self._on_drift == "error":
            raise SchemaDriftError(message)
        _logger.warning("%s", message)


def _hash_of(package: str) -> str | None:
    try:
        provenance = importlib.import_module(f"{package}._provenance")
    except ModuleNotFoundError:
        return None
    found = getattr(provenance, "SCHEMA_HASH", None)
    return found if isinstance(found, str) else None


def class_differences(entity_class: type[Entity], schema: Schema) -> list[Change]:
    """What code written with a class can't rely on with this server. What the server has beyond is no matter."""
    info = entity_class.__entity__
    if info.name not in schema:
        return [Change("removed", entity_class.__name__, True)]
    found = schema[info.name]
    changes: list[Change] = []
    for attribute in entity_class.__attributes__.values():
        changes += _attribute_differences(entity_class, attribute, found, schema)
    for name in found.required:
        if _must_now_be_given(name, entity_class, found):
            changes.append(Change("changed", f"{entity_class.__name__}.{name}", True, note="is required now"))
    if found.primary_key != info.primary_key:
        keys = ", ".join(found.primary_key)
        changes.append(Change("changed", entity_class.__name__, True, note=f"its key is {keys} now"))
    return changes


def _attribute_differences(
    entity_class: type[Entity], attribute: Attribute, found: EntitySchema, schema: Schema
) -> Iterator[Change]:
    subject = f"{entity_class.__name__}.{attribute.name}"
    prop = found.properties.get(attribute.wire)
    if prop is None:
        yield Change("removed", subject, True)
        return
    kind = "restricted" if prop.restricted else _KINDS[prop.kind]
    if kind != attribute.kind:
        yield Change("changed", subject, True, _WORDS[attribute.kind], _WORDS[kind])
        return
    before, after = _target(entity_class, attribute), _wire_target(attribute, prop, schema)
    if before is not None and after is not None and before != after:
        yield Change("changed", subject, True, before, after)
    if attribute.wire in found.computed and not attribute.computed:
        yield Change("changed", subject, True, note="is set by the server alone now")
    elif attribute.wire in found.immutable and not (attribute.immutable or attribute.computed):
        yield Change("changed", subject, True, note="can't be changed after creation any more")


def _target(entity_class: type[Entity], attribute: Attribute) -> str | None:
    """What an attribute holds, as roughly as servers agree on it; None when that is anything."""
    if attribute.kind == "scalar":
        return _FAMILIES.get(attribute.target)
    registry = entity_class.__registry__
    target = next((name for name, entry in registry.index.items() if entry[1] == attribute.target), None)
    return None if target is None else registry.root(target)


def _wire_target(attribute: Attribute, prop: Property, schema: Schema) -> str | None:
    if attribute.kind == "scalar":
        return _WIRE_FAMILIES.get(prop.type) if prop.format != "integer" else "number"
    # Relations are compared by the tree they lead into: a package may know better which subtype it is.
    return schema.lineage(prop.related)[-1] if prop.related in schema.types and prop.related else None


def _must_now_be_given(name: str, entity_class: type[Entity], found: EntitySchema) -> bool:
    return (
        name not in entity_class.__entity__.required
        and name not in found.computed
        and found.properties[name].default in (MISSING, None)
    )
