"""Who works on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from ftrack_typed.entity_helpers.base import Generic, Helpers, keys_of, made_row, make_row
from ftrack_typed.symbol import DELETED

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

AppointmentT = TypeVar("AppointmentT", bound="Entity")
ResourceT = TypeVar("ResourceT", bound="Entity")

AppointmentType = Literal["assignment", "allocation"]


class AssignmentHelpers(Helpers, Generic[AppointmentT, ResourceT]):
    """Of contexts: tasks, shots, projects."""

    __slots__ = ()

    def assign(self, resource: ResourceT, type: AppointmentType = "assignment") -> AppointmentT:
        """Assign a user or group; the next commit sends it. Costs a request, to see whether it is so already.

        Args:
            resource: User or group.
            type: ``"allocation"`` for a project's or group's people who are not assigned work yet.

        Returns:
            The appointment, the one that is there if there is one.

        Raises:
            EntityTypeError: for anything but a resource.
        """
        key = self._resource(resource)
        present = self._appointments(key, type)
        if present:
            return cast("AppointmentT", present[0])
        data = {"context_id": self._key(), "resource_id": key, "type": type}
        made = make_row(self._session, data, "Appointment", *data.values())
        self._read_anew("assignments", "allocations")
        return cast("AppointmentT", made)

    def unassign(self, resource: ResourceT, type: AppointmentType = "assignment") -> bool:
        """Take an assignment back; the next commit sends it. Costs a request, to find it.

        Returns:
            Whether there was one.

        Raises:
            EntityTypeError: for anything but a resource.
        """
        present = self._appointments(self._resource(resource), type)
        for appointment in present:
            self._session.delete(appointment)
        self._read_anew("assignments", "allocations")
        return bool(present)

    def _resource(self, resource: ResourceT) -> str:
        (key,) = keys_of(self._session, [resource], "Resource")
        return key

    def _appointments(self, resource: str, type: str) -> list[Any]:
        session = self._session
        facts = {"context_id": self._key(), "resource_id": resource, "type": type}
        made = made_row(session, "Appointment", *facts.values())
        if made is not None or self._is_new:
            return [] if made is None else [made]
        cls = session.types["Appointment"]
        criteria = [getattr(cls, name) == value for name, value in facts.items()]
        rows = session.query(cls).where(*criteria).load(*facts).all()
        return [row for row in rows if session._state(row) is not DELETED]
