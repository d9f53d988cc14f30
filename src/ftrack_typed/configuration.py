"""Where the server is, who is asking, and how: arguments and environment variables of a session."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from ftrack_typed.errors import ConfigurationTypeError, ConfigurationValueError

Timeout: TypeAlias = float | tuple[float | None, float | None] | None
"""Seconds to wait for the server: for connecting and between two bytes alike, or a pair (connect, read);
None waits for ever."""

_FOLDER = "ftrack-typed"


@dataclass(frozen=True, eq=False)
class Configuration:
    """Everything a session has to know before its first request. Make one with `Configuration.resolve`.

    Its representation shows neither the API key nor headers and cookies, which may hold secrets too.
    """

    server_url: str
    """``http`` or ``https`` URL without a trailing slash."""
    api_key: str = field(repr=False)
    api_user: str
    """User name, not the user's id."""
    timeout: Timeout = 60
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further headers of every request."""
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Cookies of every request."""
    strict_api: bool = False
    """Whether the server loads and returns only what was asked for."""
    schema_cache_path: Path | None = None
    """Directory of the schema cache; None for no cache."""
    plugin_paths: tuple[Path, ...] = ()
    """Where plugins are looked for."""
    plugin_arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What is passed to plugins that take it; may hold secrets."""

    @classmethod
    def resolve(
        cls,
        server_url: str | None = None,
        api_key: str | None = None,
        api_user: str | None = None,
        *,
        timeout: Timeout = 60,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        strict_api: bool = False,
        schema_cache_path: str | os.PathLike[str] | Literal[False] | None = None,
        plugin_paths: Iterable[str | os.PathLike[str]] | None = None,
        plugin_arguments: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Configuration:
        """Return the configuration that arguments and environment variables add up to.

        An argument that is given wins, even an empty one; only None falls back to the environment.

        Args:
            server_url: Else ``FTRACK_SERVER``. Trailing slashes are removed.
            api_key: Else ``FTRACK_API_KEY``, else the older ``FTRACK_APIKEY``.
            api_user: Else ``FTRACK_API_USER``, else the name of the logged-in user.
            timeout: Seconds, a pair (connect, read) of seconds, or None to wait for ever.
            cookies: Cookies to send with every request.
            headers: Headers to send with every request.
            strict_api: Whether the server loads and returns only what was asked for.
            schema_cache_path: Directory of the schema cache; False for none. Else
                ``FTRACK_API_SCHEMA_CACHE_PATH``, else the user's cache directory.
            plugin_paths: Directories and files. Else those in ``FTRACK_EVENT_PLUGIN_PATH``, separated as in
                ``PATH``. Blank ones are left out.
            plugin_arguments: Keyword arguments for plugins.
            environment: The environment variables to read.

        Raises:
            ConfigurationTypeError: If something is missing or of the wrong type; it is a `TypeError` as well.
            ConfigurationValueError: If something has no usable value; it is a `ValueError` as well.
        """
        if not isinstance(strict_api, bool):
            raise ConfigurationTypeError(
                f"strict_api takes True or False, not {type(strict_api).__name__}.", setting="strict_api"
            )
        url = _text("server_url", server_url, environment.get("FTRACK_SERVER"), "FTRACK_SERVER")
        key = _text(
            "api_key",
            api_key,
            environment.get("FTRACK_API_KEY", environment.get("FTRACK_APIKEY")),
            "FTRACK_API_KEY",
        )
        user = _text(
            "api_user",
            api_user,
            environment.get("FTRACK_API_USER") or (_login_name() if api_user is None else None),
            "FTRACK_API_USER",
        )
        return cls(
            server_url=_checked_url(url),
            api_key=key,
            api_user=user,
            timeout=checked_timeout(timeout),
            headers=_checked_texts("headers", headers),
            cookies=_checked_texts("cookies", cookies),
            strict_api=strict_api,
            schema_cache_path=_cache_directory(schema_cache_path, environment),
            plugin_paths=_plugin_paths(plugin_paths, environment),
            plugin_arguments=_plugin_arguments(plugin_arguments),
        )


def checked_timeout(timeout: Timeout) -> Timeout:
    """Return *timeout* if it is one, else raise `ConfigurationTypeError` or `ConfigurationValueError`."""
    if timeout is None:
        return None
    parts = timeout if isinstance(timeout, tuple) else (timeout,)
    if isinstance(timeout, tuple) and len(timeout) != 2:
        raise ConfigurationValueError(
            f"timeout takes a pair (connect, read), not {len(timeout)} values.", setting="timeout"
        )
    for part in parts:
        if part is None:
            continue
        if isinstance(part, bool) or not isinstance(part, (int, float)):
            raise ConfigurationTypeError(
                f"timeout takes seconds, a pair (connect, read) of seconds, or None, not {part!r}.",
                setting="timeout",
            )
        if not (part > 0 and math.isfinite(part)):
            raise ConfigurationValueError(
                f"timeout takes a positive number of seconds, not {part!r}; None waits for ever.",
                setting="timeout",
            )
    return timeout


def require_header_text(setting: str, text: str) -> None:
    """Raise `ConfigurationValueError` if *text* cannot stand in an HTTP header; it is not shown."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ConfigurationValueError(
            f"{setting} contains a line break or another control character; was more copied than its text?",
            setting=setting,
        )


def _text(setting: str, given: object, inherited: str | None, variable: str) -> str:
    value = inherited if given is None else given
    if value is None or value == "":
        raise ConfigurationTypeError(
            f"{setting} is missing: pass {setting}=… or set the environment variable {variable}.",
            setting=setting,
        )
    if not isinstance(value, str):
        raise ConfigurationTypeError(
            f"{setting} takes a string, not {type(value).__name__}.", setting=setting
        )
    text = value.strip()
    if not text:
        raise ConfigurationTypeError(f"{setting} consists of white space only.", setting=setting)
    require_header_text(setting, text)
    return text


def _login_name() -> str | None:
    try:
        import getpass

        return getpass.getuser()
    except Exception:  # what it raises without a login name differs between platforms and versions
        return None


def _checked_url(text: str) -> str:
    # A URL with an "@" may hold a password, even where it is malformed, and must not be shown.
    shown = "it" if "@" in text else repr(text)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationValueError(f"server_url is no URL: {shown}.", setting="server_url") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ConfigurationValueError(
            "server_url takes a URL that starts with http:// or https:// and names a host, such as "
            f"https://studio.example, not {shown}.",
            setting="server_url",
        )
    if "@" in parts.netloc:
        raise ConfigurationValueError(
            "server_url contains a user name or password; remove it and pass api_user and api_key.",
            setting="server_url",
        )
    if parts.query or parts.fragment or any(character.isspace() for character in text):
        raise ConfigurationValueError(
            "server_url takes the address of the server alone, without spaces, “?” or “#”.",
            setting="server_url",
        )
    return text.rstrip("/")


def _checked_texts(setting: str, values: Mapping[str, str] | None) -> dict[str, str]:
    if not values and not isinstance(values, (str, bytes, bool)):
        return {}
    if not isinstance(values, Mapping):
        raise ConfigurationTypeError(
            f"{setting} takes a mapping of names to values, not {type(values).__name__}.", setting=setting
        )
    checked: dict[str, str] = {}
    entries: Mapping[Any, Any] = values
    for name, value in entries.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigurationTypeError(
                f"{setting} takes strings; the entry {name!r} is {type(value).__name__}.", setting=setting
            )
        require_header_text(f"{setting}[{name!r}]", name + value)
        checked[name] = value
    return checked


def _cache_directory(given: object, environment: Mapping[str, str]) -> Path | None:
    if given is False:
        return None
    if given is None:
        inherited = environment.get("FTRACK_API_SCHEMA_CACHE_PATH")
        if not inherited:
            import platformdirs  # not needed by who names a directory

            return platformdirs.user_cache_path(_FOLDER, appauthor=False)
        given = inherited
    if isinstance(given, os.PathLike):
        given = os.fspath(given)
    if not isinstance(given, str):
        raise ConfigurationTypeError(
            f"schema_cache_path takes a directory, or False for no cache, not {given!r}.",
            setting="schema_cache_path",
        )
    if not given:
        raise ConfigurationValueError(
            "schema_cache_path is empty; pass a directory, or False for no cache.",
            setting="schema_cache_path",
        )
    return _expanded(given)


def _plugin_paths(given: object, environment: Mapping[str, str]) -> tuple[Path, ...]:
    if given is None:
        given = environment.get("FTRACK_EVENT_PLUGIN_PATH", "").split(os.pathsep)
    elif isinstance(given, (str, bytes, os.PathLike)) or not isinstance(given, Iterable):
        raise ConfigurationTypeError(
            f"plugin_paths takes a list of paths, not {given!r}; write plugin_paths=[…].",
            setting="plugin_paths",
        )
    paths: list[str] = []
    for one in cast("Iterable[object]", given):
        path = os.fspath(one) if isinstance(one, os.PathLike) else one
        if not isinstance(path, str):
            raise ConfigurationTypeError(f"plugin_paths takes paths, not {one!r}.", setting="plugin_paths")
        if path.strip():
            paths.append(path)
    return tuple(_expanded(path).absolute() for path in paths)


def _plugin_arguments(given: object) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise ConfigurationTypeError(
            f"plugin_arguments takes a mapping of names to values, not {type(given).__name__}.",
            setting="plugin_arguments",
        )
    return dict(given)


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no home directory is known
        return Path(path)
