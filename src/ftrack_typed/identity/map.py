"""The identity map: one object per entity and session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity


class IdentityMap:
    """Entities by the root of their type tree and their key.

    The root, not the concrete type, because a task can be asked for as ``Task``, ``TypedContext`` or
    ``Context`` and is the same object each time. A key is the single key value, or a tuple for composite
    keys.
    """

    __slots__ = ("_roots",)

    def __init__(self) -> None:
        self._roots: dict[str, dict[Any, Entity]] = {}

    def of(self, root: str) -> dict[Any, Entity]:
        """The live dictionary of one type tree, for code that looks up many keys."""
        found = self._roots.get(root)
        return self._roots.setdefault(root, {}) if found is None else found

    def find(self, root: str, key: Any) -> Entity | None:
        """The entity with this key, None when the session does not hold it."""
        known = self._roots.get(root)
        return None if known is None else known.get(key)

    def discard(self, root: str, key: Any) -> None:
        """Forget an entity; the object itself stays usable."""
        known = self._roots.get(root)
        if known is not None:
            known.pop(key, None)

    def clear(self) -> None:
        """Forget all entities."""
        for known in self._roots.values():
            known.clear()  # the dictionaries themselves are held by compiled shapes

    def __iter__(self) -> Iterator[Entity]:
        for known in self._roots.values():
            yield from known.values()

    def __len__(self) -> int:
        return sum(len(known) for known in self._roots.values())
