"""Attribute names to their meanings on an entity type and everything below it."""

from __future__ import annotations

from dataclasses import dataclass

from ftrack_local.errors import QueryError, UnknownNameError, nearest
from ftrack_local.model import Attribute, Collection, EntityType, Model, Reference, ScalarAttribute
from ftrack_local.query import Step


@dataclass(frozen=True, slots=True)
class Meanings:
    """What one attribute name stands for: usually one attribute, several where subtypes differ.

    Exactly one of the three tuples is filled; every entry comes with the type it was found on.
    """

    name: str
    scalars: tuple[tuple[EntityType, ScalarAttribute], ...] = ()
    references: tuple[tuple[EntityType, Reference], ...] = ()
    collections: tuple[tuple[EntityType, Collection], ...] = ()

    @property
    def kind(self) -> str:
        """`scalar`, `reference` or `collection`."""
        return "scalar" if self.scalars else "reference" if self.references else "collection"


def entity_type(model: Model, name: str, position: int | None = None) -> EntityType:
    """Return the type called `name`; raise a clear error with the nearest name otherwise."""
    found = model.types.get(name)
    if found is None:
        raise UnknownNameError(f"Unknown entity type `{name}`.{nearest(name, model.types)}", position)
    return found


def meanings(model: Model, owner: EntityType, name: str, position: int | None = None) -> Meanings:
    """Return what `name` means on `owner` or, failing that, on its subtypes and relatives.

    Relatives (other types of the same tree) count because relations declared with a narrow type
    hold any type of its table on real servers (wire: polymorphism).
    """
    found = list(model.find(owner.name, name))
    if not found and owner.root != owner.name:
        found = list(model.find(owner.root, name))
    if not found:
        raise UnknownNameError(
            f"{owner.name} has no attribute `{name}`.{nearest(name, _known(model, owner))}", position
        )
    kind = type(found[0][1])
    alike: list[tuple[EntityType, Attribute]] = [pair for pair in found if isinstance(pair[1], kind)]
    return Meanings(
        name,
        tuple((this, attribute) for this, attribute in alike if isinstance(attribute, ScalarAttribute)),
        tuple((this, attribute) for this, attribute in alike if isinstance(attribute, Reference)),
        tuple((this, attribute) for this, attribute in alike if isinstance(attribute, Collection)),
    )


def cast_target(model: Model, step: Step, target: EntityType, position: int | None) -> EntityType | None:
    """Return the type a step is cast to, None without a cast; a cast must stay within the tree."""
    if step.cast is None:
        return None
    cast = entity_type(model, step.cast, position)
    if cast.root != target.root:
        raise QueryError(f"`{step}` cannot be cast: a {target.name} is never a {cast.name}.", position)
    return cast


def _known(model: Model, owner: EntityType) -> set[str]:
    names = set(owner.attributes)
    for subtype in owner.subtypes:
        names.update(model.types[subtype].attributes)
    return names
