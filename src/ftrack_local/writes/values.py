"""Wire values to stored values, with the refusals a client sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_local.codecs import StorageValueError, to_storage
from ftrack_local.errors import ValidationError, nearest
from ftrack_local.model import EntityType, Model, Scalar, ScalarAttribute


def stored(model: Model, entity: EntityType, attribute: ScalarAttribute, value: Any) -> Any:
    """Return the stored form of a value; raise :class:`ValidationError` when the attribute cannot hold it."""
    if value is None:
        return None
    if attribute.is_entity_type:
        return _entity_type(model, entity, attribute, value)
    if attribute.scalar is Scalar.TEXT:
        value = _as_text(value)
    try:
        return to_storage(attribute, value)
    except StorageValueError as error:
        raise ValidationError(f"{entity.name}.{error}.") from None


def _as_text(value: Any) -> Any:
    """Scripts store numbers and dates in text attributes; real servers take them."""
    if isinstance(value, Mapping) and "__type__" in value:
        return value.get("value")
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _entity_type(model: Model, entity: EntityType, attribute: ScalarAttribute, value: Any) -> str:
    if isinstance(value, str):
        name = model.table_name(value)
        if name in model.by_table_name:
            return name
    raise ValidationError(
        f"{entity.name}.{attribute.name} names an entity type; {str(value)[:80]!r} is none."
        f"{nearest(str(value), model.types)}"
    )
