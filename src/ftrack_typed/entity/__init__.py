"""Entities: the model base, its attributes, and what generated packages build on."""

from typing import TYPE_CHECKING

from ftrack_typed.entity.base import Entity
from ftrack_typed.entity.info import UID, UNSET, EntityInfo
from ftrack_typed.entity.registry import EntityRegistry
from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.entity.collections import Collection as Collection
    from ftrack_typed.entity.constants import Constant as Constant
    from ftrack_typed.entity.constants import Constants as Constants
    from ftrack_typed.entity.constants import Workflow as Workflow
    from ftrack_typed.entity.custom_attributes import CustomAttr as CustomAttr
    from ftrack_typed.entity.custom_attributes import CustomAttributeInfo as CustomAttributeInfo
    from ftrack_typed.entity.custom_attributes import CustomAttributeMapping as CustomAttributeMapping
    from ftrack_typed.entity.custom_attributes import CustomAttributes as CustomAttributes
    from ftrack_typed.entity.custom_attributes import CustomAttributesInfo as CustomAttributesInfo
    from ftrack_typed.entity.custom_attributes import CustomOptions as CustomOptions
    from ftrack_typed.entity.custom_attributes import ValueSource as ValueSource
    from ftrack_typed.entity.deprecated import DeprecatedAttr as DeprecatedAttr
    from ftrack_typed.entity.deprecated import DeprecatedMany as DeprecatedMany
    from ftrack_typed.entity.deprecated import DeprecatedOptRef as DeprecatedOptRef
    from ftrack_typed.entity.deprecated import DeprecatedReadOnly as DeprecatedReadOnly
    from ftrack_typed.entity.deprecated import DeprecatedReadOnlyMany as DeprecatedReadOnlyMany
    from ftrack_typed.entity.deprecated import DeprecatedReadOnlyOptRef as DeprecatedReadOnlyOptRef
    from ftrack_typed.entity.deprecated import DeprecatedReadOnlyRef as DeprecatedReadOnlyRef
    from ftrack_typed.entity.deprecated import DeprecatedRef as DeprecatedRef
    from ftrack_typed.entity.faces import AnyCustomAttributes as AnyCustomAttributes
    from ftrack_typed.entity.faces import Attr as Attr
    from ftrack_typed.entity.faces import FilterOnly as FilterOnly
    from ftrack_typed.entity.faces import Identifier as Identifier
    from ftrack_typed.entity.faces import JsonObject as JsonObject
    from ftrack_typed.entity.faces import Key as Key
    from ftrack_typed.entity.faces import KeyTo as KeyTo
    from ftrack_typed.entity.faces import KeyValue as KeyValue
    from ftrack_typed.entity.faces import Link as Link
    from ftrack_typed.entity.faces import LinkItem as LinkItem
    from ftrack_typed.entity.faces import Many as Many
    from ftrack_typed.entity.faces import OptKeyTo as OptKeyTo
    from ftrack_typed.entity.faces import OptRef as OptRef
    from ftrack_typed.entity.faces import ReadOnly as ReadOnly
    from ftrack_typed.entity.faces import ReadOnlyKeyTo as ReadOnlyKeyTo
    from ftrack_typed.entity.faces import ReadOnlyMany as ReadOnlyMany
    from ftrack_typed.entity.faces import ReadOnlyOptKeyTo as ReadOnlyOptKeyTo
    from ftrack_typed.entity.faces import ReadOnlyOptRef as ReadOnlyOptRef
    from ftrack_typed.entity.faces import ReadOnlyRef as ReadOnlyRef
    from ftrack_typed.entity.faces import Ref as Ref

# What few entity types declare, what annotations alone name, and what importing an entity type does not need.
_LAZY = {
    "AnyCustomAttributes": "faces",
    "Attr": "faces",
    "Collection": "collections",
    "Constant": "constants",
    "Constants": "constants",
    "CustomAttr": "custom_attributes",
    "CustomAttributeInfo": "custom_attributes",
    "CustomAttributeMapping": "custom_attributes",
    "CustomAttributes": "custom_attributes",
    "CustomAttributesInfo": "custom_attributes",
    "CustomOptions": "custom_attributes",
    "DeprecatedAttr": "deprecated",
    "DeprecatedMany": "deprecated",
    "DeprecatedOptRef": "deprecated",
    "DeprecatedReadOnly": "deprecated",
    "DeprecatedReadOnlyMany": "deprecated",
    "DeprecatedReadOnlyOptRef": "deprecated",
    "DeprecatedReadOnlyRef": "deprecated",
    "DeprecatedRef": "deprecated",
    "FilterOnly": "faces",
    "Identifier": "faces",
    "JsonObject": "faces",
    "Key": "faces",
    "KeyTo": "faces",
    "KeyValue": "faces",
    "Link": "faces",
    "LinkItem": "faces",
    "Many": "faces",
    "OptKeyTo": "faces",
    "OptRef": "faces",
    "ReadOnly": "faces",
    "ReadOnlyKeyTo": "faces",
    "ReadOnlyMany": "faces",
    "ReadOnlyOptKeyTo": "faces",
    "ReadOnlyOptRef": "faces",
    "ReadOnlyRef": "faces",
    "Ref": "faces",
    "ValueSource": "custom_attributes",
    "Workflow": "constants",
}

__all__ = [
    "UID",
    "UNSET",
    "AnyCustomAttributes",
    "Attr",
    "Collection",
    "Constant",
    "Constants",
    "CustomAttr",
    "CustomAttributeInfo",
    "CustomAttributeMapping",
    "CustomAttributes",
    "CustomAttributesInfo",
    "CustomOptions",
    "DeprecatedAttr",
    "DeprecatedMany",
    "DeprecatedOptRef",
    "DeprecatedReadOnly",
    "DeprecatedReadOnlyMany",
    "DeprecatedReadOnlyOptRef",
    "DeprecatedReadOnlyRef",
    "DeprecatedRef",
    "Entity",
    "EntityInfo",
    "EntityRegistry",
    "FilterOnly",
    "Identifier",
    "JsonObject",
    "Key",
    "KeyTo",
    "KeyValue",
    "Link",
    "LinkItem",
    "Many",
    "OptKeyTo",
    "OptRef",
    "ReadOnly",
    "ReadOnlyKeyTo",
    "ReadOnlyMany",
    "ReadOnlyOptKeyTo",
    "ReadOnlyOptRef",
    "ReadOnlyRef",
    "Ref",
    "ValueSource",
    "Workflow",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
