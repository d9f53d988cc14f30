"""``ftrack.update``: what a committed batch changed (wire: protocol 5.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, overload

from pydantic import BeforeValidator, Field, PrivateAttr
from typing_extensions import Self

from ftrack_typed.entity import Entity
from ftrack_typed.entity.mapped_keys import MappedKeys
from ftrack_typed.errors import EventFilterError, EventHubError
from ftrack_typed.events.topics.base import Listed, TypedEvent, WireModel
from ftrack_typed.events.topics.values import ValueChange, value_change
from ftrack_typed.query.paths import own_attribute

if TYPE_CHECKING:
    from ftrack_typed.events.event import Event
    from ftrack_typed.events.topics.context import EventContext
    from ftrack_typed.query.operands import Expr, KeyExpr

T = TypeVar("T")
E = TypeVar("E", bound=Entity)

CUSTOM_ATTRIBUTES = "custom_attributes"


class EntityAction(str, Enum):
    """What happened to an entity."""

    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"
    MOVE = "move"
    """It has another parent."""


def _no_text(sent: object) -> object:
    return "" if sent is None else sent


_Text = Annotated[str, BeforeValidator(_no_text)]


class UpdateUser(WireModel):
    """Who made the changes."""

    id: str | None = Field(default=None, validation_alias="userid")
    name: str | None = None


class Ancestor(WireModel):
    """One step of the way from an entity up to its project."""

    id: _Text = Field(default="", validation_alias="entityId")
    entity_type: _Text = Field(default="", validation_alias="entity_type")
    table: _Text = Field(default="", validation_alias="entityType")
    parent_id: str | None = None


def _no_mapping(sent: object) -> object:
    return {} if sent is None else sent


class EntityChange(WireModel):
    """What happened to one entity."""

    action: str = ""
    """One of `EntityAction`, unless the server knows further ones."""
    id: _Text = Field(default="", validation_alias="entityId")
    """The key of the entity; empty where the server names none."""
    entity_type: _Text = Field(default="", validation_alias="entity_type")
    """Its type, such as ``Shot``."""
    table: _Text = Field(default="", validation_alias="entityType")
    """Where the server keeps it, such as ``task`` for tasks, shots and their like."""
    parent_id: str | None = None
    """Key of what is above it."""
    object_type_id: str | None = None
    """Key of its object type, for tasks, shots and their like."""
    parents: Listed[Ancestor] = ()
    """The way up, from the entity itself to its project."""
    sent: Annotated[Mapping[str, Any], BeforeValidator(_no_mapping)] = Field(
        default_factory=dict, alias="changes"
    )
    """The changes as they were sent: values as text, under the names of columns."""

    _context: EventContext | None = PrivateAttr(None)
    _update: EntityUpdate | None = PrivateAttr(None)

    @property
    def entity_class(self) -> type[Entity] | None:
        """The class of the entity, None when it is not known.

        Raises:
            EventHubError: when the event came to a hub without a session.
        """
        return self._known_context().class_of(self.entity_type, self.table)

    @cached_property
    def changes(self) -> Mapping[str, ValueChange[Any]]:
        """The changes of attributes by Python name, such as ``status_id``; custom attributes are not among them.

        A relation goes by the attribute that holds its key. Values have the types of the attributes, where what was
        sent can be read as such.
        """
        found: dict[str, ValueChange[Any]] = {}
        cls, context = self.entity_class, self._known_context()
        for column, sent in self.sent.items():
            for attribute in () if cls is None else context.attributes(cls, column):
                scalar = attribute.target if attribute.kind == "scalar" else "str"
                found[attribute.name] = value_change(scalar, sent)
        return MappingProxyType(found)

    @cached_property
    def custom_attributes(self) -> Mapping[str, ValueChange[Any]]:
        """The changes of custom attributes by key; of types without any, what else is told and not understood.

        Where the generated package knows a custom attribute, its values have its type; else they are as sent.
        """
        found: dict[str, ValueChange[Any]] = {}
        cls, context = self.entity_class, self._known_context()
        attribute = None if cls is None else cls.__attributes__.get(CUSTOM_ATTRIBUTES)
        for key, sent in self.sent.items():
            if cls is None or not context.attributes(cls, key):
                scalar = "Any" if attribute is None else MappedKeys(cls, attribute).scalar(key)
                found[key] = value_change(scalar, sent)
        return MappingProxyType(found)

    def is_a(self, entity_class: type[Entity]) -> bool:
        """Whether the entity is of a class or of one of its subtypes."""
        given = entity_class.__entity__.name
        if self.entity_type == given:
            return True
        registry = entity_class.__registry__ if self._context is None else self._context.registry
        name = self.entity_type
        if name not in registry and self._context is not None:
            name = self._context.columns.type_of_table(self.table) or ""
        return name == given or (given in registry and name in registry.subtypes(given))

    @overload
    def change_of(self, attribute: Expr[T] | KeyExpr[T]) -> ValueChange[T] | None: ...
    @overload
    def change_of(self, attribute: type[Entity]) -> ValueChange[str] | None: ...
    def change_of(self, attribute: Any) -> ValueChange[Any] | None:
        """What an attribute, such as ``Task.status_id`` or ``Task.custom_attributes["fps"]``, was and has become.

        Of a relation, such as ``Task.status``, it is the keys.

        Returns:
            None when it did not change, or the entity is of another class.

        Raises:
            EventFilterError: for anything but an attribute read from a class, and for collections.
        """
        asked = own_attribute(attribute)
        if asked is None or (asked.key is not None and asked.wire != CUSTOM_ATTRIBUTES):
            raise EventFilterError(
                f"{attribute!r} is nothing events tell of; pass a plain attribute, a relation or a custom attribute "
                "of a class, such as Task.status."
            )
        if not self.is_a(asked.owner):
            return None
        cls, context = self.entity_class, self._known_context()
        for column in self.sent:
            of_key = asked.key == column and (cls is None or not context.attributes(cls, column))
            if of_key:
                return self.custom_attributes[column]
            if asked.key is None and cls is not None and context.shows(cls, column, asked.wire):
                return self.changes[context.attributes(cls, column)[0].name]
        return None

    @overload
    def entity(self, entity_class: type[E]) -> E | None: ...
    @overload
    def entity(self) -> Entity | None: ...
    def entity(self, entity_class: type[Entity] | None = None) -> Entity | None:
        """The session's entity, with the changes of this event; asks the server only for what is not held.

        Args:
            entity_class: Class it has to be of, which lets checkers know.

        Returns:
            None when the server does not have it, or it is of another class.
        """
        cls = self.entity_class
        if not self.id or cls is None or len(cls.__entity__.primary_key) != 1:
            return None
        if entity_class is not None and not self.is_a(entity_class):
            return None
        session = self._known_context().session
        found: Entity | None = session.get(cls, self.id)
        if found is not None and self._update is not None:
            found.refresh_from(self._update)
        return found

    def _known_context(self) -> EventContext:
        if self._context is None:
            raise EventHubError(
                "The names in this event can't be translated, as it came to a hub without a session; "
                "use session.event_hub, or read `sent`."
            )
        return self._context


class EntityUpdate(TypedEvent):
    """Entities were added, changed, moved or removed: one event for each batch that was committed."""

    topic: ClassVar[str] = "ftrack.update"

    entities: Listed[EntityChange] = ()
    """What happened, to each entity; in a handler with filters only what passes them."""
    user: UpdateUser | None = None
    """Who did it."""
    client_token: str | None = None
    push_token: str | None = None
    parents: Listed[str] = ()
    """Keys of all entities that anything happened to or beneath."""

    @classmethod
    def narrowed(cls, event: Event, context: EventContext | None, entities: Sequence[object]) -> Self:
        """Read an event with only some of what happened, given as it was sent.

        Raises:
            EventDataError: when it is no such event.
        """
        return cls._from_data({**event.data, "entities": entities}, event, context)

    def _bound(self) -> None:
        for change in self.entities:
            change._context = self._context
            change._update = self

    @cached_property
    def all_entities(self) -> tuple[EntityChange, ...]:
        """What happened, to each entity, whatever the filters of the handler."""
        return type(self).from_event(self.event, self._context).entities
