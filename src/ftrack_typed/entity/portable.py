"""Entities outside their session: references, pickles, plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.errors import OperationError
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity


def is_entity(value: object) -> bool:
    """Whether `value` is an entity, without importing the class."""
    return hasattr(type(value), "__entity__") and hasattr(type(value), "__attributes__")


def plain_class(cls: type[Entity]) -> type[Entity]:
    """The class other programs can import, of one that a session added something to."""
    found: type[Entity] = vars(cls).get("__plain__", cls)
    return found


def reference(value: Any) -> Any:
    """Related entities as plain data: ``{"__entity_type__": …, <key>}``, lists of these, or a mapping."""
    if is_entity(value):
        return {"__entity_type__": value.entity_type, **value.primary_key}
    if isinstance(value, KeyValueCollection):
        return {key: held for key, held in value.loaded_values().items() if held is not NOT_SET}
    if isinstance(value, (Collection, list, tuple)):
        return [reference(item) for item in value]
    return value


def encodable_reference(value: Any) -> Any:
    """References for entities and collections of them, ``NotImplemented`` for anything else."""
    if is_entity(value):
        return {"__entity_type__": value.entity_type, **value.primary_key}
    if isinstance(value, KeyValueCollection):
        return reference(value.rows)
    return reference(value) if isinstance(value, Collection) else NotImplemented


def detached(entity: Entity) -> Entity:
    """A copy that belongs to no session, with collections of its own."""
    from ftrack_typed.entity.base import _restore

    copied = _restore(type(entity), {})
    for name, value in vars(entity).items():
        if isinstance(value, Collection):
            value = Collection(copied, value._attribute, list(value))
        elif isinstance(value, KeyValueCollection):
            rows: KeyValueCollection[Any] = KeyValueCollection(copied, value._attribute, [])
            rows.offered = value.loaded_values()
            value = rows
        vars(copied)[name] = value
    return copied


def portable_class(entity: Entity) -> type[Entity]:
    """The class of an entity as other processes can import it.

    Raises:
        OperationError: when it was built at run time, for a type the generated package does not have.
    """
    found = plain_class(type(entity))
    if found.__registry__.package:
        return found
    raise OperationError(
        f"{entity!r} can't be pickled: its class was built at run time, and other processes can't import it. "
        "Have it generated with `ftrack-typed regen`, or send session.encode(entity) instead."
    )


def _key_of(entity: Entity) -> _Key | None:
    """A related entity in a pickle; None when nothing that can be imported stands for its type.

    One whose class was built at run time becomes one of its base type, which is equal to it.
    """
    for cls in type(entity).__mro__:
        known = vars(cls).get("__registry__", None)
        if known is not None and known.package and "__plain__" not in vars(cls):
            return _Key(cast("type[Entity]", cls), entity.primary_key)
    return None


def portable_values(entity: Entity) -> dict[str, Any]:
    """What is loaded, with related entities reduced to type and key, and without those that can't be."""
    values: dict[str, Any] = {}
    for name, value in vars(entity).items():
        if is_entity(value):
            key = _key_of(value)
            if key is not None:
                values[name] = key
        elif isinstance(value, KeyValueCollection):
            continue  # rows without their owner say nothing
        elif isinstance(value, Collection):
            keys = [_key_of(item) for item in value]
            if None not in keys:
                values[name] = keys
        else:
            values[name] = value
    return values


class _Key:
    """A related entity in a pickle."""

    __slots__ = ("entity_class", "key")

    def __init__(self, entity_class: type[Entity], key: Mapping[str, Any]) -> None:
        self.entity_class = entity_class
        self.key = dict(key)

    def restored(self) -> Entity:
        names = self.entity_class.__entity__.python_names
        return restore(self.entity_class, {names.get(wire, wire): value for wire, value in self.key.items()})


def restore(cls: type[Entity], values: Mapping[str, Any]) -> Entity:
    """Make a detached entity again from what :func:`portable_values` took out."""
    from ftrack_typed.entity.base import _restore

    entity = _restore(cls, {})
    for name, value in values.items():
        if isinstance(value, _Key):
            vars(entity)[name] = value.restored()
        elif isinstance(value, list) and value and isinstance(value[0], _Key):
            attribute = cls.__attributes__[name]
            vars(entity)[name] = Collection(entity, attribute, [item.restored() for item in value])
        else:
            vars(entity)[name] = value
    return entity
