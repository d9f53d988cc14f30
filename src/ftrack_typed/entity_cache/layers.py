"""The layers of a session's cache: its memory on top, what it was given beneath."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ftrack_typed.cache import Cache, KeyMaker, LayeredCache, ScopedCache, SerialisedCache, StringKeyMaker
from ftrack_typed.entity import Entity
from ftrack_typed.errors import ConfigurationTypeError

if TYPE_CHECKING:
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.identity.map import IdentityMap
    from ftrack_typed.interchange import Interchange

T = TypeVar("T")

CacheOption: TypeAlias = "Cache | Callable[[Any], Cache | None] | None"
"""A cache, or what makes one for a session (None for none)."""


class MemoryLayer(Cache):
    """The entities a session holds, seen as a cache.

    It holds nothing itself: entities are there for as long as somebody holds them.
    """

    def __init__(self, identities: IdentityMap, registry: EntityRegistry, key_maker: KeyMaker) -> None:
        if not callable(getattr(key_maker, "key", None)):
            raise ConfigurationTypeError(
                f"cache_key_maker takes a KeyMaker, not {key_maker!r}.", setting="cache_key_maker"
            )
        self._identities = identities
        self._registry = registry
        self.key_maker = key_maker
        self.adopt: Callable[[Entity], Entity | None] = lambda entity: None
        """Merges an entity from elsewhere into the session."""

    def key(self, entity: Entity) -> Any:
        """The key an entity is stored under."""
        return self.key_maker.key((entity.entity_type, list(entity.primary_key.values())))

    def get(self, key: Any) -> Any:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    def set(self, key: Any, value: Any) -> None:
        if isinstance(value, Entity) and self._find(key) is not value:
            self.adopt(value)

    def remove(self, key: Any) -> Any:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        parts = tuple(found.primary_key.values())
        self._identities.discard(
            self._registry.root(found.entity_type), parts[0] if len(parts) == 1 else parts
        )
        return found

    def keys(self) -> list[Any]:
        return [self.key(entity) for entity in self._identities]

    def clear(self, pattern: str | None = None) -> None:
        if pattern is None:
            self._identities.clear()
        else:
            super().clear(pattern)

    def update_many(self, changes: Any) -> None:
        """Do nothing: what a reply or commit brings is in memory before it is stored."""

    def _find(self, key: Any) -> Entity | None:
        if type(self.key_maker) is StringKeyMaker:
            try:
                name, parts = ast.literal_eval(key)
                root = self._registry.root(name)
                found = self._identities.find(root, parts[0] if len(parts) == 1 else tuple(parts))
                return found if found is not None and self.key(found) == key else None
            except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
                return None
        return next((entity for entity in self._identities if self.key(entity) == key), None)


class SessionCache(LayeredCache):
    """The caches of a session: its memory, and beneath it those the session was given.

    `caches` may be changed at any time, except that the first one stays.
    """

    def __init__(self, memory: MemoryLayer, below: Cache | None) -> None:
        super().__init__([memory] if below is None else [memory, below])
        self._memory = memory
        self.forget: Callable[[list[Any] | None], int] = lambda keys: 0
        """Lets go of what is loaded of entities others changed; all of them when given None."""

    @property
    def below(self) -> LayeredCache:
        """What lies beneath the memory."""
        return LayeredCache(cache for cache in self.caches if cache is not self._memory)

    @property
    def active(self) -> bool:
        """Whether there is anything beneath the memory."""
        return len(self.caches) > 1

    def get(self, key: Any) -> Any:
        """The session's entity of this key, also when only a deeper layer has it."""
        try:
            return self._memory.get(key)
        except KeyError:
            value = self.below.get(key)
        # Only who holds an entity of the session keeps it there.
        adopted = self._memory.adopt(value) if isinstance(value, Entity) else None
        return value if adopted is None else adopted

    def refresh(self) -> int:
        """Let entities show what other sessions changed, as far as the shared cache tells.

        What is loaded of entities that changed is let go of, local changes stay; the next look at them reads
        anew. Entities of caches that tell nothing (`FileCache`) stay as they are.

        Returns:
            How many entities of this session were concerned.
        """
        return self.forget(self.below.invalidated())


def make_layers(
    option: CacheOption,
    session: Any,
    memory: MemoryLayer,
    interchange: Interchange,
    server_url: str,
) -> SessionCache:
    """Make the caches of a session.

    A cache that takes only texts is given encoded entities, under keys that begin with the server's URL: ids of
    two servers may be the same.

    Raises:
        ConfigurationTypeError: If `option` is or makes something else than a cache.
    """
    made: object = option(session) if callable(option) and not isinstance(option, Cache) else option
    if made is None:
        return SessionCache(memory, None)
    if not isinstance(made, Cache):
        raise ConfigurationTypeError(
            f"cache takes a Cache, or a callable that makes one for a session, not {made!r}.", setting="cache"
        )
    if made.text_only:
        if not isinstance(memory.key_maker.key(("Task", [""])), str):
            raise ConfigurationTypeError(
                f"cache takes texts as keys, which {type(memory.key_maker).__name__} does not make; leave "
                "cache_key_maker out.",
                setting="cache_key_maker",
            )
        made = SerialisedCache(ScopedCache(made, server_url), interchange.encode, interchange.decode)
    return SessionCache(memory, made)
