"""What entities belong to once their session let go of them: deleted ones, and new ones that were taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn

from ftrack_typed.entity.owner import Arrival
from ftrack_typed.entity.validation import unset_value
from ftrack_typed.errors import DetachedEntityError
from ftrack_typed.symbol import NOT_SET, Symbol

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity


class _DepartedOwner:
    """Keeps what is loaded readable, and refuses changes: no commit would ever send them."""

    def _load(self, entity: Entity, attribute: Attribute) -> Any:
        return unset_value(entity, attribute)

    def _load_scalars(self, entity: Entity) -> None:
        """Nothing can be loaded."""

    def _expect_all(self, entity: Entity) -> None:
        """Nothing can be loaded."""

    def _extra_attribute(self, cls: type[Entity], name: str) -> None:
        return None

    def _assign(self, entity: Entity, attribute: Attribute, value: Any) -> NoReturn:
        _refuse(entity)

    def _revert(self, entity: Entity, attribute: Attribute) -> None:
        """There are no local changes."""

    def _refresh(self, entity: Entity, event: object) -> bool:
        return False

    def _own(self, value: Any) -> Any:
        return value

    def _collection_changes(self, collection: Any) -> NoReturn:
        _refuse(collection.entity)

    def _set_key_value(self, rows: Any, key: str, value: Any) -> NoReturn:
        _refuse(rows.entity)

    def _delete_key_value(self, rows: Any, key: str) -> NoReturn:
        _refuse(rows.entity)

    def _state(self, entity: Entity) -> Symbol:
        return NOT_SET  # type: ignore[no-any-return]

    def _persisted(self, entity: Entity, name: str) -> Any:
        return vars(entity).get(name, NOT_SET)

    def _custom_values(self) -> NoReturn:
        raise DetachedEntityError(
            "An entity that was deleted or taken back has no custom attributes to look up."
        )


def _refuse(entity: Entity) -> NoReturn:
    raise DetachedEntityError(
        f"{entity!r} was deleted, or taken back before it was committed: nothing would save the change. "
        "Create another one, or get it from a session."
    )


class _DepartedArrival(Arrival):
    """Marks an entity whose session let go of it."""

    __slots__ = ()
    detached: ClassVar[bool] = True


DEPARTED: Final[Arrival] = _DepartedArrival(_DepartedOwner())
"""Takes the place of the way to the session in entities the session let go of."""
