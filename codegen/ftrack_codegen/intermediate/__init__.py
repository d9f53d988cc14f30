"""What is to be emitted, decided once and free of any text of the target language."""

from __future__ import annotations

from .build import build
from .model import Access, Attribute, EntityType, Kind, Package, Scalar

__all__ = ["Access", "Attribute", "EntityType", "Kind", "Package", "Scalar", "build"]
