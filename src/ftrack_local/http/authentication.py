"""Who sends a request, from its headers (wire: request headers)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ftrack_local.actions import Api, Caller
from ftrack_local.errors import InvalidCredentialsError

_OPTION = re.compile(r"\s*([a-z_]+)\s*[=:]\s*([a-z0-9]+)\s*")
_TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Options:
    """How a client wants to be answered."""

    strict: bool
    denormalize: bool

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Options:
        """Read `ftrack-strict-api` and `ftrack-api-options`, given as `denormalize=1;strict:true`."""
        options = {"strict": headers.get("ftrack-strict-api", "").lower() in _TRUE, "denormalize": False}
        for part in headers.get("ftrack-api-options", "").lower().split(";"):
            match = _OPTION.fullmatch(part)
            if match is not None and match.group(1) in options:
                options[match.group(1)] = match.group(2) in _TRUE
        return cls(**options)


class Authenticator:
    """Checks user and key; without a key of its own any key will do."""

    def __init__(self, api: Api, api_key: str | None) -> None:
        self._api = api
        self._api_key = None if api_key is None else api_key.encode()

    def authenticate(self, headers: Mapping[str, str], base_url: str, options: Options) -> Caller:
        """Return the caller; raise :class:`InvalidCredentialsError` for anyone unknown."""
        username = _utf8(headers.get("ftrack-user", ""))
        key = _utf8(headers.get("ftrack-api-key", "")).encode("utf-8", "replace")
        known_key = bool(key) if self._api_key is None else hmac.compare_digest(key, self._api_key)
        with self._api.storage.reading() as connection:
            user_id = self._active_user(connection, username)
        known_key |= self._api.keys.accepts(user_id, key)
        if user_id is None or not known_key:
            raise InvalidCredentialsError(
                "The API key or user name sent is not valid. The request needs the headers `ftrack-user` (the name "
                "of an active user) and `ftrack-api-key`; a local server prints both when it starts."
            )
        return Caller(
            user_id,
            username,
            base_url,
            options.strict,
            options.denormalize,
            _token(headers, "ftrack-clienttoken"),
            _token(headers, "ftrack-pushtoken"),
        )

    def _active_user(self, connection: Connection, username: str) -> str | None:
        users = self._api.compiler.source(self._api.model.types["User"])
        conditions = [users.attribute("username") == username]
        of_type = users.is_a(self._api.model, users.entity)
        if of_type is not None:
            conditions.append(of_type)
        if "is_active" in users.entity.attributes:
            conditions.append(users.attribute("is_active").is_not(False))
        return connection.scalar(select(users.key()[0]).where(*conditions).limit(1))


def _token(headers: Mapping[str, str], name: str) -> str | None:
    """JavaScript clients send the word `undefined` for a token they do not have (wire: headers)."""
    token = headers.get(name)
    return None if token in (None, "", "undefined") else token


def _utf8(value: str) -> str:
    """Clients send names outside latin-1 as UTF-8, while HTTP libraries read headers as latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return value
