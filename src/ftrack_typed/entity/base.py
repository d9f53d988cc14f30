"""The base class of all entities."""

from __future__ import annotations

import copy
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict
from pydantic_core import CoreSchema

from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.finishing import finish, is_of_models
from ftrack_typed.entity.info import EntityInfo
from ftrack_typed.entity.metaclass import EntityMeta
from ftrack_typed.entity.registry import EntityRegistry
from ftrack_typed.errors import (
    ComputedAttributeError,
    OperationError,
    UnknownAttributeError,
)
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity.owner import Arrival, EntityOwner
    from ftrack_typed.events.event import Event
    from ftrack_typed.events.topics import EntityUpdate


class Entity(BaseModel, metaclass=EntityMeta):
    """One row of the server: a task, a version, a note.

    An entity is a pydantic model that holds only what is loaded. Attributes read as attributes, typed
    (``task.name``), and as items (``task["name"]``); a missing one is fetched on first access when the
    session auto-populates. Assignments are validated, recorded, and sent by the next commit.

    Two entities are equal when they have the same type and key. Printing, comparing, hashing, pickling and
    ``model_dump`` never talk to the server.
    """

    __slots__ = ("__weakref__",)

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    if TYPE_CHECKING:
        __entity__: ClassVar[EntityInfo]
        __attributes__: ClassVar[dict[str, Attribute]]
        __helpers__: ClassVar[frozenset[str]]
        """Names of methods that helpers among the bases add."""
        __registry__: ClassVar[EntityRegistry]
        _arrival: Arrival | None = None

    def __init__(self, **values: Any) -> None:
        """Make an entity that belongs to no session; use ``session.create`` to make one that is saved.

        Raises:
            UnknownAttributeError: for a name the type does not have.
            ComputedAttributeError: for an attribute only the server sets.
            ValueTypeError: for a value of the wrong type.
        """
        from ftrack_typed.entity.validation import validate_assignment

        cls = type(self)
        loaded: dict[str, Any] = {}
        object.__setattr__(self, "__dict__", loaded)
        _set_arrival(self, None)
        for name, value in values.items():
            found = cls.__attributes__.get(name)
            if found is None:
                raise UnknownAttributeError(cls.__entity__.name, name, cls.__attributes__)
            if found.computed:
                raise ComputedAttributeError(cls.__entity__.name, found.wire)
            loaded[name] = validate_assignment(cls, found, value, self)

    # -- attribute access ------------------------------------------------------------------------

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name.startswith("_"):
                if name == "_arrival":
                    return None
                if is_of_models(name):
                    return getattr(type(self), name)
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            found = type(self).__attributes__.get(name)
            arrival = self._arrival
            if found is None:
                found = None if arrival is None else arrival.session._extra_attribute(type(self), name)
                if found is None:
                    raise UnknownAttributeError(self.entity_type, name, type(self).__attributes__)
            if arrival is None:
                from ftrack_typed.entity.validation import unset_value

                return unset_value(self, found)
            return arrival.session._load(self, found)

        def __setattr__(self, name, value):
            found = type(self).__attributes__.get(name)
            if found is None:
                if name == "_arrival":
                    _set_arrival(self, value)
                    return
                arrival = self._arrival
                found = None if arrival is None else arrival.session._extra_attribute(type(self), name)
                if found is None:
                    raise UnknownAttributeError(self.entity_type, name, type(self).__attributes__)
            arrival = self._arrival
            if arrival is not None:
                arrival.session._assign(self, found, value)
            elif found.computed:
                raise ComputedAttributeError(self.entity_type, found.wire)
            else:
                from ftrack_typed.entity.validation import validate_assignment

                self.__dict__[found.name] = validate_assignment(type(self), found, value, self)

        def __delattr__(self, name):
            found = type(self).__attributes__.get(name)
            if found is None:
                raise UnknownAttributeError(self.entity_type, name, type(self).__attributes__)
            self._forget(found)

    def _forget(self, found: Attribute) -> None:
        arrival = self._arrival
        if arrival is None:
            vars(self).pop(found.name, None)
        else:
            arrival.session._revert(self, found)

    def _find(self, wire: object) -> Attribute:
        """The attribute of a wire name."""
        cls = type(self)
        name = cls.__entity__.python_names.get(wire, wire) if isinstance(wire, str) else wire
        found = cls.__attributes__.get(name) if isinstance(name, str) else None
        if found is not None and found.wire == wire:
            return found
        arrival = self._arrival
        if arrival is not None and isinstance(wire, str):
            extra = arrival.session._extra_attribute(type(self), wire)
            if extra is not None:
                return extra
        known = [attribute.wire for attribute in cls.__attributes__.values()]
        raise UnknownAttributeError(self.entity_type, str(wire), known)

    def refresh_from(self, event: Event | EntityUpdate) -> bool:
        """Take over what an ``ftrack.update`` event tells of this entity; nothing is asked of the server.

        A loaded attribute gets its new value where the event tells it beyond doubt. Where it doesn't, or where
        something that depends on others may have changed, the attribute is let go of: the next look at it reads
        anew. Local changes stay. See docs/typed-events.md.

        Returns:
            Whether the event tells anything of this entity.

        Raises:
            EventDataError: when it is no such event.
        """
        session = self.session
        return session is not None and session._refresh(self, event)

    # -- mapping access --------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        """The value of the attribute with the wire name `name`."""
        try:
            return self.__dict__[name]  # most attributes have one name, and are loaded
        except (KeyError, TypeError):
            return self._item(name)

    def _item(self, name: str) -> Any:
        return getattr(self, self._find(name).name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, self._find(name).name, value)

    def __delitem__(self, name: str) -> None:
        """Take back the local change of an attribute: the value last known from the server shows again."""
        self._forget(self._find(name))

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Wire names of all attributes that can be read, loaded or not.

        Who goes through them and reads a value next, as ``dict(entity)`` does, is given all plain values in one
        request.
        """
        arrival = self._arrival
        if arrival is not None:
            arrival.session._expect_all(self)
        yield from self._wire_names()

    def _wire_names(self) -> Iterator[str]:
        return (found.wire for found in type(self).__attributes__.values() if found.kind != "restricted")

    def __len__(self) -> int:
        return sum(1 for _ in self._wire_names())

    def __bool__(self) -> bool:
        return True

    def __contains__(self, name: object) -> bool:
        """Whether the type has an attribute of this wire name; never loads."""
        return any(known == name for known in self._wire_names())

    def keys(self) -> KeysView[str]:
        """Wire names of all attributes."""
        return KeysView(self._mapping())

    def values(self) -> list[Any]:
        """Values of all attributes; loads what is missing, all plain values at once."""
        self._load_scalars()
        return list(ValuesView(self._mapping()))

    def items(self) -> list[tuple[str, Any]]:
        """Wire names and values of all attributes; loads what is missing, all plain values at once."""
        self._load_scalars()
        return list(ItemsView(self._mapping()))

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an attribute, `default` when the type has no attribute of this name."""
        try:
            return self[name]
        except KeyError:
            return default

    def setdefault(self, name: str, default: Any = None) -> Any:
        """The value of an attribute; `default` is assigned first when it is not set."""
        value = self[name]
        if value is NOT_SET:
            self[name] = default
            return default
        return value

    def pop(self, name: str, default: Any = NOT_SET) -> Any:
        """Read an attribute and take back its local change."""
        try:
            value = self[name]
        except KeyError:
            if default is NOT_SET:
                raise
            return default
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Attributes of an entity can't be removed one by one."""
        raise OperationError(f"{self!r} always has all attributes of its type; nothing can be popped.")

    def update(  # type: ignore[override,unused-ignore]
        self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None, /, **named: Any
    ) -> None:
        """Assign several attributes by wire name; takes what ``dict.update`` takes."""
        for name, value in dict(() if values is None else values, **named).items():
            self[name] = value

    def clear(self) -> None:
        """Take back all local changes of this entity."""
        for found in type(self).__attributes__.values():
            if found.kind != "restricted":
                self._forget(found)

    def _load_scalars(self) -> None:
        arrival = self._arrival
        if arrival is not None:
            arrival.session._load_scalars(self)

    def _mapping(self) -> Mapping[str, Any]:
        # The views only use the mapping protocol, which this class follows without deriving from it.
        return self  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    # -- identity ----------------------------------------------------------------------------------

    @property
    def entity_type(self) -> str:
        """Wire id of the entity type."""
        return type(self).__entity__.name

    @property
    def primary_key(self) -> dict[str, Any]:
        """Key attributes and their values, in the order of the wire; missing ones are left out."""
        loaded = self.__dict__
        key: dict[str, Any] = {}
        for wire, name in type(self).__entity__.key_names:
            if name in loaded:
                key[wire] = loaded[name]
        return key

    @property
    def session(self) -> EntityOwner | None:
        """The session this entity belongs to; None for one that was made without a session."""
        arrival = self._arrival
        return None if arrival is None or arrival.detached else arrival.session

    def _identity(self) -> tuple[str, tuple[Any, ...]] | None:
        cls = type(self)
        key = self.primary_key
        if len(key) != len(cls.__entity__.primary_key):
            return None
        return cls.__registry__.root(cls.__entity__.name), tuple(key.values())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Entity):
            return NotImplemented
        mine = self._identity()
        return mine is not None and mine == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    # -- presentation and copies -------------------------------------------------------------------

    def __repr__(self) -> str:
        key = ", ".join(str(value) for value in self.primary_key.values())
        name = self.__dict__.get("name")
        label = f" {name!r}" if isinstance(name, str) and name else ""
        session = self.session
        state = NOT_SET if session is None else session._state(self)
        return (
            f"<{self.entity_type}{label} {key or 'without key'}{f' {state.name.lower()}' if state else ''}>"
        )

    def _repr_html_(self) -> str:
        """A table of what is loaded, for Jupyter."""
        from ftrack_typed.presentation import entity_table

        return entity_table(self)

    def __str__(self) -> str:
        return self.__repr__()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what is loaded; related entities shrink to their keys, the session stays behind."""
        from ftrack_typed.entity.portable import portable_class, portable_values, restore

        return restore, (portable_class(self), portable_values(self))

    def __copy__(self) -> Entity:
        """A detached copy of what is loaded; related entities stay the session's."""
        from ftrack_typed.entity.portable import detached

        return detached(self)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Entity:
        """The same with values of its own; related entities are not copied."""
        entity = self.__copy__()
        for name, value in vars(entity).items():
            if isinstance(value, (list, dict)):
                vars(entity)[name] = copy.deepcopy(value, memo)
        return entity

    if not TYPE_CHECKING:

        @classmethod
        def model_rebuild(cls, **options):
            finish(cls)
            return super().model_rebuild(**options)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        from ftrack_typed.entity.validation import model_core_schema

        return model_core_schema(cls)


cast("Any", MutableMapping).register(Entity)  # an ABCMeta method that not every checker knows

# Entities have no private values, so the slot pydantic has for them is free: eight bytes of each entity.
type.__setattr__(Entity, "_arrival", BaseModel.__dict__["__pydantic_private__"])
_set_arrival = Entity.__dict__["_arrival"].__set__
_set_loaded = BaseModel.__dict__["__dict__"].__set__


def _restore(cls: type[Entity], loaded: dict[str, Any]) -> Entity:
    entity = object.__new__(cls)
    _set_loaded(entity, loaded)
    _set_arrival(entity, None)
    return entity


class _LoadedNames:
    """Stands in for pydantic's set of given fields: exactly what is loaded."""

    def __get__(self, instance: Entity | None, owner: type[Any]) -> Any:
        return self if instance is None else set(instance.__dict__)

    def __set__(self, instance: Entity, value: Any) -> None:
        """Pydantic offers a set it built; what is loaded already says it."""


class _Nothing:
    """Stands in for pydantic's extra and private values, of which entities have none."""

    def __get__(self, instance: Entity | None, owner: type[Any]) -> Any:
        return self if instance is None else None

    def __set__(self, instance: Entity, value: Any) -> None:
        """Entities keep nothing beside their attributes."""


# A set per entity would cost more memory than most entities hold.
type.__setattr__(Entity, "__pydantic_fields_set__", _LoadedNames())
type.__setattr__(Entity, "__pydantic_extra__", _Nothing())
type.__setattr__(Entity, "__pydantic_private__", _Nothing())
