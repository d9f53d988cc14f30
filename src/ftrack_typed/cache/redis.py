"""A cache in Redis or Valkey, shared by the machines of a farm."""

from __future__ import annotations

import logging
import os
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_typed.cache.interface import Change, TextCache
from ftrack_typed.errors import MissingExtraError
from ftrack_typed.locks import ForkSafeLock

try:
    import redis
except ModuleNotFoundError:
    raise MissingExtraError("RedisCache", "redis") from None

_logger = logging.getLogger("ftrack_typed.cache")
_ATTEMPTS = 20
_EVERYTHING = "*"
_KEYS_AT_ONCE = 500


class RedisCache(TextCache):
    """Keeps texts in a Redis or Valkey server.

    A cache only ever saves time: when the server can't be reached this is logged, and keys count as missing.
    Every change is announced to the other caches with the same prefix; `invalidated` tells what they changed.

    Args:
        server: URL such as ``redis://cache.studio.example/0``, or a client of the package ``redis``.
        prefix: Begins all keys, so that other things can live on the same server.
        max_age: Seconds after which the server forgets an entry; what changes an entry does not renew it.
        timeout: Seconds to wait for the server, when a URL is given.
    """

    def __init__(
        self,
        server: Any,
        *,
        prefix: str = "ftrack-typed:",
        max_age: float | None = None,
        timeout: float = 5.0,
    ) -> None:
        if max_age is not None and max_age <= 0:
            raise ValueError(f"max_age must be more than 0, or None for no bound, not {max_age}.")
        self._client: Any = server
        self._owned = isinstance(server, str)
        if self._owned:
            self._client = redis.Redis.from_url(
                server, socket_timeout=timeout, socket_connect_timeout=timeout, decode_responses=False
            )
        self.prefix = prefix
        self.max_age = max_age
        self._channel = f"{prefix}changes"
        self._name = uuid.uuid4().hex
        self._news: Any = None
        self._process = os.getpid()
        self._news_lock = ForkSafeLock()

    def __repr__(self) -> str:
        return f"RedisCache(prefix={self.prefix!r})"  # the URL may hold a password

    # -- the interface -----------------------------------------------------------------------------

    def get_many(self, keys: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        names = list(keys)
        try:
            for start in range(0, len(names), _KEYS_AT_ONCE):
                chunk = names[start : start + _KEYS_AT_ONCE]
                values = self._client.mget([self._entry(key) for key in chunk])
                found.update(
                    (key, _text(value)) for key, value in zip(chunk, values, strict=True) if value is not None
                )
        except redis.RedisError as error:
            self._failed(error)
        return found

    def set(self, key: str, value: str) -> None:
        blob = _blob("value", value)
        try:
            pipe = self._client.pipeline()
            pipe.set(self._entry(key), blob, px=self._milliseconds())
            self._announce(pipe, key)
            pipe.execute()
        except redis.RedisError as error:
            self._failed(error)

    def remove(self, key: str) -> str:
        value = None
        try:
            pipe = self._client.pipeline()
            pipe.get(self._entry(key))
            pipe.delete(self._entry(key))
            self._announce(pipe, key)
            value = pipe.execute()[0]
        except redis.RedisError as error:
            self._failed(error)
        if value is None:
            raise KeyError(key)
        return _text(value)

    def keys(self) -> list[str]:
        try:
            return [_text(name)[len(self._entry_prefix) :] for name in self._names()]
        except redis.RedisError as error:
            self._failed(error)
            return []

    def clear(self, pattern: str | None = None) -> None:
        expression = None if pattern is None else re.compile(pattern)
        try:
            names = [
                name
                for name in self._names()
                if expression is None or expression.search(_text(name)[len(self._entry_prefix) :])
            ]
            pipe = self._client.pipeline()
            for start in range(0, len(names), _KEYS_AT_ONCE):
                pipe.delete(*names[start : start + _KEYS_AT_ONCE])
            self._announce(pipe, _EVERYTHING)
            pipe.execute()
        except redis.RedisError as error:
            self._failed(error)

    def update_many(self, changes: Mapping[str, Change]) -> None:
        """Replace values by what is made of them; each in one step, made again when another was quicker."""
        try:
            present = self.get_many(changes) if changes else {}
            for key, change in changes.items():
                old = present.get(key)
                if old is None or change(old) != old:  # most of what a query brings is known already
                    self._update(key, change)
        except redis.RedisError as error:
            self._failed(error)

    def invalidated(self) -> list[str] | None:
        """Return the keys other caches changed since the last call; None when they may have changed all.

        The first call begins to listen; what happened before is not known, so it returns None.
        """
        with self._news_lock:
            try:
                if self._process != os.getpid():
                    self._forget_news()  # what the parent process hears is not for this one
                if self._news is None:
                    self._process = os.getpid()
                    self._news = self._client.pubsub(ignore_subscribe_messages=True)
                    self._news.subscribe(self._channel)
                    self._await_subscription()
                    return None
                return self._heard()
            except redis.RedisError as error:
                self._failed(error)
                self._forget_news()
                return None

    def close(self) -> None:
        with self._news_lock:
            self._forget_news()
        if self._owned:
            self._client.close()

    # -- inside ------------------------------------------------------------------------------------

    @property
    def _entry_prefix(self) -> str:
        return f"{self.prefix}entry:"

    def _entry(self, key: str) -> bytes:
        return _blob("key", self._entry_prefix) + _blob("key", key)

    def _names(self) -> list[bytes]:
        escaped = re.sub(r"([*?\[\]\\])", r"\\\1", self._entry_prefix)
        return list(dict.fromkeys(self._client.scan_iter(match=f"{escaped}*", count=_KEYS_AT_ONCE)))

    def _milliseconds(self) -> int | None:
        return None if self.max_age is None else max(1, int(self.max_age * 1000))

    def _update(self, key: str, change: Change) -> None:
        name = self._entry(key)
        with self._client.pipeline() as pipe:
            for _ in range(_ATTEMPTS):
                try:
                    pipe.watch(name)
                    blob = pipe.get(name)
                    new = change(None if blob is None else _text(blob))
                    pipe.multi()
                    if new is None:
                        pipe.delete(name)
                    elif blob is None:
                        pipe.set(name, _blob("value", new), px=self._milliseconds())
                    else:
                        pipe.set(name, _blob("value", new), keepttl=True)
                    self._announce(pipe, key)
                    pipe.execute()
                    return
                except redis.WatchError:
                    continue
        # Others keep writing it: without an entry nobody reads anything stale.
        self._client.delete(name)

    def _announce(self, pipe: Any, key: str) -> None:
        pipe.publish(self._channel, _blob("key", f"{self._name} {key}"))

    def _await_subscription(self) -> None:
        # The server's confirmation is skipped as a message but read here, so nothing said after it is missed.
        self._news.get_message(timeout=1.0)

    def _heard(self) -> list[str] | None:
        keys: dict[str, None] = {}
        everything = False
        while (message := self._news.get_message(timeout=0.0)) is not None or self._news.connection.can_read(
            0
        ):
            if message is None:
                continue
            sender, _, key = _text(message["data"]).partition(" ")
            if sender == self._name:
                continue
            everything = everything or key == _EVERYTHING
            keys[key] = None
        return None if everything else list(keys)

    def _forget_news(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            news.close()

    def _failed(self, error: Exception) -> None:
        _logger.warning("The cache %r can't be used: %s", self, type(error).__name__)


def _blob(what: str, text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError(
            f"A RedisCache takes texts; this {what} is of type {type(text).__name__}. Put a SerialisedCache in "
            "front of it, or give it to a session, which encodes its entities."
        )
    return text.encode("utf-8", "surrogatepass")


def _text(blob: bytes | str) -> str:
    return blob if isinstance(blob, str) else blob.decode("utf-8", "surrogatepass")
