"""The identity map: one object per entity, for as long as somebody holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import ref

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

Known = dict[Any, "ref[Entity]"]
"""The entities of one type tree by key. A reference may be dead; its place is free then."""

_SMALLEST_PURGE = 1_000
"""Dead references that are not worth looking for."""


class IdentityMap:
    """Entities by the root of their type tree and their key.

    The root, not the concrete type, because a task can be asked for as ``Task``, ``TypedContext`` or
    ``Context`` and is the same object each time. A key is the single key value, or a tuple for composite
    keys.

    Entities are held weakly: what nobody else holds can be collected. Plain dictionaries of references without
    callbacks are quickest to fill; `purge` takes the dead ones out now and then.
    """

    __slots__ = ("_roots", "_thresholds")

    def __init__(self) -> None:
        self._roots: dict[str, Known] = {}
        self._thresholds: dict[str, int] = {}

    def of(self, root: str) -> Known:
        """The live dictionary of one type tree, for code that looks up many keys."""
        found = self._roots.get(root)
        return self._roots.setdefault(root, {}) if found is None else found

    def find(self, root: str, key: Any) -> Entity | None:
        """The entity with this key, None when the session does not hold it."""
        known = self._roots.get(root)
        held = None if known is None else known.get(key)
        return None if held is None else held()

    def keep(self, root: str, key: Any, entity: Entity) -> None:
        """Make `entity` the one with this key."""
        self.of(root)[key] = ref(entity)

    def discard(self, root: str, key: Any) -> None:
        """Forget an entity; the object itself stays usable."""
        known = self._roots.get(root)
        if known is not None:
            known.pop(key, None)

    def clear(self) -> None:
        """Forget all entities."""
        for known in list(self._roots.values()):
            known.clear()  # the dictionaries themselves are held by compiled shapes

    def purge(self) -> None:
        """Take out the references of collected entities, where enough came since the last time to be worth it."""
        # Of copies, as other threads may bring up types and keys meanwhile.
        for root, known in list(self._roots.items()):
            if len(known) > self._thresholds.get(root, _SMALLEST_PURGE):
                for key in list(known):
                    held = known.get(key)
                    if held is not None and held() is None:
                        known.pop(key, None)
                self._thresholds[root] = max(_SMALLEST_PURGE, 2 * len(known))

    def members(self, root: str) -> Iterator[Entity]:
        """The entities of one type tree."""
        for held in list(self._roots.get(root, {}).values()):
            entity = held()
            if entity is not None:
                yield entity

    def __iter__(self) -> Iterator[Entity]:
        for root in list(self._roots):
            yield from self.members(root)

    def __len__(self) -> int:
        return sum(1 for _ in self)
