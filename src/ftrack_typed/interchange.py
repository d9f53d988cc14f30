"""Entities as JSON and back: what travels between programs and into caches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from ftrack_typed.entity import Collection, Entity
from ftrack_typed.entity.base import _restore
from ftrack_typed.entity.checking import checked_entity
from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.entity.mapped import mapped_collection
from ftrack_typed.entity.portable import is_entity
from ftrack_typed.entity.portable import reference as plain_reference
from ftrack_typed.entity.validation import validate_arrival
from ftrack_typed.errors import (
    ConfigurationTypeError,
    ConfigurationValueError,
    UnrecognisedEntityTypeError,
    suggestion,
)
from ftrack_typed.symbol import NOT_SET
from ftrack_typed.wire import dates, encoding
from ftrack_typed.wire.decoding import decode_json

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.registry import EntityRegistry

_logger = logging.getLogger("ftrack_typed.interchange")

Strategy = Literal["all", "set_only", "modified_only", "persisted_only"]


class LocalChanges(Protocol):
    """What is known of uncommitted changes."""

    def is_changed(self, entity: Entity, name: str) -> bool:
        """Whether this attribute has an uncommitted change."""
        ...

    def original(self, entity: Entity, name: str) -> Any:
        """The committed value beneath a change."""
        ...


class Interchange:
    """Encodes and decodes for one session.

    Args:
        registry: The session's entity classes.
        find: Gives an attribute by its wire or Python name that only the server's schema has.
        changes: The session's uncommitted changes.
        is_created: Tells whether an entity exists only here.
    """

    def __init__(
        self,
        registry: EntityRegistry,
        find: Callable[[type[Entity], str], Attribute | None],
        changes: LocalChanges,
        is_created: Callable[[Entity], bool],
    ) -> None:
        self._registry = registry
        self._find = find
        self._changes = changes
        self.is_created = is_created

    def encode(self, data: Any, strategy: str = "set_only") -> str:
        """Return *data* as JSON with sorted keys.

        Entities become their reference and those attributes `strategy` selects; entities these lead to become
        references.

        Raises:
            ConfigurationValueError: If there is no such strategy; also a `ValueError`.
            UnencodableValueError: If JSON can't hold a value; also a `TypeError`.
        """
        if strategy not in get_args(Strategy):
            raise ConfigurationValueError(
                f"There is no entity_attribute_strategy {strategy!r}; there are "
                f"{', '.join(get_args(Strategy))}.{suggestion(strategy, get_args(Strategy))}",
                setting="entity_attribute_strategy",
            )

        def plain(value: Any) -> Any:
            if is_entity(value):
                return self._document(value, strategy)
            if isinstance(value, (Collection, KeyValueCollection)):
                return _related(value)
            return NotImplemented

        return encoding.dumps(data, plain).decode("ascii")

    def reference(self, entity: Entity) -> dict[str, Any]:
        """Return type and key of an entity as plain data; never loads anything."""
        found: dict[str, Any] = plain_reference(checked_entity(entity, "entity_reference"))
        return found

    def decode(self, text: str | bytes) -> Any:
        """Return the data that JSON text holds.

        Tagged moments become aware datetimes. Objects with an ``__entity_type__`` become entities that belong to
        no session and hold what the text says; those of an unknown type stay dictionaries, unknown attributes
        are left out.

        Raises:
            ValueError: If the text is no JSON.
        """
        given: object = text
        if not isinstance(given, (str, bytes)):
            raise ConfigurationTypeError(
                f"decode takes the text of a JSON document, not {type(given).__name__}.", setting="string"
            )
        return self._decoded(decode_json(given.encode() if isinstance(given, str) else given))

    # -- encoding ----------------------------------------------------------------------------------

    def _document(self, entity: Entity, strategy: str) -> dict[str, Any]:
        document = self.reference(entity)
        attributes = dict(type(entity).__attributes__)
        if strategy != "all":
            attributes = {
                name: found
                for name in list(vars(entity))
                if (found := self._attribute(entity, name)) is not None
            }
        for name, found in attributes.items():
            if found.kind == "restricted" or found.wire in document:
                continue
            value = self._selected(entity, name, found, strategy)
            if value is not NOT_SET:
                document[found.wire] = _related(value)
        return document

    def _selected(self, entity: Entity, name: str, found: Attribute, strategy: str) -> Any:
        if strategy == "all":
            return getattr(entity, name)
        if strategy == "modified_only":
            changed = self.is_created(entity) or self._changes.is_changed(entity, name)
            return vars(entity).get(name, NOT_SET) if changed else NOT_SET
        if strategy == "persisted_only":
            return NOT_SET if found.computed else self.persisted(entity, name)
        return vars(entity).get(name, NOT_SET)

    def persisted(self, entity: Entity, name: str) -> Any:
        """The value an attribute has on the server as far as that is known, else ``NOT_SET``."""
        if self.is_created(entity):
            return NOT_SET
        if self._changes.is_changed(entity, name):
            return self._changes.original(entity, name)
        return vars(entity).get(name, NOT_SET)

    def _attribute(self, entity: Entity, name: str) -> Attribute | None:
        found = type(entity).__attributes__.get(name)
        return self._find(type(entity), name) if found is None else found

    # -- decoding ----------------------------------------------------------------------------------

    def _decoded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._decoded(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("__type__") in ("datetime", "date"):
            try:
                return dates.parse(value)
            except ValueError:
                return value
        if "__entity_type__" in value:
            try:
                return self._entity(self._registry[str(value["__entity_type__"])], value)
            except UnrecognisedEntityTypeError:
                pass
        return {name: self._decoded(item) for name, item in value.items()}

    def _entity(self, cls: type[Entity], document: dict[str, Any]) -> Entity:
        entity = _restore(cls, {})
        for wire, raw in document.items():
            if wire == "__entity_type__":
                continue
            name = cls.__entity__.python_names.get(wire, wire)
            found = cls.__attributes__.get(name) or self._find(cls, wire)
            if found is None or found.kind == "restricted":
                _logger.debug("%s.%s is left out: there is no such attribute.", cls.__entity__.name, wire)
                continue
            vars(entity)[found.name] = self._value(entity, found, raw)
        return entity

    def _value(self, entity: Entity, found: Attribute, raw: Any) -> Any:
        if found.kind == "scalar":
            try:
                return validate_arrival(found.target, raw)
            except ValueError:
                return self._decoded(raw)
        value = self._decoded(raw)
        if found.kind == "reference":
            return value
        items = [item for item in value if isinstance(item, Entity)] if isinstance(value, list) else []
        if found.kind == "mapped":
            return mapped_collection(entity, found, items)
        return Collection(entity, found, items)


class Encoding:
    """A base of the session: its entities as JSON and back."""

    _interchange: Interchange

    def encode(self, data: Any, entity_attribute_strategy: str = "set_only") -> str:
        """Return data with entities in it as JSON (see :meth:`Interchange.encode`)."""
        return self._interchange.encode(data, entity_attribute_strategy)

    def decode(self, string: str) -> Any:
        """Return the data of a JSON text; entities in it belong to no session (see :meth:`Interchange.decode`)."""
        return self._interchange.decode(string)

    def entity_reference(self, entity: Entity) -> dict[str, Any]:
        """Return type and key of an entity as plain data."""
        return self._interchange.reference(entity)


def _related(value: Any) -> Any:
    return plain_reference(value.rows if isinstance(value, KeyValueCollection) else value)


__all__ = ["Encoding", "Interchange", "Strategy"]
