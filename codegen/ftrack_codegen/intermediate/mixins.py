"""A studio's own classes among the bases of generated ones."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ftrack_codegen.errors import InputError
from ftrack_typed.errors import suggestion

if TYPE_CHECKING:
    from .model import EntityType


@dataclass(frozen=True)
class MixinBase:
    """One class of a studio's own that adds methods to an entity class."""

    module: str
    """Where it is imported from; dots lead into packages."""
    name: str

    @property
    def path(self) -> str:
        """Module and name, joined by a dot."""
        return f"{self.module}.{self.name}"


def with_mixins(
    entities: Mapping[str, EntityType], mixins: Mapping[str, Iterable[str]], package: str
) -> dict[str, EntityType]:
    """Give entity types the mixins that settings ask for.

    Args:
        entities: By wire id.
        mixins: Wire id → mixins as ``module:Class``, the first winning over later ones.
        package: Name of the package that is generated.

    Raises:
        InputError: for types the package does not have, and for what names no class.
    """
    for wire_id in mixins:
        if wire_id not in entities:
            raise InputError(
                f"mixins names the entity type {wire_id!r}, which the package does not have."
                f"{suggestion(wire_id, entities)}"
            )
    return {
        wire_id: replace(
            entity,
            mixins=tuple(_mixin(text, wire_id, package) for text in dict.fromkeys(mixins.get(wire_id, ()))),
        )
        for wire_id, entity in entities.items()
    }


def _mixin(text: str, wire_id: str, package: str) -> MixinBase:
    module, _, name = text.partition(":")
    steps = [*module.split("."), name]
    if not all(step.isidentifier() and step.isascii() and not keyword.iskeyword(step) for step in steps):
        raise InputError(
            f"mixins of {wire_id} take module:Class, such as studio.mixins:TaskMixin, not {text!r}."
        )
    if steps[0] == package:
        raise InputError(f"The mixin {text!r} of {wire_id} is in the package it would be a part of.")
    return MixinBase(module, name)
