"""Caches: the interface, stores in memory, in a file and in Redis, ways to combine them, keys, memoising.

`RedisCache` is imported from :mod:`ftrack_typed.cache.redis`; without the extra ``redis`` that raises
`MissingExtraError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.cache.combining import LayeredCache as LayeredCache
    from ftrack_typed.cache.combining import ProxyCache as ProxyCache
    from ftrack_typed.cache.combining import ScopedCache as ScopedCache
    from ftrack_typed.cache.combining import SerialisedCache as SerialisedCache
    from ftrack_typed.cache.file import FileCache as FileCache
    from ftrack_typed.cache.interface import Cache as Cache
    from ftrack_typed.cache.keys import KeyMaker as KeyMaker
    from ftrack_typed.cache.keys import ObjectKeyMaker as ObjectKeyMaker
    from ftrack_typed.cache.keys import StringKeyMaker as StringKeyMaker
    from ftrack_typed.cache.memoising import Memoiser as Memoiser
    from ftrack_typed.cache.memoising import memoise as memoise
    from ftrack_typed.cache.memoising import memoise_decorator as memoise_decorator
    from ftrack_typed.cache.memoising import memoiser as memoiser
    from ftrack_typed.cache.memory import MemoryCache as MemoryCache

# Most sessions need neither SQLite nor memoising.
_LAZY = {
    "Cache": "interface",
    "FileCache": "file",
    "KeyMaker": "keys",
    "LayeredCache": "combining",
    "Memoiser": "memoising",
    "MemoryCache": "memory",
    "ObjectKeyMaker": "keys",
    "ProxyCache": "combining",
    "ScopedCache": "combining",
    "SerialisedCache": "combining",
    "StringKeyMaker": "keys",
    "memoise": "memoising",
    "memoise_decorator": "memoising",
    "memoiser": "memoising",
}

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

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
