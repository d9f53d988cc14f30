"""The custom attributes of a server, as one session knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ftrack_typed.errors import UnknownCustomAttributeError
from ftrack_typed.locks import ForkSafeLock

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes.configuration import AttributeConfiguration, Place
    from ftrack_typed.entity import Entity


class Configurations:
    """All custom attributes the user may see, fetched when first needed and kept until :meth:`refresh`.

    Args:
        fetch: Asks the server for them.
    """

    def __init__(self, fetch: Callable[[], Iterable[AttributeConfiguration]]) -> None:
        self._fetch = fetch
        self._known: dict[str, AttributeConfiguration] | None = None
        self._hidden: set[str] = set()
        self._by_place: dict[Place, Mapping[str, AttributeConfiguration]] = {}
        self._lock = ForkSafeLock()

    def refresh(self) -> None:
        """Forget them, so that they are fetched again when needed next."""
        self._known = None
        self._by_place = {}
        self._hidden.clear()

    @property
    def fetched(self) -> bool:
        """Whether they are known already."""
        return self._known is not None

    def by_id(self, identifier: str) -> AttributeConfiguration | None:
        """The configuration with this id; None when there is none, or when the user may not see it."""
        return self._all().get(identifier)

    def seek(self, identifier: str) -> AttributeConfiguration | None:
        """As :meth:`by_id`, but when there is none they are fetched again first: somebody may just have made it.

        Done once for each id: it may be one the user may not see.
        """
        found = self.by_id(identifier)
        if found is None and identifier not in self._hidden:
            hidden = {*self._hidden, identifier}
            self.refresh()
            found = self.by_id(identifier)
            self._hidden = hidden if found is None else hidden - {identifier}
        return found

    def of(self, entity: Entity) -> dict[str, AttributeConfiguration]:
        """The custom attributes of an entity, by key; empty for entities that have none."""
        return dict(self._of(entity))

    def _of(self, entity: Entity) -> Mapping[str, AttributeConfiguration]:
        from ftrack_typed.custom_attributes.place import place_of

        place = place_of(entity)
        if place is None:
            return {}
        by_place = self._by_place
        if place not in by_place:
            found: dict[str, AttributeConfiguration] = {}
            for configuration in sorted(self, key=lambda one: one.precedence(place)):
                if configuration.applies(place):
                    found.setdefault(configuration.key, configuration)
            by_place[place] = found
        return by_place[place]

    def find(self, entity: Entity, key: str) -> AttributeConfiguration:
        """The custom attribute of an entity with this key.

        When there is none, they are fetched again first: somebody may just have made it.

        Raises:
            UnknownCustomAttributeError: naming the nearest; also a `KeyError` and a `ValueError`.
        """
        found = self._of(entity)
        if key not in found:
            self.refresh()
            found = self._of(entity)
        if key not in found:
            raise UnknownCustomAttributeError(f"{entity.entity_type}.custom_attributes", key, found)
        return found[key]

    def __iter__(self) -> Iterator[AttributeConfiguration]:
        return iter(self._all().values())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, AttributeConfiguration]:
        known = self._known
        if known is None:
            with self._lock:
                known = self._known
                if known is None:
                    known = self._known = {one.id: one for one in self._fetch()}
        return known
