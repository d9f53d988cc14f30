"""Custom attributes of an entity as the mapping people use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.entity.mapped_keys import known_keys
from ftrack_typed.errors import InvalidStateError, OperationError, UnknownCustomAttributeError
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes.values import CustomValues
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.custom_attributes import ValueSource

CUSTOM_ATTRIBUTE_VALUE = "CustomAttributeValue"
"""How the names of entity types end that hold values of custom attributes; by itself the type of those that were
really set (wire: protocol 2, key/value rows)."""


def mapped_collection(owner: Entity, attribute: Attribute, rows: list[Any]) -> KeyValueCollection[Any]:
    """The mapping for key/value rows of an entity."""
    if attribute.target.endswith(CUSTOM_ATTRIBUTE_VALUE):
        return CustomAttributeCollection(owner, attribute, rows)
    return KeyValueCollection(owner, attribute, rows)


class CustomAttributeCollection(KeyValueCollection[Any]):
    """Custom attributes of an entity, by key (``["fps"]``) and by the spelling of the key in Python (``.fps``).

    Reading gives what the server answers: the entity's own value or the default. Of a hierarchical attribute
    :meth:`source` tells the value that is inherited. An entity that is not committed yet has those attributes that
    the server will give it.

    ``del`` takes a value away, so that the default is in effect again.

    Servers that send rows only for values that were set (wire: ``CustomAttributeValue``) make no difference: the
    other attributes have their defaults.
    """

    __slots__ = ("_ambiguous", "_unnamed")

    def __init__(self, owner: Entity, attribute: Attribute, rows: list[Any]) -> None:
        super().__init__(owner, attribute, rows)
        # Which of several rows counts, and the key of a row that came without one, is decided when it is asked for:
        # replies are read without asking for more.
        self._ambiguous = _ambiguous(rows) if len(rows) != len(self._rows) else {}
        self._unnamed = _unnamed(rows) if len(rows) != len(self._rows) else []

    def source(self, key: str) -> ValueSource:
        """Where the value in effect comes from: set on the entity itself, inherited, or a default.

        Asks the server, as values of an entity don't say where they come from.

        Raises:
            UnknownCustomAttributeError: when the entity has no such custom attribute; also a `KeyError`.
            InvalidStateError: when the entity belongs to no session.
        """
        return self._values().source(self, key)

    def __getitem__(self, key: str) -> Any:
        row = self._row(key)
        if row is not None:
            value = row["value"]
            return (
                value
                if not isinstance(value, str) or self._owner.session is None
                else self._values().read(row)
            )
        if key in self.offered:
            return self.offered[key]
        if self._owner.session is None:
            raise UnknownCustomAttributeError(self._label(), key, list(self))
        return self._values().default(self, key)

    def __iter__(self) -> Iterator[str]:
        if self._owner.session is None:
            yield from super().__iter__()
        else:
            yield from self._values().keys(self)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (
            self._owner.session is not None and key in self._values().keys(self)
        )

    def __delitem__(self, key: str) -> None:
        arrival = self._owner._arrival
        if arrival is None:
            super().__delitem__(key)
        else:
            arrival.session._delete_key_value(self, key)

    def popitem(self) -> NoReturn:
        """Refused, and so is ``clear()``: every entity of its kind has the attributes, with or without a value.

        Raises:
            OperationError: always.
        """
        raise OperationError(
            f"{self._label()} can't be emptied; `del` takes the value of one attribute away, so that its default "
            "is in effect."
        )

    @property
    def rows(self) -> list[Any]:
        """The row entities behind the mapping."""
        return [*self._rows.values(), *self._unnamed]

    def row_by_key(self) -> dict[str, Any]:
        """The row entities by their key; a copy."""
        self._name_rows()
        return super().row_by_key()

    def loaded_values(self) -> dict[str, Any]:
        """As of any mapping; asks for nothing, not even for the keys of rows that came without."""
        unnamed = {}
        if self._unnamed and self._owner.session is not None:
            values = self._values()
            unnamed = {
                key: vars(row).get("value", NOT_SET)
                for row in self._unnamed
                if (key := values.known_key(row)) is not None
            }
        return {**unnamed, **super().loaded_values()}

    def _name_rows(self) -> None:
        """Find the keys of rows that came without, by the ids of their configurations."""
        unnamed = self._unnamed
        if not unnamed or self._owner.session is None:
            return
        by_key: dict[str, list[Any]] = {}
        for row in unnamed:
            key = self._values().key_of(row)
            if key is not None:
                by_key.setdefault(key, []).append(row)
        self._rows = {**{key: found[0] for key, found in by_key.items()}, **self._rows}
        self._ambiguous.update({key: found for key, found in by_key.items() if len(found) > 1})
        self._unnamed = []  # last: another thread may be looking, too

    def _row(self, key: str) -> Any:
        self._name_rows()
        rows = self._ambiguous.get(key)
        if rows is not None and self._owner.session is not None:
            self._rows[key] = self._values().chosen(rows)
            self._ambiguous.pop(key, None)
        return super()._row(key)

    def _take(self, fresh: KeyValueCollection[Any]) -> None:
        super()._take(fresh)
        taken = fresh if isinstance(fresh, CustomAttributeCollection) else None
        self._ambiguous = {} if taken is None else taken._ambiguous
        self._unnamed = [] if taken is None else taken._unnamed

    def _restore(self, rows: dict[str, Any]) -> None:
        super()._restore(rows)
        self._unnamed = []

    def _values(self) -> CustomValues:
        session = self._owner.session
        if session is None:
            raise InvalidStateError(
                f"{self._owner!r} belongs to no session, which its custom attributes need."
            )
        return session._custom_values()

    def _label(self) -> str:
        return f"{self._owner.entity_type}.{self._attribute.wire}"

    # -- spelled as attributes ---------------------------------------------------------------------

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            return self[self._spelled(name)]

        def __setattr__(self, name, value):
            if name.startswith("_") or name == "offered":
                object.__setattr__(self, name, value)
            else:
                self[self._spelled(name)] = value

    def _spelled(self, name: str) -> str:
        from ftrack_typed.entity.names import custom_attribute_name

        known = known_keys(type(self._owner))
        if name in known:
            return known[name]
        present = {custom_attribute_name(key): key for key in self}
        # A key that is its own spelling has it.
        present.update({key: key for key in present.values() if custom_attribute_name(key) == key})
        if name not in present:
            spellings = [spelled for spelled in present if spelled]
            raise UnknownCustomAttributeError(self._label(), name, spellings)
        return present[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *known_keys(type(self._owner))]


def _ambiguous(rows: list[Any]) -> dict[str, list[Any]]:
    by_key: dict[str, list[Any]] = {}
    for row in rows:
        key = vars(row).get("key") if hasattr(row, "__entity__") else None
        if isinstance(key, str):
            by_key.setdefault(key, []).append(row)
    return {key: found for key, found in by_key.items() if len(found) > 1}


def _unnamed(rows: list[Any]) -> list[Any]:
    return [
        row
        for row in rows
        if hasattr(row, "__entity__") and "key" not in vars(row) and "configuration_id" in vars(row)
    ]
