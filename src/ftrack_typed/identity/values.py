"""Plain values of replies, for results that are no entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity import Entity
from ftrack_typed.identity.projection import STEP
from ftrack_typed.locks import ForkSafeLock

if TYPE_CHECKING:
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.identity.map import IdentityMap

Steps = tuple[tuple[str, str | None], ...]
"""A path: wire names, each with the type the step is cast to."""


class ValueReader:
    """Reads values out of replies as the server sent them.

    It hydrates each reply into an identity map of its own that is emptied afterwards: conversions and
    references given by key only are dealt with as for entities, while local changes don't show and nothing is kept.

    Args:
        hydrator: A hydrator of its own.
        identities: The identity map of that hydrator.
    """

    def __init__(self, hydrator: Hydrator, identities: IdentityMap) -> None:
        self._hydrator = hydrator
        self._identities = identities
        self._names: dict[tuple[type[Entity], str], str | None] = {}
        self._lock = ForkSafeLock()

    def read(
        self,
        cls: type[Entity] | None,
        projections: tuple[str, ...] | None,
        body: bytes,
        columns: Sequence[str],
    ) -> tuple[list[tuple[Any, ...]], Mapping[str, Any]]:
        """The values at the paths `columns` of each row of a query's reply, and the reply's metadata.

        Raises:
            MalformedResponseError: when the body is truncated or no reply of a query.
        """
        paths = [steps(column) for column in columns]
        with self._lock:
            try:
                rows, metadata = self._hydrator.page(cls, projections, body)
                return [tuple([self._value(row, path) for path in paths]) for row in rows], metadata
            finally:
                self._identities.clear()

    def _value(self, value: Any, path: Steps) -> Any:
        for wire, cast in path:
            if not isinstance(value, Entity):
                return None  # an empty relation, or a row of a type that does not lead on
            name = self._name(type(value), wire)
            value = None if name is None else vars(value).get(name)
            if cast is not None and isinstance(value, Entity) and not self._is_a(value, cast):
                return None
        return value

    def _name(self, cls: type[Entity], wire: str) -> str | None:
        known = self._names.get((cls, wire), "")
        if known == "":
            found = self._hydrator.own_attribute(cls, wire)
            known = self._names[cls, wire] = None if found is None else found.name
        return known

    def _is_a(self, entity: Entity, cast: str) -> bool:
        name = type(entity).__entity__.name
        return name == cast or name in self._hydrator.registry.subtypes(cast)


def steps(path: str) -> Steps:
    """Take a dotted path apart."""
    found = (STEP.fullmatch(step.strip()) for step in path.split("."))
    return tuple((match[1], match[2]) for match in found if match is not None)
