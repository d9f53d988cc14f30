"""What every cache can do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

Change = Callable[[Any], Any]
"""Makes the new value of a key of its old one, or of None where there is none; None as result removes the key."""


class Cache(ABC):
    """Values by key.

    A subclass has to define `get`, `set`, `remove` and `keys`. The other methods are built on these; a store
    overrides those it can do in one step, such as reading many keys in one request.
    """

    @property
    def text_only(self) -> bool:
        """Whether values have to be texts; a session then encodes its entities before it gives them to the cache."""
        return False

    @abstractmethod
    def get(self, key: Any) -> Any:
        """Return the value of *key*.

        Raises:
            KeyError: If there is none.
        """

    @abstractmethod
    def set(self, key: Any, value: Any) -> None:
        """Store *value* under *key*, in place of any other."""

    @abstractmethod
    def remove(self, key: Any) -> Any:
        """Remove *key* and return the value it had.

        Raises:
            KeyError: If there is none.
        """

    @abstractmethod
    def keys(self) -> list[Any]:
        """Return all keys."""

    def values(self) -> list[Any]:
        """Return the values of all keys, without those that vanish meanwhile."""
        return list(self.get_many(self.keys()).values())

    def clear(self, pattern: str | None = None) -> None:
        """Remove all keys, or those in which the regular expression *pattern* is found."""
        expression = None if pattern is None else re.compile(pattern)
        for key in self.keys():
            if expression is None or expression.search(_text(key)):
                self.discard(key)

    def discard(self, key: Any) -> None:
        """Remove *key* if it is there."""
        with suppress(KeyError):
            self.remove(key)

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Return the values of those of *keys* that have one."""
        found = {}
        for key in keys:
            try:
                found[key] = self.get(key)
            except KeyError:
                continue
        return found

    def update_many(self, changes: Mapping[Any, Change]) -> None:
        """Replace values by what is made of them.

        A store shared by processes does each change in one step, so that none gets lost; there a change may be
        called more than once, and must only look at its argument.
        """
        for key, change in changes.items():
            try:
                old = self.get(key)
            except KeyError:
                old = None
            new = change(old)
            if new is not None:
                self.set(key, new)
            elif old is not None:
                self.discard(key)

    def invalidated(self) -> list[Any] | None:
        """Return the keys others changed in a shared store since the last call; None when all may have."""
        return []

    def close(self) -> None:  # noqa: B027 - most caches hold neither
        """Let go of files and connections; a cache that is used again opens them anew."""

    def __contains__(self, key: object) -> bool:
        return bool(self.get_many([key]))


class TextCache(Cache):
    """A store of texts that reads many keys in one step; base of the stores outside the process.

    A subclass defines `get_many` in place of `get`.
    """

    @property
    def text_only(self) -> bool:
        return True

    def get(self, key: str) -> str:
        try:
            return self.get_many([key])[key]
        except KeyError:
            raise KeyError(key) from None

    @abstractmethod
    def get_many(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the texts of those of *keys* that have one."""


def _text(key: Any) -> str:
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)
