"""What entities belong to once their session let go of them: deleted ones, and new ones that were taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from ftrack_typed.entity.owner import Arrival, DetachedArrival, RefusingOwner
from ftrack_typed.entity.validation import unset_value
from ftrack_typed.errors import DetachedEntityError

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity


class _DepartedOwner(RefusingOwner):
    """Keeps what is loaded readable, and refuses changes: no commit would ever send them."""

    def _load(self, entity: Entity, attribute: Attribute) -> Any:
        return unset_value(entity, attribute)

    def _revert(self, entity: Entity, attribute: Attribute) -> None:
        """There are no local changes."""

    def _custom_values(self) -> NoReturn:
        raise DetachedEntityError(
            "An entity that was deleted or taken back has no custom attributes to look up."
        )

    def _refuse(self, entity: Entity) -> NoReturn:
        raise DetachedEntityError(
            f"{entity!r} was deleted, or taken back before it was committed: nothing would save the change. "
            "Create another one, or get it from a session."
        )


DEPARTED: Final[Arrival] = DetachedArrival(_DepartedOwner())
"""Takes the place of the way to the session in entities the session let go of."""
