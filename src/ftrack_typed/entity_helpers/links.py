"""What comes before what, and what is used where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from ftrack_typed.entity_helpers.base import Generic, Helpers, outdate

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

LinkT = TypeVar("LinkT", bound="Entity")
LinkedT = TypeVar("LinkedT", bound="Entity")


class LinkHelpers(Helpers, Generic[LinkT, LinkedT]):
    """Of what has incoming and outgoing links: typed contexts depend on each other, versions use each other."""

    __slots__ = ()

    def link_to(self, other: LinkedT, **values: Any) -> LinkT:
        """Link this entity to another: this one comes first, or is used there. The next commit sends it.

        Args:
            other: Where the link leads to.
            values: Further attributes of the link, such as ``lag`` and ``type`` between typed contexts.

        Raises:
            ValueTypeError: for an `other` that can't be linked to.
        """
        return self._link(self, other, values)

    def link_from(self, other: LinkedT, **values: Any) -> LinkT:
        """Link another entity to this one: the other comes first, or is used here. See :meth:`link_to`."""
        return self._link(other, self, values)

    def _link(self, first: Any, second: Any, values: dict[str, Any]) -> LinkT:
        session = self._session
        link_type = type(self._entity).__attributes__["outgoing_links"].target
        cls = session.types.by_class_name(link_type)
        link = session.create(cls.__entity__.name, {**values, "from": first, "to": second})
        outdate(session, session._own(first), "outgoing_links")
        outdate(session, session._own(second), "incoming_links")
        return cast("LinkT", link)
