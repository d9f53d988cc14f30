"""References to entities in operation data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_local.errors import UnknownNameError, ValidationError, nearest
from ftrack_local.model import EntityType, Model


def read_reference(model: Model, owner: EntityType, name: str, target: EntityType, value: Any) -> Any:
    """Return the key of the entity a reference object names; the object looks like
    `{"__entity_type__": …, "id": …}`.
    """
    named = _named_type(model, owner, name, target, value)
    return _key(owner, name, named, value)[0]


def read_references(
    model: Model, owner: EntityType, name: str, target: EntityType, value: Any
) -> list[tuple[EntityType, tuple[Any, ...]]]:
    """Return type and key of every entity in a list of reference objects, each once."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValidationError(f"{owner.name}.{name} takes a list of entities, not {type(value).__name__}.")
    found: dict[tuple[Any, ...], EntityType] = {}
    for item in value:
        named = _named_type(model, owner, name, target, item)
        found[_key(owner, name, named, item)] = named
    return [(named, key) for key, named in found.items()]


def _key(owner: EntityType, name: str, named: EntityType, value: Mapping[str, Any]) -> tuple[Any, ...]:
    key = tuple(value.get(part) for part in named.primary_key)
    if not all(isinstance(part, (str, int)) for part in key):
        raise ValidationError(
            f"{owner.name}.{name} refers to a {named.name} without giving its "
            f"{', '.join(f'`{part}`' for part in named.primary_key)}."
        )
    return key


def _named_type(model: Model, owner: EntityType, name: str, target: EntityType, value: Any) -> EntityType:
    if not isinstance(value, Mapping):
        raise ValidationError(
            f"{owner.name}.{name} takes a {target.name} such as "
            f'{{"__entity_type__": "{target.name}", "{target.primary_key[0]}": …}}, not {value!r}.'
        )
    type_name = value.get("__entity_type__", target.name)
    named = model.types.get(type_name) if isinstance(type_name, str) else None
    if named is None:
        raise UnknownNameError(
            f"{owner.name}.{name} refers to the unknown entity type `{type_name}`."
            f"{nearest(str(type_name), model.types)}"
        )
    if named.root != target.root:
        raise ValidationError(f"{owner.name}.{name} takes a {target.name}, not a {named.name}.")
    return named
