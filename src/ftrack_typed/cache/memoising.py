"""Remembering what functions gave."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from typing_extensions import ParamSpec

from ftrack_typed.cache.interface import Cache
from ftrack_typed.cache.keys import KeyMaker, ObjectKeyMaker
from ftrack_typed.cache.memory import MemoryCache

P = ParamSpec("P")
R = TypeVar("R")


class Memoiser:
    """Calls functions once for the same arguments.

    Args:
        cache: Where results are kept, a `MemoryCache` when omitted.
        key_maker: Makes keys of a function and its arguments, an `ObjectKeyMaker` when omitted.
        return_copies: Whether to give a deep copy of a result each time, so that a caller who changes it
            changes nothing for others.
    """

    def __init__(
        self, cache: Cache | None = None, key_maker: KeyMaker | None = None, return_copies: bool = True
    ) -> None:
        self.cache: Cache = MemoryCache() if cache is None else cache
        self.key_maker: KeyMaker = ObjectKeyMaker() if key_maker is None else key_maker
        self.return_copies = return_copies

    def call(
        self,
        function: Callable[..., R],
        args: Sequence[Any] | None = None,
        kw: Mapping[str, Any] | None = None,
    ) -> R:
        """Return ``function(*args, **kw)``, from the cache if it was called like that before.

        It makes no difference whether arguments are given by position, by name, or left at their defaults.
        What a function raises is not remembered.
        """
        args, kw = tuple(args or ()), dict(kw or {})
        key = self.key_maker.key(function, _arguments(function, args, kw))
        try:
            result = self.cache.get(key)
        except KeyError:
            result = function(*args, **kw)
            self.cache.set(key, result)
        return copy.deepcopy(result) if self.return_copies else result  # type: ignore[no-any-return]


def _arguments(function: Callable[..., Any], args: tuple[Any, ...], kw: dict[str, Any]) -> dict[str, Any]:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # some built-in functions tell nothing of their arguments
        return {"args": args, "kw": kw}
    bound = signature.bind(*args, **kw)
    bound.apply_defaults()
    return dict(bound.arguments)


def memoise_decorator(memoiser: Memoiser) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that calls functions through *memoiser*."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def remembered(*args: P.args, **kw: P.kwargs) -> R:
            return memoiser.call(function, args, kw)

        return remembered

    return decorate


memoiser: Memoiser = Memoiser()
"""What `memoise` uses; its cache lives as long as the process."""


def memoise(function: Callable[P, R]) -> Callable[P, R]:
    """Call a function once for the same arguments."""
    return memoise_decorator(memoiser)(function)
