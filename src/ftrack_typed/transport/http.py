"""Batches of operations over HTTP.

wire: one endpoint, ``POST <server>/api``; the body is a JSON array of operations, the response a JSON array
of their results, or one error object for the whole batch.
"""

from __future__ import annotations

import copy
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from ftrack_typed.configuration import Configuration, Timeout
from ftrack_typed.errors import (
    ConfigurationTypeError,
    ConnectionClosedError,
    ConnectionFailedError,
    MalformedResponseError,
    RequestError,
    ServerError,
)
from ftrack_typed.transport.budget import Budgets
from ftrack_typed.transport.failures import failure
from ftrack_typed.transport.pacing import Attempts, RetryBudget, RetryPolicy, seconds_to_wait
from ftrack_typed.transport.pool import ConnectionPool
from ftrack_typed.transport.retries import Safety, is_transient, may_have_arrived, safety_of
from ftrack_typed.wire.decoding import decode_json, excerpt
from ftrack_typed.wire.encoding import dumps

logger: Final = logging.getLogger("ftrack_typed.transport")

Operations: TypeAlias = Sequence[Mapping[str, Any]]

_REQUEST_IDS = ("X-Request-ID", "X-Amzn-RequestId", "X-Amzn-Trace-Id", "CF-Ray")
"""Headers in which servers, and what commonly stands before them, name a request."""

_CREDENTIAL = re.compile(r"auth|cookie|key|password|secret|token", re.I)
_SHORTEST_SECRET = 6
"""Anything shorter is no secret, and blacking it out would spoil messages."""

_MOST_REDIRECTS = 3
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\[")


class HttpTransport:
    """Carries batches of operations to one server. May be used from several threads.

    Args:
        configuration: The server, the credentials and the manner of asking.
        retries: How what fails on the way is tried again.

    Attributes:
        server_url: URL of the server, without a trailing slash.
        timeout: As in `Configuration.timeout`; read on each call, so it may be changed at any time.
        budgets: How many calls each thread may still make.
        writes: How many batches were sent that may have changed something; what was read before may be untrue.
    """

    def __init__(self, configuration: Configuration, retries: RetryPolicy | None = None) -> None:
        given: object = RetryPolicy() if retries is None else retries
        if not isinstance(given, RetryPolicy):
            raise ConfigurationTypeError(
                f"retries takes a RetryPolicy, such as RetryPolicy(attempts=1) for none, not {given!r}.",
                setting="retries",
            )
        self._policy = given
        self._budget = RetryBudget(self._policy.budget)
        self.server_url: str = configuration.server_url
        self.timeout: Timeout = configuration.timeout
        self._endpoint = f"{configuration.server_url}/api"
        self._secrets = _secrets(configuration)
        self._closed = False
        self.budgets: Budgets = Budgets()
        self.writes: int = 0
        self._pool = ConnectionPool(configuration)

    def __repr__(self) -> str:
        return f"<HttpTransport {self.server_url}{' (closed)' if self._closed else ''}>"

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Close all connections, unless others share them. Calling it again does nothing."""
        if not self._closed:
            self._closed = True
            self._pool.release()

    def share(self) -> HttpTransport:
        """A transport with budgets and an end of its own, over the same connections.

        Raises:
            ConnectionClosedError: If the transport is closed.
        """
        self._require_open()
        self._pool.share()
        shared = copy.copy(self)
        shared.budgets = Budgets()
        return shared

    def attempts(self) -> Attempts:
        """Attempts for a call that may have to `send` several times."""
        return Attempts(self._policy, self._budget)

    def send(
        self,
        operations: Operations,
        reference: Callable[[Any], Any] | None = None,
        *,
        attempts: Attempts | None = None,
    ) -> bytes:
        """Send *operations* as one batch and return the body of the response, a JSON array.

        What fails on the way is tried again, as the table in `ftrack_typed.transport.retries` allows: a batch
        that writes only if the server surely did not carry it out.

        Args:
            operations: What to do; see `ftrack_typed.wire.payloads`.
            reference: Turns entities among the values into data, as for `ftrack_typed.wire.encoding.dumps`.
            attempts: Those of a longer call this is part of.

        Raises:
            ServerError: If the server reports an error; nothing of the batch was carried out then.
            MalformedResponseError: If the response is no JSON array and no error report.
            ConnectionFailedError: If there is no connection, or it breaks.
            RequestTimeoutError: If the server does not answer in time.
            ConnectionClosedError: If the transport is closed.
            BudgetExceededError: If this thread has no call left for it; nothing was sent then.
            UnencodableValueError: If a value cannot be sent; nothing was sent then.
        """
        self._require_open()
        payload = dumps(operations, reference)
        safe = safety_of(operations) is Safety.SAFE
        self.writes += not safe
        attempts = self.attempts() if attempts is None else attempts
        if not attempts.counted:
            self.budgets.spend()
            attempts.counted = True
        earlier = attempts.number
        started = time.perf_counter()
        outcome: object = "no response"
        try:
            while True:
                self._require_open()
                try:
                    body = self._attempt(operations, payload, attempts.begin())
                except RequestError as error:
                    outcome = "no response" if error.status is None else f"status {error.status}"
                    again = is_transient(error) and (safe or not may_have_arrived(error))
                    if not (again and attempts.wait(error)):
                        raise
                else:
                    attempts.succeed()
                    outcome = _Received(body)
                    return body
        finally:
            logger.debug(
                "%s: %d bytes sent, %s, attempts: %d, %.1f ms",
                _Summary(operations),
                len(payload),
                outcome,
                attempts.number - earlier,
                (time.perf_counter() - started) * 1000,
            )

    def _require_open(self) -> None:
        if self._closed:
            raise ConnectionClosedError()

    def _attempt(self, operations: Operations, payload: bytes, seconds: float | None) -> bytes:
        response = self._post(payload, _at_most(self.timeout, seconds))
        if response.status_code < 300 and _ARRAY.match(response.content):
            if not response.content.rstrip().endswith(b"]"):
                raise self._malformed(response)
            return response.content
        raise self._refusal(response, operations)

    def _post(self, payload: bytes, timeout: Timeout) -> requests.Response:
        endpoint = self._endpoint
        response = self._post_once(endpoint, payload, timeout)
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
            response = self._post_once(endpoint, payload, timeout)
        return response

    def _post_once(self, endpoint: str, payload: bytes, timeout: Timeout) -> requests.Response:
        try:
            response = self._pool.post(endpoint, payload, timeout)
        except (OSError, HTTPError) as error:  # those of requests are OSErrors
            if isinstance(error, requests.RequestException):
                error.request = None  # its headers hold the API key, and the error is kept as the cause
            raise failure(error, self.server_url, timeout) from error
        # urllib3 before version 2 takes a body that breaks off for a whole one.
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and response.raw.tell() < int(announced):
            raise ConnectionFailedError(
                f"The connection to {self.server_url} broke after {response.raw.tell()} of {announced} bytes.",
                sent=True,
            )
        return response

    def _redirected(self, response: requests.Response) -> MalformedResponseError:
        target = _without_credentials(response.headers["Location"])
        return MalformedResponseError(
            f"{self.server_url} redirects to {target!r}, which was not followed to keep the API key safe; "
            "if that is your server, pass its address as server_url.",
            status=response.status_code,
            content_type=response.headers.get("Content-Type"),
        )

    def _refusal(self, response: requests.Response, operations: Operations) -> ServerError:
        try:
            document = decode_json(response.content)
        except ValueError:
            return self._malformed(response)
        if isinstance(document, list):
            return self._malformed(response, "a list of results with an error status")
        from ftrack_typed.transport.replies import error_from_reply

        return error_from_reply(
            document,
            response.status_code,
            operations,
            secrets=self._secrets,
            request_id=self._request_id(response),
            retry_after=_retry_after(response),
        )

    def _malformed(self, response: requests.Response, what: str | None = None) -> MalformedResponseError:
        body, kind = response.content, response.headers.get("Content-Type")
        start = self._clean(excerpt(body))
        facts = f"{kind or 'no content type'}, {len(body)} bytes"
        hint = (
            " Is server_url right, or does a proxy or a login page stand in between?"
            if "html" in (kind or "").lower() or start.startswith("<")
            else ""
        )
        return MalformedResponseError(
            f"{self.server_url} answered with HTTP status {response.status_code} and "
            f"{what or 'something that is no ftrack response'} ({facts}): {start.rstrip('.') or 'empty body'}.{hint}",
            status=response.status_code,
            content_type=kind,
            excerpt=start,
            request_id=self._request_id(response),
            retry_after=_retry_after(response),
        )

    def _request_id(self, response: requests.Response) -> str | None:
        for name in _REQUEST_IDS:
            told = response.headers.get(name)
            if told:
                return self._clean(excerpt(told.encode("utf-8", "replace"), 100))
        return None

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


class _Received:
    """What came, in words; the rows are counted only where the log line is written."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __str__(self) -> str:
        try:
            results = decode_json(self._body)
        except ValueError:
            return f"{len(self._body)} bytes received"
        data = [result.get("data") if isinstance(result, dict) else None for result in results]
        rows = sum(len(found) if isinstance(found, list) else isinstance(found, dict) for found in data)
        return f"{rows} rows in {len(self._body)} bytes received"


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


def _at_most(timeout: Timeout, seconds: float | None) -> Timeout:
    """Return *timeout*, shortened to *seconds* where it is longer."""
    if seconds is None:
        return timeout
    if isinstance(timeout, tuple):
        connecting, reading = timeout
        return (
            seconds if connecting is None else min(connecting, seconds),
            seconds if reading is None else min(reading, seconds),
        )
    return seconds if timeout is None else min(timeout, seconds)


def _secrets(configuration: Configuration) -> tuple[str, ...]:
    """Texts that no message may show: the API key, cookies, and headers that sound like credentials."""
    texts = [value for name, value in configuration.headers.items() if _CREDENTIAL.search(name)]
    texts += configuration.cookies.values()
    return (configuration.api_key, *(text for text in texts if len(text) >= _SHORTEST_SECRET))


def _retry_after(response: requests.Response) -> float | None:
    return seconds_to_wait(response.headers.get("Retry-After"), time.time())
