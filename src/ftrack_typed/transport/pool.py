"""The connections to a server, shared by the sessions that were forked from one another."""

from __future__ import annotations

import copy
import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter

from ftrack_typed.configuration import Configuration, Timeout
from ftrack_typed.transport.authentication import SessionAuthentication, header_value

POOL_SIZE = 32
"""Connections kept open, and so the number of threads that never wait for a new one."""

_VARIABLES = (
    *(f"{kind}_proxy" for kind in ("http", "https", "all", "no")),
    *(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")),
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
"""Environment variables that tell `requests` how to reach a server."""

_SURROUNDINGS_LAST = 30.0
"""Seconds until it is looked again what else the system says, such as the proxies of its settings."""


class _Route(NamedTuple):
    """How to reach an endpoint."""

    request: requests.PreparedRequest
    """A request without a body."""
    settings: Mapping[str, Any]
    """Arguments of `requests.Session.send`: proxies, and how to check certificates."""
    variables: tuple[str | None, ...]
    """The environment they hold for."""
    expires: float


class _Session(requests.Session):
    """A session that leaves redirects to its user.

    Even when told not to follow a redirect, `requests` prepares to, and trips over a malformed target.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _Response(requests.Response):
    """A response whose body is read at once; `requests` reads pieces of 10 kB."""

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Any:
        return super().iter_content(None, decode_unicode)


class _Adapter(HTTPAdapter):
    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        response.__class__ = _Response
        return response


class ConnectionPool:
    """Connections that are kept open until their last user lets go of them.

    A process made by ``os.fork`` gets connections of its own: two processes that read answers from one
    connection would take each other's.

    Args:
        configuration: The server, the credentials and the manner of asking.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._routes: dict[str, _Route] = {}
        self.session: requests.Session = _Session()
        self.session.auth = SessionAuthentication(configuration.api_key, configuration.api_user)
        self.session.cookies.update(configuration.cookies)
        for name, value in configuration.headers.items():
            self.session.headers[name] = header_value(value)
        self.session.headers.update(
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "ftrack-strict-api": "true" if configuration.strict_api else "false",
            }
        )
        self._users = 1
        self._lock = threading.Lock()
        self._connect()
        _POOLS.add(self)

    def _connect(self) -> None:
        adapter = _Adapter(pool_connections=4, pool_maxsize=POOL_SIZE)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def post(self, url: str, body: bytes, timeout: Timeout) -> requests.Response:
        """Send a request and read the response.

        `requests` works out for each request what it takes to make one: this does so once for each address, and again
        when what surrounds the process changes.

        Raises:
            requests.RequestException: as `requests` raises it.
        """
        route = self._route(url)
        request = copy.copy(route.request)
        request.headers = request.headers.copy()
        request.prepare_cookies(self.session.cookies)
        request.prepare_body(body, None)
        return self.session.send(request, timeout=timeout, allow_redirects=False, **route.settings)

    def _route(self, url: str) -> _Route:
        variables = tuple(map(os.environ.get, _VARIABLES))
        now = time.monotonic()
        known = self._routes.get(url)
        if known is not None and known.variables == variables and now < known.expires:
            return known
        request = requests.PreparedRequest()
        request.prepare("POST", url, self.session.headers, auth=self.session.auth)
        settings = self.session.merge_environment_settings(request.url, {}, None, None, None)
        route = self._routes[url] = _Route(request, settings, variables, now + _SURROUNDINGS_LAST)
        return route

    def share(self) -> None:
        """Count one more user."""
        with self._lock:
            self._users += 1

    def release(self) -> None:
        """Let go; the last user closes the connections."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self.session.close()

    def in_forked_process(self) -> None:
        """Leave the connections to the parent, without a word to the server."""
        self._lock = threading.Lock()
        self._connect()


_POOLS: weakref.WeakSet[ConnectionPool] = weakref.WeakSet()


def _in_forked_process() -> None:
    for pool in list(_POOLS):
        pool.in_forked_process()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_forked_process)
