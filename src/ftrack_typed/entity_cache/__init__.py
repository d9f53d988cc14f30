"""What a session keeps of entities beneath its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_typed.entity_cache.layers import CacheOption, MemoryLayer, SessionCache, make_layers
from ftrack_typed.entity_cache.store import EntityCache

if TYPE_CHECKING:
    from ftrack_typed.cache import KeyMaker
    from ftrack_typed.identity.hydration import Hydrator
    from ftrack_typed.interchange import Interchange
    from ftrack_typed.session import Session
    from ftrack_typed.unit_of_work.changes import ChangeTracker

__all__ = ["CacheOption", "EntityCache", "SessionCache", "open_cache"]


def open_cache(
    session: Session,
    option: CacheOption,
    key_maker: KeyMaker,
    interchange: Interchange,
    hydrator: Hydrator,
    changes: ChangeTracker,
) -> tuple[SessionCache, EntityCache]:
    """Make the caches of a session, and what reads and fills them.

    Raises:
        ConfigurationTypeError: If `option` or `key_maker` is something else than asked for.
    """
    memory = MemoryLayer(hydrator.identities, hydrator.registry, key_maker)
    layers = make_layers(option, session, memory, interchange, session.server_url)
    return layers, EntityCache(layers, memory, hydrator, changes, interchange)
