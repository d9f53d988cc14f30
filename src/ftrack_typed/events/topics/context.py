"""What typed events need of the session their hub belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.events.topics.columns import ColumnNames
from ftrack_typed.identity.pairs import pair_of

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.schema import Schema
    from ftrack_typed.session import Session


class EventContext:
    """A session, as typed events see it.

    Args:
        session: The session.
        schema: Gives the server's schema.
        registry: The session's entity classes.
        extra: Finds attributes that only the server's schema has.
    """

    def __init__(
        self,
        session: Session,
        schema: Callable[[], Schema],
        registry: EntityRegistry,
        extra: Callable[[type[Entity], str], Attribute | None],
    ) -> None:
        self.session: Session = session
        self.columns: ColumnNames = ColumnNames(schema)
        self.registry: EntityRegistry = registry
        self._extra = extra

    def class_of(self, entity_type: str, table: str = "") -> type[Entity] | None:
        """The class of an entity type, else of a table; None when neither is known."""
        name: str | None = entity_type
        if name not in self.registry and table:
            name = self.columns.type_of_table(table)
        return self.registry[name] if name is not None and name in self.registry else None

    def attributes(self, cls: type[Entity], column: str) -> tuple[Attribute, ...]:
        """The attributes of a class that show a column; none when it is no column of it."""
        found = (self._attribute(cls, wire) for wire in self.columns.attributes(cls.__entity__.name, column))
        return tuple(attribute for attribute in found if attribute is not None)

    def shows(self, cls: type[Entity], column: str, wire: str) -> bool:
        """Whether a change of a column is one of an attribute, or of the other half of its pair."""
        for attribute in self.attributes(cls, column):
            pair = pair_of(cls, attribute)
            names = {attribute.name, *(pair or ())}
            if any(cls.__entity__.wire_names.get(name, name) == wire for name in names):
                return True
        return False

    def _attribute(self, cls: type[Entity], wire: str) -> Attribute | None:
        name = cls.__entity__.python_names.get(wire, wire)
        found = cls.__attributes__.get(name)
        return found if found is not None and found.wire == wire else self._extra(cls, wire)
