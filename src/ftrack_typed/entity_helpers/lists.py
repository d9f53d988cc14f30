"""What is on lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ftrack_typed.entity_helpers.base import Generic, Helpers, keys_of, made_row, make_row
from ftrack_typed.symbol import DELETED

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

ItemT = TypeVar("ItemT", bound="Entity")


class ListHelpers(Helpers, Generic[ItemT]):
    """Of lists of versions and lists of typed contexts."""

    __slots__ = ()

    def add_items(self, *items: ItemT) -> None:
        """Put entities on the list; the next commit sends it.

        What is on the list already stays as it is, and what others put there meanwhile, too: unlike assigning
        ``items_``, this sends what changes, not all of it. Costs a request, to see what is there already.

        Raises:
            EntityTypeError: for entities that can't be on this list. Nothing is recorded then.
        """
        keys = self._keys(items)
        present = {row["entity_id"] for row in self._rows(list(keys))}
        for key in keys:
            if key not in present:
                data = {"list_id": self._key(), "entity_id": key}
                make_row(self._session, data, "ListObject", *data.values())
        self._read_anew("items_")

    def remove_items(self, *items: ItemT) -> None:
        """Take entities off the list; the next commit sends it. What is not there is passed over.

        Raises:
            EntityTypeError: for entities that can't be on this list. Nothing is recorded then.
        """
        for row in self._rows(list(self._keys(items))):
            self._session.delete(row)
        self._read_anew("items_")

    def _keys(self, items: tuple[ItemT, ...]) -> dict[str, Any]:
        types = self._session.types
        declared = types.by_class_name(type(self._entity).__attributes__["items_"].target).__entity__.name
        # wire: protocol 1.3, what is declared as one subtype may be any of its tree
        return keys_of(self._session, items, types.root(declared))

    def _rows(self, keys: list[str]) -> list[Any]:
        session, list_id = self._session, self._key()
        made = [made_row(session, "ListObject", list_id, key) for key in keys]
        found = [row for row in made if row is not None]
        if self._is_new or not keys:
            return found
        cls: type[Any] = session.types["ListObject"]
        query = session.query(cls).where(cls.list_id == list_id, cls.entity_id.in_(keys))
        rows = query.load(cls.entity_id, cls.list_id).all()
        return found + [row for row in rows if session._state(row) is not DELETED]
