"""Caches made of other caches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ftrack_typed.cache.interface import Cache, Change


class ProxyCache(Cache):
    """Hands everything to another cache; override `get`, `set` or `remove` to decide what passes.

    Args:
        proxied: The other cache.
    """

    def __init__(self, proxied: Cache) -> None:
        self.proxied = proxied

    @property
    def text_only(self) -> bool:
        """Whether the other cache takes only texts."""
        return self.proxied.text_only

    def get(self, key: Any) -> Any:
        return self.proxied.get(key)

    def set(self, key: Any, value: Any) -> None:
        self.proxied.set(key, value)

    def remove(self, key: Any) -> Any:
        return self.proxied.remove(key)

    def keys(self) -> list[Any]:
        return self.proxied.keys()

    def invalidated(self) -> list[Any] | None:
        return self.proxied.invalidated()

    def close(self) -> None:
        self.proxied.close()

    def _is_plain(self, by: type[ProxyCache]) -> bool:
        """Whether no subclass of *by* decides about values, so that many may be handled in one step."""
        cls = type(self)
        return cls.get is by.get and cls.set is by.set and cls.remove is by.remove


class SerialisedCache(ProxyCache):
    """Keeps encoded values in another cache.

    Args:
        proxied: The other cache.
        encode: Turns a value into what `proxied` takes.
        decode: Turns that into the value again. A stored value it raises `ValueError` for counts as missing.
    """

    def __init__(self, proxied: Cache, encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> None:
        super().__init__(proxied)
        self.encode = encode
        self.decode = decode

    @property
    def text_only(self) -> bool:
        return False

    def get(self, key: Any) -> Any:
        encoded = super().get(key)
        try:
            return self.decode(encoded)
        except ValueError:
            raise KeyError(key) from None

    def set(self, key: Any, value: Any) -> None:
        super().set(key, self.encode(value))

    def remove(self, key: Any) -> Any:
        encoded = super().remove(key)
        try:
            return self.decode(encoded)
        except ValueError:
            return None

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        if not self._is_plain(SerialisedCache):
            return super().get_many(keys)
        found = {}
        for key, encoded in self.proxied.get_many(keys).items():
            try:
                found[key] = self.decode(encoded)
            except ValueError:
                continue
        return found

    def update_many(self, changes: Mapping[Any, Change]) -> None:
        if not self._is_plain(SerialisedCache):
            super().update_many(changes)
            return
        self.proxied.update_many({key: self._encoded(change) for key, change in changes.items()})

    def _encoded(self, change: Change) -> Change:
        def changed(encoded: Any) -> Any:
            old = None
            if encoded is not None:
                try:
                    old = self.decode(encoded)
                except ValueError:
                    old = None
            new = change(old)
            return None if new is None else self.encode(new)

        return changed


class ScopedCache(ProxyCache):
    """A part of a cache that others use too: keys get a prefix, and only keys with it are seen.

    Args:
        proxied: The cache that is shared; its keys are texts.
        scope: What the part is for, such as the URL of a server.
    """

    def __init__(self, proxied: Cache, scope: str) -> None:
        super().__init__(proxied)
        self.scope = scope
        self._prefix = f"{scope} "

    def get(self, key: Any) -> Any:
        return super().get(self._prefix + key)

    def set(self, key: Any, value: Any) -> None:
        super().set(self._prefix + key, value)

    def remove(self, key: Any) -> Any:
        return super().remove(self._prefix + key)

    def keys(self) -> list[Any]:
        return self._own(super().keys())

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        start = len(self._prefix)
        found = self.proxied.get_many([self._prefix + key for key in keys])
        return {key[start:]: value for key, value in found.items()}

    def update_many(self, changes: Mapping[Any, Change]) -> None:
        self.proxied.update_many({self._prefix + key: change for key, change in changes.items()})

    def invalidated(self) -> list[Any] | None:
        keys = self.proxied.invalidated()
        return None if keys is None else self._own(keys)

    def _own(self, keys: Iterable[str]) -> list[Any]:
        return [key[len(self._prefix) :] for key in keys if key.startswith(self._prefix)]


class LayeredCache(Cache):
    """Several caches on top of each other, the quickest first.

    What a deeper layer has is copied into those above it when it is read, never down. Writing goes to every
    layer; removing takes the key from whichever have it.

    Args:
        caches: The layers, from the top; the list may be changed at any time.
    """

    def __init__(self, caches: Iterable[Cache]) -> None:
        self.caches: list[Cache] = list(caches)

    @property
    def text_only(self) -> bool:
        """Whether one of the layers takes only texts."""
        return any(cache.text_only for cache in self.caches)

    def get(self, key: Any) -> Any:
        above: list[Cache] = []
        for cache in list(self.caches):
            try:
                value = cache.get(key)
            except KeyError:
                above.append(cache)
                continue
            for upper in above:
                upper.set(key, value)
            return value
        raise KeyError(key)

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        missing = list(keys)
        above: list[Cache] = []
        for cache in list(self.caches):
            if not missing:
                break
            here = cache.get_many(missing)
            for upper in above:
                for key, value in here.items():
                    upper.set(key, value)
            found.update(here)
            missing = [key for key in missing if key not in here]
            above.append(cache)
        return found

    def set(self, key: Any, value: Any) -> None:
        for cache in list(self.caches):
            cache.set(key, value)

    def update_many(self, changes: Mapping[Any, Change]) -> None:
        for cache in list(self.caches):
            cache.update_many(changes)

    def remove(self, key: Any) -> Any:
        removed = []
        for cache in list(self.caches):
            try:
                removed.append(cache.remove(key))
            except KeyError:
                continue
        if not removed:
            raise KeyError(key)
        return removed[0]

    def keys(self) -> list[Any]:
        found: dict[Any, None] = {}
        for cache in list(self.caches):
            found.update(dict.fromkeys(cache.keys()))
        return list(found)

    def invalidated(self) -> list[Any] | None:
        found: list[Any] = []
        for cache in list(self.caches):
            keys = cache.invalidated()
            if keys is None:
                return None
            found += keys
        return found

    def close(self) -> None:
        for cache in list(self.caches):
            cache.close()
