"""What handlers of ``ftrack.update`` ask for beyond the topic: classes, attributes and actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ftrack_typed.entity import Entity
from ftrack_typed.errors import EventFilterError
from ftrack_typed.events.topics.update import CUSTOM_ATTRIBUTES, EntityAction
from ftrack_typed.query.paths import OwnAttribute, own_attribute

if TYPE_CHECKING:
    from ftrack_typed.events.topics.context import EventContext
    from ftrack_typed.query.operands import Expr, KeyExpr

Filter: TypeAlias = "type[Entity] | Expr[Any] | KeyExpr[Any] | EntityAction | str"
"""What narrows the events of a topic: a class, an attribute of one, an action; the identifier of an action."""


class ChangeFilter:
    """Which changes of entities are asked for.

    A change passes when it is of one of the classes or attributes, if any are given, and one of the actions, if any
    are given. An attribute also stands for its class. Changes are looked at as they were sent, so that what does not
    pass costs little.

    Args:
        filters: Classes, attributes and actions.
        context: The session the events come to.

    Raises:
        EventFilterError: for anything else, and for attributes where there is no session to translate them.
    """

    def __init__(self, filters: Iterable[Filter], context: EventContext | None) -> None:
        self._context = context
        self._actions: set[str] = set()
        self._classes: list[type[Entity]] = []
        self._attributes: list[OwnAttribute] = []
        self._named: dict[tuple[type[Entity], str], frozenset[str]] = {}
        for given in filters:
            self._take(given)

    def _take(self, given: object) -> None:
        attribute = own_attribute(given)
        if isinstance(given, EntityAction):
            self._actions.add(given.value)
        elif attribute is not None:
            if self._context is None:
                raise EventFilterError(
                    f"{given} can't be a filter here: its column names are not known, as the hub belongs to no "
                    "session. Use session.event_hub."
                )
            if attribute.key is not None and attribute.wire != CUSTOM_ATTRIBUTES:
                raise EventFilterError(
                    f"{given} can't be a filter: events tell of custom attributes only by key."
                )
            self._attributes.append(attribute)
        elif isinstance(given, type) and issubclass(given, Entity):
            self._classes.append(given)
        else:
            raise EventFilterError(
                f"{given!r} can't be a filter of changes; pass entity classes, attributes read from a class such as "
                "Task.status, or an EntityAction. Events tell of an entity's own plain attributes and relations, "
                "neither of collections nor of what lies further along a path."
            )

    def passes(self, change: object) -> bool:
        """Whether a change, as it was sent, is asked for."""
        if not isinstance(change, Mapping):
            return False
        if self._actions and change.get("action") not in self._actions:
            return False
        if not self._classes and not self._attributes:
            return True
        return any(self._is_a(change, each) for each in self._classes) or any(
            self._changes(change, each) for each in self._attributes
        )

    def _is_a(self, change: Mapping[str, Any], cls: type[Entity]) -> bool:
        name: object = change.get("entity_type")
        registry = cls.__registry__ if self._context is None else self._context.registry
        if self._context is not None and name not in registry:
            name = self._context.columns.type_of_table(str(change.get("entityType")))
        given = cls.__entity__.name
        return name == given or (given in registry and name in registry.subtypes(given))

    def _changes(self, change: Mapping[str, Any], asked: OwnAttribute) -> bool:
        columns = change.get("changes")
        context = self._context
        if context is None or not isinstance(columns, Mapping) or not self._is_a(change, asked.owner):
            return False
        if asked.key is not None:
            return asked.key in columns
        cls = context.class_of(str(change.get("entity_type")), str(change.get("entityType")))
        return cls is not None and any(context.shows(cls, column, asked.wire) for column in columns)
