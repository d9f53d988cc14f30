"""What writing entities of one class takes, worked out once for all of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_typed.identity.pairs import pair_of

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute


_FITTING: Mapping[str, type] = {"str": str, "int": int, "bool": bool}
"""Types of values that need no validation."""


class CreationPlan(NamedTuple):
    """How entities of one class are made and sent; names are Python's unless said otherwise."""

    attributes: Mapping[str, Attribute]
    """What entities can have."""
    defaults: tuple[tuple[str, str, Any], ...]
    """Attributes with a default: the attribute, what makes the default superfluous as well, and the default."""
    foreign_keys: tuple[tuple[str, str], ...]
    """Relations, and the attributes that hold their keys."""
    sent: Mapping[str, tuple[str, str | None]]
    """Attributes a create operation sends: the wire name, and the relation that says the same where it is set."""
    fitting: set[tuple[str, type]]
    """Attributes and types of values that are known to fit: grows with what is found to."""

    def first_values(self, loaded: Mapping[str, Any]) -> tuple[dict[str, Any], list[Attribute]]:
        """What a create operation sends of an entity, and what is sent by operations of its own.

        Args:
            loaded: What the entity has; a foreign key that only repeats a reference is left out.

        Returns:
            Plain values and references, by wire name; collections and mappings.
        """
        values: dict[str, Any] = {}
        held_back: list[Attribute] = []
        for name, value in loaded.items():
            if name not in self.sent:
                held_back.append(self.attributes[name])
                continue
            wire, relation = self.sent[name]
            if relation is None or relation not in loaded:
                values[wire] = value
        return values, held_back


def creation_plan(cls: type[Entity], attributes: Mapping[str, Attribute]) -> CreationPlan:
    """Work out the plan of a class.

    Args:
        cls: The entity class.
        attributes: What its entities can have, also beyond what the class declares.
    """
    info = cls.__entity__
    defaults: list[tuple[str, str, Any]] = []
    for wire, default in info.defaults.items():
        if default is not None:
            defaults.append((info.python_names.get(wire, wire), wire.removesuffix("_id"), default))
    foreign_keys: list[tuple[str, str]] = []
    sent: dict[str, tuple[str, str | None]] = {}
    for name, found in attributes.items():
        if found.kind in ("collection", "mapped"):
            continue
        pair = pair_of(cls, found)
        repeated: str | None = None
        if pair is not None and found.kind == "reference":
            foreign_keys.append(pair)
        elif pair is not None and name == pair.foreign_key and found.wire not in info.primary_key:
            repeated = pair.relation
        sent[name] = found.wire, repeated
    fitting = {
        (name, _FITTING[found.target])
        for name, found in attributes.items()
        if found.kind == "scalar" and found.target in _FITTING and not (found.enum or found.computed)
    }
    return CreationPlan(attributes, tuple(defaults), tuple(foreign_keys), sent, fitting)


@lru_cache(maxsize=1024)
def following(cls: type[Entity]) -> frozenset[str]:
    """Python names of the attributes that the server works out from others, and so become untrue by an update."""
    info = cls.__entity__
    return frozenset(info.python_names.get(wire, wire) for wire in (*info.computed, "link", "_link"))


@lru_cache(maxsize=1024)
def names_by_wire(cls: type[Entity]) -> Mapping[str, str]:
    """Python names of all attributes a class declares, by wire name."""
    names = cls.__entity__.python_names
    return {
        found.wire: found.name
        for found in cls.__attributes__.values()
        if names.get(found.wire, found.wire) == found.name
    }
