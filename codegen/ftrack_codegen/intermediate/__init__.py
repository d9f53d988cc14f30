"""What is to be emitted, decided once and free of any text of the target language."""

from __future__ import annotations

from .build import build
from .constants import WORKFLOWS, ConstantGroup, ConstantItem, ConstantSet, WorkflowItem
from .custom_attributes import ATTRIBUTE as CUSTOM_ATTRIBUTES
from .custom_attributes import CustomAttribute, CustomAttributeClass
from .helpers import HelperBase
from .mixins import MixinBase
from .model import Access, Attribute, EntityType, Kind, Package, Scalar

__all__ = [
    "CUSTOM_ATTRIBUTES",
    "WORKFLOWS",
    "Access",
    "Attribute",
    "ConstantGroup",
    "ConstantItem",
    "ConstantSet",
    "CustomAttribute",
    "CustomAttributeClass",
    "EntityType",
    "HelperBase",
    "Kind",
    "MixinBase",
    "Package",
    "Scalar",
    "WorkflowItem",
    "build",
]
