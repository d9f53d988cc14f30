"""Personal API keys and how they are renewed (wire: reset_remote)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from typing import Any

from ftrack_local.compile.sources import column_of
from ftrack_local.errors import MalformedRequestError, ValidationError

from .extension import Action, Extension, Finish, OpenBatch

_KEY_BYTES = 32
_PREFIX = 6
_RESETTABLE = ("User", "ApiKey")


class KeyRing:
    """Personal keys by user. Only digests are kept, and only while the server runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digests: dict[str, bytes] = {}

    def put(self, user_id: str, key: str) -> None:
        """Make `key` the only personal key of a user."""
        with self._lock:
            self._digests[user_id] = _digest(key.encode())

    def accepts(self, user_id: str | None, key: bytes) -> bool:
        """Whether a user has this personal key; compares in constant time."""
        with self._lock:
            known = self._digests.get(user_id or "", b"")
        return hmac.compare_digest(_digest(key), known)


class Accounts(Extension):
    """The operation `reset_remote`."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def actions(self) -> Mapping[str, Action]:
        """Return the operation."""
        return {"reset_remote": self.reset_remote}

    def writing(self) -> frozenset[str]:
        """The first letters of an ApiKey are stored."""
        return frozenset({"reset_remote"})

    def reset_remote(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Give a user a new personal key, which the answer tells and nothing else does."""
        reset_type, type_name = operation.get("reset_type"), operation.get("entity_type")
        if reset_type != "api_key" or type_name not in _RESETTABLE:
            raise ValidationError(
                f"Only the `api_key` of {' or '.join(_RESETTABLE)} can be reset, not {reset_type!r} of {type_name!r}."
            )
        key = operation.get("entity_key")
        if isinstance(key, (list, tuple)) and len(key) == 1:
            key = key[0]
        if not isinstance(key, str):
            raise MalformedRequestError("A reset_remote needs its `entity_key` as text.")
        rows = batch.writes.rows
        entity = rows.model.types.get(str(type_name))
        if entity is None:
            raise ValidationError(f"The schema has no type {type_name}.")
        row = rows.get(entity, (key,))
        made = secrets.token_urlsafe(_KEY_BYTES)
        user_id = key
        if type_name == "ApiKey":
            user_id = str(row.values.get(column_of(entity, "resource_id")) or "")
            rows.connection.execute(
                rows.table(entity)
                .update()
                .where(rows.identified(entity, row.key))
                .values({column_of(entity, "prefix"): made[:_PREFIX]})
            )
        batch.after_commit.append(lambda: self._keys.put(user_id, made))
        return lambda: {"action": "reset_remote", "data": {"api_key": made}}


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
