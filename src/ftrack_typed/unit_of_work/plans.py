"""What writing entities of one class takes, worked out once for all of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_typed.identity.pairs import pair_of

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute


_FITTING: Mapping[str, type] = {"str": str, "int": int, "bool": bool}
"""Types of values that need no validation."""


class CreationPlan(NamedTuple):
    """How entities of one class are made that are given values of certain attributes; names are Python's."""

    attributes: tuple[Attribute, ...]
    """What they are given, in that order."""
    fitting: tuple[set[type], ...]
    """Types of values that are known to fit each of them; those of references grow with what is found to."""
    defaults: tuple[tuple[str, Any], ...]
    """Attributes that get a default, and that."""
    foreign_keys: tuple[tuple[str, str, bool], ...]
    """Relations, the attributes that hold their keys, and whether these are given as well."""
    sent: tuple[tuple[str, str], ...]
    """What the create operation sends, by wire name, and the attribute whose value that is."""
    sent_once_known: tuple[tuple[str, str], ...]
    """The same for parts of the key that are known when the related entity has a key."""
    later: tuple[Attribute, ...]
    """Collections and mappings, which are sent by operations of their own."""


def creation_plan(cls: type[Entity], given: Sequence[Attribute]) -> CreationPlan:
    """Work out a plan.

    Args:
        cls: The entity class.
        given: What its entities are given, also beyond what the class declares.
    """
    info = cls.__entity__
    names = {found.name for found in given}
    defaults: dict[str, Any] = {}
    for wire, default in info.defaults.items():
        name = info.python_names.get(wire, wire)
        instead = wire.removesuffix("_id")
        if default is not None and not (names | defaults.keys()) & {name, instead}:
            defaults[name] = default
    present = {found.name: found for found in given}
    present.update((name, cls.__attributes__[name]) for name in defaults)
    pairs = {name: pair_of(cls, found) for name, found in present.items() if found.kind == "reference"}
    foreign_keys = [
        (pair.relation, pair.foreign_key, pair.foreign_key in names)
        for pair in pairs.values()
        if pair is not None
    ]
    repeated = {foreign_key for _, foreign_key, _ in foreign_keys}
    later = [found for found in given if found.kind in ("collection", "mapped")]
    return CreationPlan(
        attributes=tuple(given),
        fitting=tuple(_fitting(found) for found in given),
        defaults=tuple(defaults.items()),
        foreign_keys=tuple(foreign_keys),
        sent=tuple(
            (found.wire, name)
            for name, found in present.items()
            if found not in later and name not in repeated
        ),
        sent_once_known=tuple((wire, name) for wire, name in info.key_names if name in repeated),
        later=tuple(later),
    )


def _fitting(attribute: Attribute) -> set[type]:
    if attribute.computed or attribute.kind not in ("scalar", "reference"):
        return set()
    fitting: set[type] = set() if attribute.required else {type(None)}
    if attribute.kind == "scalar" and attribute.target in _FITTING and not attribute.enum:
        fitting.add(_FITTING[attribute.target])
    return fitting


class Written(NamedTuple):
    """What an update of an attribute concerns, by Python name."""

    names: tuple[str, ...]
    """The attribute, and the other half of its pair; nothing where the attribute is not known."""
    untrue: tuple[str, ...]
    """What the server works out from others, and so becomes untrue."""


def written(cls: type[Entity], attribute: Attribute | None) -> Written:
    """Work out what an update of an attribute concerns."""
    info = cls.__entity__
    names = () if attribute is None else (attribute.name, *(pair_of(cls, attribute) or ()))
    untrue = (info.python_names.get(wire, wire) for wire in (*info.computed, "link", "_link"))
    return Written(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(untrue)))
