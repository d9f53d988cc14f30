"""Entities: the model base, its attributes, and what generated packages build on."""

from ftrack_typed.entity.base import Entity
from ftrack_typed.entity.collections import Collection
from ftrack_typed.entity.faces import (
    Attr,
    FilterOnly,
    JsonObject,
    KeyValue,
    Link,
    LinkItem,
    Many,
    OptRef,
    ReadOnly,
    ReadOnlyMany,
    ReadOnlyOptRef,
    ReadOnlyRef,
    Ref,
)
from ftrack_typed.entity.info import UID, UNSET, EntityInfo
from ftrack_typed.entity.registry import EntityRegistry

__all__ = [
    "UID",
    "UNSET",
    "Attr",
    "Collection",
    "Entity",
    "EntityInfo",
    "EntityRegistry",
    "FilterOnly",
    "JsonObject",
    "KeyValue",
    "Link",
    "LinkItem",
    "Many",
    "OptRef",
    "ReadOnly",
    "ReadOnlyMany",
    "ReadOnlyOptRef",
    "ReadOnlyRef",
    "Ref",
]
