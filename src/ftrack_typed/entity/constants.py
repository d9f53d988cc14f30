"""Constants of a studio: statuses, types and the like as entities that need no server.

``Statuses.IN_PROGRESS`` is a real ``Status`` that knows its id, name and colour, belongs to no session and can't
be changed. It equals the status a session loads, compares in queries and can be assigned.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, cast

from ftrack_typed.entity.owner import DetachedArrival, RefusingOwner
from ftrack_typed.errors import OperationError

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.registry import EntityRegistry

E_co = TypeVar("E_co", bound="Entity", covariant=True)
S_co = TypeVar("S_co", bound="Entity", covariant=True)
T_co = TypeVar("T_co", bound="Entity", covariant=True)

_FACADE = "constants"
"""Module of a generated package that imports all its constants."""


class ConstantOwner(RefusingOwner):
    """What constants belong to in place of a session: everything is known, nothing can be changed."""

    def _load(self, entity: Entity, attribute: Attribute) -> NoReturn:
        raise OperationError(
            f"{entity!r} is a constant, which does not know its {attribute.wire}; get the entity from a session."
        )

    def _custom_values(self) -> NoReturn:
        raise OperationError("Constants have no custom attributes; get the entity from a session.")

    def _refuse(self, entity: Entity) -> NoReturn:
        raise OperationError(f"{entity!r} is a constant and can't be changed; get the entity from a session.")


_ARRIVAL = DetachedArrival(ConstantOwner())


class Constant(Generic[E_co]):
    """One entity as it stood when the package was generated; made when it is first asked for.

    Args:
        entity_type: Wire id of the entity type.
        key: Its id.
        values: Further plain values by wire name.
        references: Related entities by wire name, each as entity type and id.
    """

    __slots__ = ("_entity", "_package", "entity_type", "key", "references", "values")

    def __init__(
        self,
        entity_type: str,
        key: str,
        values: Mapping[str, Any] = MappingProxyType({}),
        references: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    ) -> None:
        self.entity_type: str = entity_type
        self.key: str = key
        self.values: Mapping[str, Any] = values
        self.references: Mapping[str, tuple[str, str]] = references
        self._package = ""
        self._entity: Entity | None = None

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type[Any]) -> E_co: ...

    else:

        def __get__(self, instance, owner):
            if self._entity is None:
                self._entity = self._made()
            return self._entity

    def _made(self) -> Entity:
        values = {
            **self.values,
            **{name: _find(self._package, *place) for name, place in self.references.items()},
        }
        return _constant(self._package, self.entity_type, self.key, values)

    def __repr__(self) -> str:
        return f"Constant({self.entity_type!r}, {self.key!r})"


_KNOWN: dict[str, dict[tuple[str, str], Constant[Any]]] = {}
"""Generated package → (entity type, id) → constant."""


class Constants(Generic[E_co]):
    """A group of constants of one entity type; generated classes list them as attributes."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        package = cls.__module__.rpartition(".")[0]
        for constant in _members(cls):
            constant._package = package
            _KNOWN.setdefault(package, {})[constant.entity_type, constant.key] = constant

    @classmethod
    def all(cls) -> tuple[E_co, ...]:
        """All constants of the group, in the order they have on the server."""
        ordered = sorted(
            _members(cls), key=lambda one: (one.values.get("sort") or 0, one.values.get("name") or "")
        )
        return tuple(one.__get__(None, cls) for one in ordered)

    @classmethod
    def by_id(cls, key: str) -> E_co | None:
        """The constant with this id; None when the studio had none when the package was generated."""
        return next((one.__get__(None, cls) for one in _members(cls) if one.key == key), None)


class Workflow(Generic[S_co, T_co]):
    """What a project schema allows: statuses and types per object type.

    Args:
        key: Id of the project schema.
        object_types: Ids of the object types its projects are made of.
        statuses: Entity type → ids of its statuses, in order.
        types: Entity type → ids of its types, in order.
        overrides: Id of a type → ids of the statuses that tasks of this type have instead.
    """

    def __init__(
        self,
        key: str,
        *,
        object_types: Iterable[str] = (),
        statuses: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        types: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        overrides: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        self.key: str = key
        self.object_types: tuple[str, ...] = tuple(object_types)
        self._statuses = statuses
        self._types = types
        self._overrides = overrides
        self._package = ""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._package = owner.__module__.rpartition(".")[0]

    def statuses(self, entity_type: type[Entity], type: Entity | None = None) -> tuple[S_co, ...]:
        """Statuses that entities of this class may have; none when the schema says nothing about it.

        Args:
            entity_type: Class of the entities.
            type: For tasks, their type: it may have statuses of its own.
        """
        keys = self._statuses.get(_name(entity_type), ())
        if type is not None:
            keys = self._overrides.get(str(type.primary_key.get("id")), keys)
        return tuple(cast("S_co", _find(self._package, "Status", key)) for key in keys)

    def types(self, entity_type: type[Entity]) -> tuple[T_co, ...]:
        """Types that entities of this class may have; none when the schema says nothing about it."""
        return tuple(
            cast("T_co", _find(self._package, "Type", key)) for key in self._types.get(_name(entity_type), ())
        )

    def __repr__(self) -> str:
        return f"Workflow({self.key!r})"


def _name(entity_type: type[Entity]) -> str:
    return entity_type.__entity__.name


def _members(group: type[Any]) -> list[Constant[Any]]:
    return [value for value in vars(group).values() if isinstance(value, Constant)]


def _find(package: str, entity_type: str, key: str) -> Entity:
    """The constant with this key; a bare reference when there is none."""
    known = _KNOWN.setdefault(package, {})
    if (entity_type, key) not in known:
        importlib.import_module(f"{package}.{_FACADE}")
    constant = known.get((entity_type, key))
    if constant is None:
        return _constant(package, entity_type, key, {})
    entity: Entity = constant.__get__(None, Constants)
    return entity


def _constant(package: str, entity_type: str, key: str, values: Mapping[str, Any]) -> Entity:
    registry: EntityRegistry = sys.modules[package].REGISTRY
    entity_class = registry[entity_type]
    loaded = {}
    for wire, value in ((entity_class.__entity__.primary_key[0], key), *values.items()):
        name = entity_class.__entity__.python_names.get(wire, wire)
        if name in entity_class.__attributes__:
            loaded[name] = value
    entity = object.__new__(entity_class)
    object.__setattr__(entity, "__dict__", loaded)
    entity._arrival = _ARRIVAL
    return entity
