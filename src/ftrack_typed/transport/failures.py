"""From what `requests` raises to this library's errors."""

from __future__ import annotations

import re
import ssl

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from ftrack_typed.configuration import Timeout
from ftrack_typed.errors import ConnectionFailedError, RequestTimeoutError, TransportError


def failure(error: Exception, server_url: str, timeout: Timeout) -> TransportError:
    """Return the error for an exception that ended an attempt before there was a whole response."""
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        # `requests` finds no certificates where REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE says they are.
        return ConnectionFailedError(f"No request to {server_url}: {error}.", sent=False, permanent=True)
    root = error.args[0] if error.args else None
    if isinstance(error, requests.Timeout) or isinstance(root, ReadTimeoutError):
        connecting = isinstance(error, requests.ConnectTimeout)
        return RequestTimeoutError(
            f"{server_url} did not answer in time (timeout: {timeout} seconds).", sent=not connecting
        )
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return ConnectionFailedError(
            f"No secure connection to {server_url}: {_reason(error)}.", sent=False, permanent=True
        )
    if isinstance(error, requests.ConnectionError):
        return ConnectionFailedError(
            f"No connection to {server_url}: {_reason(error)}.", sent=False if _refused(error) else None
        )
    broke = isinstance(
        error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
    )
    if broke or not isinstance(error, requests.RequestException):
        return ConnectionFailedError(
            f"The request to {server_url} failed: {_reason(error)}.", sent=True if broke else None
        )
    return ConnectionFailedError(
        f"The request to {server_url} failed: {_reason(error)}.", sent=False, permanent=True
    )


def _refused(error: BaseException) -> bool:
    """Whether there never was a connection."""
    return any(isinstance(cause, (NewConnectionError, ConnectTimeoutError)) for cause in _causes(error))


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it wraps, outermost first."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and all(following is not seen for seen in chain):
        chain.append(following)
        nested = [arg for arg in following.args if isinstance(arg, BaseException)]
        reason = getattr(following, "reason", None)
        if isinstance(reason, BaseException):
            nested.append(reason)
        linked = following.__cause__ or following.__context__
        if not nested and linked is not None:
            nested.append(linked)
        following = nested[0] if nested else None
    return chain


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words, without addresses that may hold a proxy's password."""
    innermost = _causes(error)[-1]
    text = innermost.strerror if isinstance(innermost, OSError) and innermost.strerror else ""
    return text or re.sub(r"(?<!^)(?=[A-Z])", " ", type(innermost).__name__).lower()
