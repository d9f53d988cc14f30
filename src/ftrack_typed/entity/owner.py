"""What an entity needs of the session it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol

from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes.values import CustomValues
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.collections import Collection, KeyValueCollection
    from ftrack_typed.events.event import Event
    from ftrack_typed.events.topics import EntityUpdate
    from ftrack_typed.query.cohort import Cohort
    from ftrack_typed.symbol import Symbol


class EntityOwner(Protocol):
    """The session, as entities and collections see it."""

    def _load(self, entity: Entity, attribute: Attribute) -> Any:
        """Fetch an attribute that is not loaded, and return its value."""
        ...

    def _load_scalars(self, entity: Entity) -> None:
        """Fetch all plain values that are not loaded."""

    def _expect_all(self, entity: Entity) -> None:
        """Called when this thread goes through the names of all attributes, likely to read them next."""

    def _extra_attribute(self, cls: type[Entity], name: str) -> Attribute | None:
        """An attribute the server has but the generated class has not, by its Python or wire name."""
        ...

    def _assign(self, entity: Entity, attribute: Attribute, value: Any) -> None:
        """Validate, record and store a new value."""

    def _refresh(self, entity: Entity, event: Event | EntityUpdate) -> bool:
        """Take over what an event tells of an entity, and say whether it tells anything."""
        ...

    def _revert(self, entity: Entity, attribute: Attribute) -> None:
        """Take back local changes of one attribute."""

    def _own(self, value: Any) -> Any:
        """This session's object for an entity of another one, anything else as it is."""
        ...

    def _collection_changes(self, collection: Collection[Any]) -> None:
        """Called before the first change of a collection since the last commit."""

    def _set_key_value(self, rows: KeyValueCollection[Any], key: str, value: Any) -> None:
        """Set a key of a key/value attribute."""

    def _delete_key_value(self, rows: KeyValueCollection[Any], key: str) -> None:
        """Remove a key of a key/value attribute."""

    def _state(self, entity: Entity) -> Symbol:
        """What the next commit does with an entity: CREATED, MODIFIED, DELETED, or NOT_SET."""
        ...

    def _persisted(self, entity: Entity, name: str) -> Any:
        """The committed value of an attribute as far as it is known, else ``NOT_SET``."""
        ...

    def _custom_values(self) -> CustomValues:
        """What custom attributes are in this session."""
        ...


class Arrival:
    """Leads from an entity to the session it belongs to, and to those it came with.

    A session has one for general use, and makes one for each place of a projection in each reply: comparing it
    tells whether an entity was already merged from there.
    """

    __slots__ = ("cohort", "session")

    detached: ClassVar[bool] = False
    """Whether it stands for no session at all, as that of constants does."""

    def __init__(self, session: EntityOwner, cohort: Cohort | None = None) -> None:
        self.session: EntityOwner = session
        self.cohort: Cohort | None = cohort


class DetachedArrival(Arrival):
    """Marks an entity that belongs to no session."""

    __slots__ = ()
    detached: ClassVar[bool] = True


class RefusingOwner:
    """Stands in for a session where there is none: what is loaded can be read, nothing can be changed.

    A subclass says what reading more (`_load`, `_custom_values`) and changing (`_refuse`) come to.
    """

    def _load(self, entity: Entity, attribute: Attribute) -> Any:
        raise NotImplementedError

    def _custom_values(self) -> NoReturn:
        raise NotImplementedError

    def _refuse(self, entity: Entity) -> NoReturn:
        raise NotImplementedError

    def _load_scalars(self, entity: Entity) -> None:
        """Nothing can be loaded."""

    def _expect_all(self, entity: Entity) -> None:
        """Nothing can be loaded."""

    def _extra_attribute(self, cls: type[Entity], name: str) -> None:
        return None

    def _assign(self, entity: Entity, attribute: Attribute, value: Any) -> NoReturn:
        self._refuse(entity)

    def _revert(self, entity: Entity, attribute: Attribute) -> None:
        self._refuse(entity)

    def _refresh(self, entity: Entity, event: object) -> bool:
        return False

    def _own(self, value: Any) -> Any:
        return value

    def _collection_changes(self, collection: Any) -> NoReturn:
        self._refuse(collection.entity)

    def _set_key_value(self, rows: Any, key: str, value: Any) -> NoReturn:
        self._refuse(rows.entity)

    def _delete_key_value(self, rows: Any, key: str) -> NoReturn:
        self._refuse(rows.entity)

    def _state(self, entity: Entity) -> Symbol:
        return NOT_SET  # type: ignore[no-any-return]

    def _persisted(self, entity: Entity, name: str) -> Any:
        return vars(entity).get(name, NOT_SET)
