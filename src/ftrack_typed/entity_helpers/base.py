"""What all helpers have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ftrack_typed.errors import DetachedEntityError, EntityTypeError, MissingKeyError
from ftrack_typed.symbol import CREATED

if TYPE_CHECKING:
    from typing import Generic as Generic

    from ftrack_typed.entity import Entity
    from ftrack_typed.session import Session
else:

    class Generic:
        """Stands in for `typing.Generic`: type arguments are for checkers and cost nothing at run time."""

        __slots__ = ()

        def __class_getitem__(cls, arguments):
            """The class itself."""
            return cls


class Helpers:
    """Base of classes that add methods to entities.

    They have no state and stand behind the entity class among the bases, so that nothing an entity can by itself is
    replaced. Methods are named without leading underscores; everything else has one.
    """

    __slots__ = ()

    __helpers__: ClassVar[frozenset[str]] = frozenset()
    """Names of the methods that are added."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Of entity classes, the metaclass replaces it by what comes from their bases.
        cls.__helpers__ = cls.__helpers__.union(name for name in vars(cls) if not name.startswith("_"))

    @property
    def _entity(self) -> Entity:
        return cast("Entity", self)

    @property
    def _session(self) -> Session:
        session = self._entity.session
        if session is None:
            raise DetachedEntityError(f"{self!r} belongs to no session, which is needed for this.")
        return cast("Session", session)

    @property
    def _is_new(self) -> bool:
        """Whether the entity exists only here so far."""
        return self._session._state(self._entity) is CREATED

    def _key(self) -> str:
        return key_of(self._entity)

    def _read_anew(self, *names: str) -> None:
        """Have collections of the entity that the next commit adds to read again, once it is committed.

        Args:
            names: Their Python names. What was changed here stays.
        """
        outdate(self._session, self._entity, *names)


def outdate(session: Session, entity: Entity, *names: str) -> None:
    """Have collections that the next commit adds to read again, once it is committed."""
    session._unit.pending.mine.outdated += [(entity, name) for name in names]


def made_row(session: Session, *facts: str) -> Any:
    """The row with these facts that :func:`make_row` made and the next commit creates, else None."""
    row = session._unit.pending.mine.made.get(facts)
    return row if row is not None and session._state(row) is CREATED else None


def make_row(session: Session, data: Mapping[str, str], *facts: str) -> Any:
    """Make a row that stands between two entities.

    Args:
        session: The session.
        data: Its attributes by wire name.
        facts: Its type, and what tells it from others.
    """
    row = session.create(facts[0], data)
    session._unit.pending.mine.made[facts] = row
    return row


def key_of(entity: Entity) -> str:
    """The id of an entity.

    Raises:
        MissingKeyError: when it has none.
    """
    found = entity.primary_key.get("id")
    if found is None:
        raise MissingKeyError(entity.entity_type, "id")
    return str(found)


def keys_of(session: Session, entities: Iterable[Any], entity_type: str) -> dict[str, Any]:
    """Distinct entities by their ids, in order.

    Args:
        session: The session that knows the entity types.
        entities: What was given.
        entity_type: What they must be, or a type below it.

    Raises:
        EntityTypeError: for anything else.
        MissingKeyError: for an entity without id.
    """
    accepted = {entity_type, *session.types.subtypes(entity_type)}
    found: dict[str, Any] = {}
    for entity in entities:
        if getattr(entity, "entity_type", None) not in accepted:
            raise EntityTypeError(f"A {entity_type} is needed here, not {entity!r}.")
        found.setdefault(key_of(entity), entity)
    return found
