"""Collections of related entities, and key/value rows seen as a mapping."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, MutableMapping, MutableSequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from ftrack_typed.errors import (
    DuplicateItemInCollectionError,
    ImmutableCollectionError,
    ValueTypeError,
)
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity

E = TypeVar("E", bound="Entity")
V = TypeVar("V")


class Collection(MutableSequence[E], Generic[E]):
    """The entities of one collection attribute, in the server's order, each at most once.

    Changes are recorded on the owning entity and sent by the next commit as the whole new collection.
    Comparison ignores order.
    """

    __slots__ = ("_attribute", "_items", "_known", "_owner")

    def __init__(self, owner: Entity, attribute: Attribute, items: list[E]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._items = items
        self._known: set[E] | None = None  # built when first needed: most collections are only read

    # -- reading -----------------------------------------------------------------------------------

    @overload
    def __getitem__(self, index: int) -> E: ...
    @overload
    def __getitem__(self, index: slice) -> list[E]: ...
    def __getitem__(self, index: int | slice) -> E | list[E]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[E]:
        return iter(self._items)

    def __contains__(self, item: object) -> bool:
        return hasattr(item, "__entity__") and item in self._keys()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Collection, list, tuple)):
            return (
                len(self) == len(other) and all(item in self for item in other) and set(other) == self._keys()
            )
        return NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]

    def __repr__(self) -> str:
        return repr(self._items)

    def __copy__(self) -> list[E]:
        """The entities as a list: changing a copy changes no entity."""
        return list(self._items)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> list[E]:
        """Copies of the entities that belong to no session, as a list."""
        return copy.deepcopy(self._items, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the entities as a list."""
        return list, (list(self._items),)

    def _repr_html_(self) -> str:
        """A table of the entities, for Jupyter."""
        from ftrack_typed.presentation import rows_table

        return rows_table(self._items, self._label())

    @property
    def entity(self) -> Entity:
        """The entity this is a collection of."""
        return self._owner

    # -- changing ----------------------------------------------------------------------------------

    def insert(self, index: int, value: E) -> None:
        """Add an entity before `index`.

        Raises:
            DuplicateItemInCollectionError: when it is already in the collection.
            ValueTypeError: when it is of the wrong type.
        """
        value = self._own(value)
        self._admit(value)
        self._changes()
        self._items.insert(index, value)
        self._keys().add(value)

    @overload
    def __setitem__(self, index: int, value: E) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[E]) -> None: ...
    def __setitem__(self, index: int | slice, value: Any) -> None:
        replaced = self._items[index] if isinstance(index, slice) else [self._items[index]]
        added = [self._own(item) for item in (value if isinstance(index, slice) else [value])]
        kept = self._keys() - set(replaced)
        for item in added:
            self._admit(item, kept)
            kept.add(item)
        self._changes()
        if isinstance(index, slice):
            self._items[index] = added
        else:
            self._items[index] = added[0]
        self._known = kept

    def __delitem__(self, index: int | slice) -> None:
        self._items[index]  # an IndexError comes before anything is recorded
        self._changes()
        del self._items[index]
        self._known = None

    def reverse(self) -> None:
        """Turn the order around."""
        self[:] = self._items[::-1]

    def _own(self, item: Any) -> Any:
        session = self._owner.session
        return item if session is None else session._own(item)

    def _admit(self, item: Any, known: set[E] | None = None) -> None:
        from ftrack_typed.entity.validation import accepts

        if not accepts(type(self._owner), self._attribute, item):
            raise ValueTypeError(
                self._owner.entity_type, self._attribute.wire, f"a {self._attribute.target} entity", item
            )
        if item in (self._keys() if known is None else known):
            raise DuplicateItemInCollectionError(item, self._label())

    def _changes(self) -> None:
        if self._attribute.computed:
            raise ImmutableCollectionError(self._label())
        arrival = self._owner._arrival
        if arrival is not None:
            arrival.session._collection_changes(self)

    def _keys(self) -> set[E]:
        if self._known is None:
            self._known = set(self._items)
        return self._known

    def _label(self) -> str:
        return f"{self._owner.entity_type}.{self._attribute.wire}"

    def _take(self, fresh: Collection[E]) -> None:
        """Take over what the server now says, without recording a change."""
        self._items = fresh._items
        self._known = None


class KeyValueCollection(MutableMapping[str, V], Generic[V]):
    """Rows of a key and a value (metadata, custom attributes) as a mapping from key to value."""

    __slots__ = ("_attribute", "_owner", "_rows", "offered")

    def __init__(self, owner: Entity, attribute: Attribute, rows: list[Any]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._rows: dict[str, Any] = _by_key(rows)
        self.offered: dict[str, Any] = {}
        """Values assigned as a whole to an entity that has no session yet."""

    def __getitem__(self, key: str) -> V:
        row = self._rows.get(key)
        if row is not None:
            value: V = row["value"]
            return value
        if key in self.offered:
            return self.offered[key]  # type: ignore[no-any-return]
        raise KeyError(key)

    def __setitem__(self, key: str, value: V) -> None:
        arrival = self._owner._arrival
        if arrival is None:
            self.offered[key] = value
        else:
            arrival.session._set_key_value(self, key, value)

    def __delitem__(self, key: str) -> None:
        arrival = self._owner._arrival
        if arrival is None:
            del self.offered[key]
            return
        if key not in self._rows:
            raise KeyError(key)
        arrival.session._delete_key_value(self, key)

    def __iter__(self) -> Iterator[str]:
        yield from self._rows
        yield from (key for key in self.offered if key not in self._rows)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        """Whether there is a row with this key; never loads its value."""
        return key in self._rows or key in self.offered

    def __repr__(self) -> str:
        return repr(self.loaded_values())

    def __copy__(self) -> dict[str, V]:
        """Keys and values as a dictionary: changing a copy changes no entity."""
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> dict[str, V]:
        """The same with values of its own."""
        return copy.deepcopy(dict(self), memo)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle keys and values as a dictionary."""
        return dict, (self.loaded_values(),)

    def _repr_html_(self) -> str:
        """A table of keys and values, for Jupyter."""
        from ftrack_typed.presentation import mapping_table

        return mapping_table(self.loaded_values())

    @property
    def entity(self) -> Entity:
        """The entity these rows belong to."""
        return self._owner

    @property
    def rows(self) -> list[Any]:
        """The row entities behind the mapping."""
        return list(self._rows.values())

    def loaded_values(self) -> dict[str, Any]:
        """The values by key, as far as they are loaded; ``NOT_SET`` for the others."""
        # Read past the attribute access, which would ask the server.
        loaded = {key: row.__dict__.get("value", NOT_SET) for key, row in self._rows.items()}
        return {**self.offered, **loaded}

    def row_by_key(self) -> dict[str, Any]:
        """The row entities by their key; a copy."""
        return dict(self._rows)

    def _restore(self, rows: dict[str, Any]) -> None:
        self._rows = rows

    def _row(self, key: str) -> Any:
        return self._rows.get(key)

    def _put(self, key: str, row: Any) -> None:
        self._rows[key] = row

    def _drop(self, key: str) -> Any:
        return self._rows.pop(key, None)

    def _take(self, fresh: KeyValueCollection[V]) -> None:
        """Take over what the server now says."""
        self._rows = fresh._rows


def _by_key(rows: list[Any]) -> dict[str, Any]:
    # Read past the attribute access: a row without its key must not be fetched in the middle of a reply. A key
    # that is no text was reported when it arrived, and can't be asked for.
    return {row.__dict__["key"]: row for row in rows if isinstance(row.__dict__.get("key"), str)}
