"""Pairs: a relation and its foreign key (``status`` and ``status_id``) say the same and arrive separately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute


class Pair(NamedTuple):
    """Python names of a relation and of the attribute that holds its key."""

    relation: str
    foreign_key: str


def pair_of(cls: type[Entity], attribute: Attribute) -> Pair | None:
    """The pair an attribute is part of, None when it stands alone."""
    try:
        return pairs_of(cls)[attribute.name]
    except KeyError:
        return _pair(cls, attribute)  # one that only the server's schema has


@lru_cache(maxsize=1024)
def pairs_of(cls: type[Entity]) -> Mapping[str, Pair | None]:
    """The pairs of all attributes a class declares, by Python name."""
    return {name: _pair(cls, attribute) for name, attribute in cls.__attributes__.items()}


def _pair(cls: type[Entity], attribute: Attribute) -> Pair | None:
    return _by_name(cls, attribute) or _by_target(cls).get(attribute.name)


def _by_name(cls: type[Entity], attribute: Attribute) -> Pair | None:
    names, attributes = cls.__entity__.python_names, cls.__attributes__
    if attribute.kind == "reference":
        wire = f"{attribute.wire}_id"
        partner = attributes.get(names.get(wire, wire))
        if partner is not None and partner.kind == "scalar":
            return Pair(attribute.name, partner.name)
    elif attribute.kind == "scalar" and attribute.wire.endswith("_id"):
        wire = attribute.wire.removesuffix("_id")
        partner = attributes.get(names.get(wire, wire))
        if partner is not None and partner.kind == "reference":
            return Pair(partner.name, attribute.name)
    return None


@lru_cache(maxsize=1024)
def _by_target(cls: type[Entity]) -> Mapping[str, Pair]:
    """Pairs whose names differ (``author`` and ``user_id``), by the names of both halves.

    A relation has a foreign key somewhere. Where one relation and one foreign key to the same type are left over, they
    are a pair; where there are more, nothing tells which belong together.
    """
    relations: dict[str, list[str]] = {}
    foreign_keys: dict[str, list[str]] = {}
    for name, attribute in cls.__attributes__.items():
        if attribute.computed or _by_name(cls, attribute) is not None:
            continue
        if attribute.kind == "reference":
            relations.setdefault(attribute.target, []).append(name)
        elif attribute.points_to:
            foreign_keys.setdefault(attribute.points_to, []).append(name)
    found: dict[str, Pair] = {}
    for target, left_over in relations.items():
        keys = foreign_keys.get(target, ())
        if len(left_over) == 1 and len(keys) == 1:
            pair = Pair(left_over[0], keys[0])
            found.update(dict.fromkeys(pair, pair))
    return found


def pairs_apart(cls: type[Entity], arriving: Iterable[Attribute]) -> tuple[Pair, ...]:
    """The pairs of which only one half arrives, so that the other half may grow stale."""
    attributes = list(arriving)
    names = {attribute.name for attribute in attributes}
    found = dict.fromkeys(pair_of(cls, attribute) for attribute in attributes)
    return tuple(pair for pair in found if pair is not None and not names.issuperset(pair))


def align(entity: Entity, loaded: dict[str, Any], pairs: Iterable[Pair], changed: Mapping[int, Any]) -> None:
    """Keep the half of each pair that did not arrive in step with the one that did.

    A foreign key follows its relation. A relation that its foreign key contradicts is forgotten: the next read
    finds the right one.

    Args:
        entity: The entity as it is before the merge.
        loaded: What arrived; keys that follow a relation are added.
        pairs: The pairs to look at.
        changed: Uncommitted changes by ``id(entity)``.
    """
    present: dict[str, Any] = vars(entity)
    for relation, foreign_key in pairs:
        if relation in loaded:
            if foreign_key in present and foreign_key not in loaded:
                loaded[foreign_key] = key_of(loaded[relation])
        elif foreign_key in loaded:
            changes = changed.get(id(entity))
            if changes is not None and relation in changes.originals:
                if key_of(changes.originals[relation]) != loaded[foreign_key]:
                    changes.originals[relation] = NOT_SET
            elif changes is None and present.get(foreign_key, NOT_SET) == loaded[foreign_key]:
                pass  # they agreed, and still do
            elif relation in present and key_of(present[relation]) != loaded[foreign_key]:
                del present[relation]


def key_of(related: Any) -> Any:
    """The single key of a related entity; None for none, and for anything else."""
    if related is None:
        return None
    try:
        name = type(related).__entity__.lone_key
    except AttributeError:
        return None
    return None if name is None else vars(related).get(name)
