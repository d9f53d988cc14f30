"""Merging: what arrived for an entity joins what is known of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import Collection, KeyValueCollection
from ftrack_typed.entity.mapped import mapped_collection
from ftrack_typed.symbol import NOT_SET

_LEAVES = frozenset({str, int, float, bool, datetime, type(None)})


def refine_class(entity: Entity, concrete: type[Entity]) -> None:
    """Give an entity first seen under the name of its base its real class."""
    if concrete is not type(entity) and issubclass(concrete, type(entity)):
        object.__setattr__(entity, "__class__", concrete)


def wrap_collections(entity: Entity, collections: list[Attribute], loaded: dict[str, Any]) -> None:
    """Turn the lists that arrived for collection attributes into the collections people use."""
    for attribute in collections:
        items = loaded.get(attribute.name, NOT_SET)
        if items is NOT_SET or isinstance(items, (Collection, KeyValueCollection)):
            continue  # wrapped already: subtypes may have different attributes of this name
        attribute = type(entity).__attributes__.get(attribute.name, attribute)
        if not isinstance(items, list):
            items = []  # null, as a row of another type sends it
        # A reply may hold a row twice; the identity map makes both the same object.
        items = list({id(item): item for item in items}.values())
        if attribute.kind == "mapped":
            loaded[attribute.name] = mapped_collection(entity, attribute, items)
        else:
            loaded[attribute.name] = Collection(entity, attribute, items)


def adopt(entity: Entity, loaded: dict[str, Any]) -> None:
    """Take over what arrived for an entity without local changes.

    Collections that are there already are refreshed in place: people hold on to them.
    """
    present = vars(entity)
    for name, value in loaded.items():
        # Asking whether a value is of an abstract class takes longer than all the rest.
        if type(value) not in _LEAVES and isinstance(value, (Collection, KeyValueCollection)):
            held = present.get(name)
            if isinstance(held, Collection) and isinstance(value, Collection):
                held._take(value)
                continue
            if isinstance(held, KeyValueCollection) and isinstance(value, KeyValueCollection):
                held._take(value)
                continue
        present[name] = value
