"""What a studio configured on its server, beyond the schema: custom attributes, statuses, types and so on."""

from __future__ import annotations

from .model import Configuration, Item, ProjectSchema, Studio
from .questions import ask
from .reading import SECTIONS, read_studio

__all__ = ["SECTIONS", "Configuration", "Item", "ProjectSchema", "Studio", "ask", "read_studio"]
