"""Keys of caches: texts or bytes made of any values."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

_PICKLE_PROTOCOL = 2


class KeyMaker(ABC):
    """Makes one key of any number of items. A subclass defines how one item is written."""

    item_separator: Any = ""
    """Stands between items."""

    def key(self, *items: Any) -> Any:
        """Return the key of *items*; the same items always give the same key."""
        return self.item_separator.join(self._key(item) for item in items)

    @abstractmethod
    def _key(self, item: Any) -> Any:
        """Return what stands in a key for one item."""


class StringKeyMaker(KeyMaker):
    """Makes keys of the texts of items."""

    def _key(self, item: Any) -> str:
        return str(item)


class ObjectKeyMaker(KeyMaker):
    r"""Makes keys of items of any kind, as bytes.

    Values are pickled, so that ``1`` and ``"1"`` differ. Mappings and sets are sorted by what stands for their
    items, which may be of different types. Functions, methods and classes go by name and module.
    """

    item_separator = b"\0"
    mapping_identifier = b"\1"
    mapping_pair_separator = b"\2"
    iterable_identifier = b"\3"
    name_identifier = b"\4"

    def _key(self, item: Any) -> bytes:
        import pickle

        if isinstance(item, (str, bytes)):
            return pickle.dumps(item, _PICKLE_PROTOCOL)
        if isinstance(item, Mapping):
            pairs = sorted(
                self._key(key) + self.mapping_pair_separator + self._key(value) for key, value in item.items()
            )
            return self.mapping_identifier + self.item_separator.join(pairs) + self.mapping_identifier
        if inspect.isclass(item) or inspect.isfunction(item):
            return self._named(item.__qualname__, item.__module__)
        if inspect.ismethod(item):
            owner = item.__self__
            # The object a method is bound to decides what it gives.
            return self._named(item.__func__.__qualname__, item.__module__) + self._key(owner)
        if inspect.isbuiltin(item):
            return self._named(item.__qualname__, item.__module__ or "builtins")
        if isinstance(item, Iterable) and not hasattr(item, "__next__"):
            parts: Iterable[bytes] = [self._key(part) for part in item]
            parts = sorted(parts) if isinstance(item, AbstractSet) else parts
            return self.iterable_identifier + self.item_separator.join(parts) + self.iterable_identifier
        try:
            return pickle.dumps(item, _PICKLE_PROTOCOL)
        except Exception as error:  # what pickling raises is up to each class
            raise TypeError(f"No key can be made of {type(item).__name__}: {error}") from error

    def _named(self, *names: str) -> bytes:
        return self.name_identifier + self.item_separator.join(name.encode() for name in names)
