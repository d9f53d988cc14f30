"""Caches: the interface, stores in memory, in a file and in Redis, ways to combine them, keys, memoising.

`RedisCache` is imported from :mod:`ftrack_typed.cache.redis`; without the extra ``redis`` that raises
`MissingExtraError`.
"""

from ftrack_typed.cache.combining import LayeredCache, ProxyCache, ScopedCache, SerialisedCache
from ftrack_typed.cache.file import FileCache
from ftrack_typed.cache.interface import Cache
from ftrack_typed.cache.keys import KeyMaker, ObjectKeyMaker, StringKeyMaker
from ftrack_typed.cache.memoising import Memoiser, memoise, memoise_decorator, memoiser
from ftrack_typed.cache.memory import MemoryCache

__all__ = [
    "Cache",
    "FileCache",
    "KeyMaker",
    "LayeredCache",
    "Memoiser",
    "MemoryCache",
    "ObjectKeyMaker",
    "ProxyCache",
    "ScopedCache",
    "SerialisedCache",
    "StringKeyMaker",
    "memoise",
    "memoise_decorator",
    "memoiser",
]
