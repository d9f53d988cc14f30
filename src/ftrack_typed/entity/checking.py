"""Checking what people pass for an entity."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity.portable import is_entity
from ftrack_typed.errors import ConfigurationTypeError

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity


def checked_entity(value: Any, taker: str) -> Entity:
    """The value itself, when it is an entity.

    Args:
        value: What was passed.
        taker: Name of the method it was passed to.

    Raises:
        ConfigurationTypeError: when it is none; also a `TypeError`.
    """
    if is_entity(value):
        entity: Entity = value
        return entity
    raise ConfigurationTypeError(
        f"{taker} takes an entity, not {reprlib.repr(value)} ({type(value).__name__}).", setting="entity"
    )
