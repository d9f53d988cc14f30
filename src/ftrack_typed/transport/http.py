"""Batches of operations over HTTP.

wire: one endpoint, ``POST <server>/api``; the body is a JSON array of operations, the response a JSON array
of their results, or one error object for the whole batch.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import (
    ConnectionClosedError,
    ConnectionFailedError,
    MalformedResponseError,
    RequestTimeoutError,
    ServerError,
)
from ftrack_typed.transport.authentication import SessionAuthentication, header_value
from ftrack_typed.transport.replies import error_from_reply
from ftrack_typed.wire.decoding import decode_json, excerpt
from ftrack_typed.wire.encoding import dumps

logger = logging.getLogger("ftrack_typed.transport")

Operations: TypeAlias = Sequence[Mapping[str, Any]]

_POOL_SIZE = 32
"""Connections kept open, and so the number of threads that never wait for a new one."""

_MOST_REDIRECTS = 3
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\[")


class _Session(requests.Session):
    """A session that leaves redirects to its user.

    Even when told not to follow a redirect, `requests` prepares to, and trips over a malformed target.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class HttpTransport:
    """Carries batches of operations to one server. May be used from several threads.

    Args:
        configuration: The server, the credentials and the manner of asking.

    Attributes:
        server_url: URL of the server, without a trailing slash.
        timeout: As in `Configuration.timeout`; read on each call, so it may be changed at any time.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.server_url = configuration.server_url
        self.timeout = configuration.timeout
        self._endpoint = f"{configuration.server_url}/api"
        self._secrets = (configuration.api_key,)
        self._closed = False
        self._session = _Session()
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_POOL_SIZE)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.auth = SessionAuthentication(configuration.api_key, configuration.api_user)
        self._session.cookies.update(configuration.cookies)
        for name, value in configuration.headers.items():
            self._session.headers[name] = header_value(value)
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "ftrack-strict-api": "true" if configuration.strict_api else "false",
            }
        )

    def __repr__(self) -> str:
        return f"<HttpTransport {self.server_url}{' (closed)' if self._closed else ''}>"

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Close all connections. Calling it again does nothing."""
        self._closed = True
        self._session.close()

    def send(self, operations: Operations, reference: Callable[[Any], Any] | None = None) -> bytes:
        """Send *operations* as one batch and return the body of the response, a JSON array.

        Args:
            operations: What to do; see `ftrack_typed.wire.payloads`.
            reference: Turns entities among the values into data, as for `ftrack_typed.wire.encoding.dumps`.

        Raises:
            ServerError: If the server reports an error; nothing of the batch was carried out then.
            MalformedResponseError: If the response is no JSON array and no error report.
            ConnectionFailedError: If there is no connection, or it breaks.
            RequestTimeoutError: If the server does not answer in time.
            ConnectionClosedError: If the transport is closed.
            UnencodableValueError: If a value cannot be sent; nothing was sent then.
        """
        if self._closed:
            raise ConnectionClosedError()
        payload = dumps(operations, reference)
        started = time.perf_counter()
        outcome = "no response"
        try:
            response = self._post(payload)
            outcome = f"status {response.status_code}, {len(response.content)} bytes"
        finally:
            logger.debug(
                "%s: %d bytes sent, %s, %.1f ms",
                _Summary(operations),
                len(payload),
                outcome,
                (time.perf_counter() - started) * 1000,
            )
        if response.status_code < 300 and _ARRAY.match(response.content):
            return response.content
        raise self._refusal(response, operations)

    def _post(self, payload: bytes) -> requests.Response:
        endpoint = self._endpoint
        response = self._post_once(endpoint, payload)
        redirects = 0
        while response.is_redirect:
            # Followed the usual way, the request would be repeated as GET, and the key handed to any host.
            redirects += 1
            target = _same_endpoint(endpoint, response.headers["Location"])
            if target is None or redirects > _MOST_REDIRECTS:
                raise self._redirected(response)
            if response.is_permanent_redirect:
                self._endpoint = target
            endpoint = target
            response = self._post_once(endpoint, payload)
        return response

    def _post_once(self, endpoint: str, payload: bytes) -> requests.Response:
        try:
            response = self._session.post(endpoint, data=payload, timeout=self.timeout, allow_redirects=False)
        except requests.Timeout as error:
            raise self._timed_out() from error
        except requests.ConnectionError as error:
            if error.args and isinstance(error.args[0], ReadTimeoutError):
                raise self._timed_out() from error
            raise ConnectionFailedError(f"No connection to {self.server_url}: {_reason(error)}.") from error
        except (requests.RequestException, HTTPError) as error:
            raise ConnectionFailedError(
                f"The request to {self.server_url} failed: {_reason(error)}."
            ) from error
        # urllib3 before version 2 takes a body that breaks off for a whole one.
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and response.raw.tell() < int(announced):
            raise ConnectionFailedError(
                f"The connection to {self.server_url} broke after {response.raw.tell()} of {announced} bytes."
            )
        return response

    def _timed_out(self) -> RequestTimeoutError:
        return RequestTimeoutError(
            f"{self.server_url} did not answer in time (timeout: {self.timeout} seconds)."
        )

    def _redirected(self, response: requests.Response) -> MalformedResponseError:
        target = _without_credentials(response.headers["Location"])
        return MalformedResponseError(
            f"{self.server_url} redirects to {target!r}, which was not followed to keep the API key safe; "
            "if that is your server, pass its address as server_url.",
            status=response.status_code,
            content_type=response.headers.get("Content-Type"),
        )

    def _refusal(self, response: requests.Response, operations: Operations) -> ServerError:
        status, body = response.status_code, response.content
        try:
            document = decode_json(body)
        except ValueError:
            return self._malformed(status, response.headers.get("Content-Type"), body)
        if isinstance(document, list):
            return ServerError(
                f"Server reported error in unexpected format: HTTP status {status} with a list of results.",
                status=status,
            )
        return error_from_reply(document, status, operations, secrets=self._secrets)

    def _malformed(self, status: int, kind: str | None, body: bytes) -> MalformedResponseError:
        start = excerpt(body)
        for secret in self._secrets:
            start = start.replace(secret, "***")
        what = f"{kind or 'no content type'}, {len(body)} bytes"
        hint = (
            " Is server_url right, or does a proxy or a login page stand in between?"
            if "html" in (kind or "").lower() or start.startswith("<")
            else ""
        )
        return MalformedResponseError(
            f"{self.server_url} answered with HTTP status {status} and something that is no ftrack response "
            f"({what}): {start or 'empty body'}.{hint}",
            status=status,
            content_type=kind,
            excerpt=start,
        )


class _Summary:
    """The actions of a batch in words, worked out only where the log line is written."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def __str__(self) -> str:
        counts = Counter(str(operation.get("action", "?")) for operation in self._operations)
        return (
            ", ".join(action if count == 1 else f"{count} {action}" for action, count in counts.items())
            or "nothing"
        )


def _same_endpoint(source: str, location: str) -> str | None:
    """Return where *location* leads if that is another address of the same server's API, else None.

    The server is the same at the same scheme, host and port, or where it moved from http to https.
    """
    try:
        target = urljoin(source, location)
        old, new = urlsplit(source), urlsplit(target)
        old_port = old.port or _DEFAULT_PORTS.get(old.scheme)
        new_port = new.port or _DEFAULT_PORTS.get(new.scheme)
    except ValueError:
        return None
    if (
        target == source
        or old.hostname != new.hostname
        or "@" in new.netloc
        or not new.path.rstrip("/").endswith("/api")
    ):
        return None
    moved_to_https = (old.scheme, old_port, new.scheme, new_port) == ("http", 80, "https", 443)
    return target if moved_to_https or (old.scheme, old_port) == (new.scheme, new_port) else None


def _without_credentials(location: str) -> str:
    """Return *location* without what may be secret in it: a password, a query."""
    plain = location.partition("?")[0].partition("#")[0]
    return excerpt(re.sub(r"//[^/]*@", "//", plain).encode("utf-8", "replace"), 120)


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words, without addresses that may hold a proxy's password."""
    seen: set[int] = set()
    innermost = error
    while id(innermost) not in seen:
        seen.add(id(innermost))
        nested = [arg for arg in innermost.args if isinstance(arg, BaseException)]
        following = getattr(innermost, "reason", None)
        if isinstance(following, BaseException):
            nested.append(following)
        linked = innermost.__cause__ or innermost.__context__
        if not nested and linked is not None:
            nested.append(linked)
        if not nested:
            break
        innermost = nested[0]
    text = innermost.strerror if isinstance(innermost, OSError) and innermost.strerror else ""
    return text or re.sub(r"(?<!^)(?=[A-Z])", " ", type(innermost).__name__).lower()
