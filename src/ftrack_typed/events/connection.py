"""One connection to the event server: a handshake over HTTP, then a websocket."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests
import requests.utils
import websocket

from ftrack_typed.errors import EventHubConnectionError
from ftrack_typed.events import packets
from ftrack_typed.transport.authentication import SessionAuthentication, header_value

_CLOSING_SECONDS = 1.0
_DATA = (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY)


@dataclass(frozen=True)
class Endpoint:
    """Where to connect, and as whom."""

    url: str
    """``http`` or ``https`` URL of the server, without a path."""
    credentials: SessionAuthentication
    """User and key; sent with the handshake only."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further headers of handshake and websocket."""
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Cookies of handshake and websocket."""
    timeout: float = 60.0
    """Seconds each step may take."""

    def open(self) -> Connection:
        """Connect.

        Raises:
            EventHubConnectionError: when that fails; its cause is the error beneath.
        """
        sid, cookies = self._handshake()
        url = f"ws{self.url.removeprefix('http')}/socket.io/1/websocket/{quote(sid, safe='')}"
        try:
            socket = websocket.create_connection(
                url,
                timeout=self.timeout,
                header=[f"{name}: {value}" for name, value in self.headers.items()],
                cookie="; ".join(f"{name}={value}" for name, value in cookies.items()) or None,
                skip_utf8_validation=True,
                sslopt=_trusted(),
                **_proxy(self.url),
            )
        except Exception as error:
            raise EventHubConnectionError(
                f"No websocket to the event server at {self.url}: {_told(error, sid)}"
            ) from None
        return Connection(socket, self.url)

    def _handshake(self) -> tuple[str, dict[str, str]]:
        """The id of a new connection, and the cookies to open it with (wire: handshake)."""
        try:
            response = requests.get(
                f"{self.url}/socket.io/1/",
                headers={name: header_value(value) for name, value in self.headers.items()},
                cookies=dict(self.cookies),
                auth=self.credentials,
                timeout=self.timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError, ValueError) as error:
            if isinstance(error, requests.RequestException):
                error.request = None  # its headers hold the API key, and the error is kept as the cause
            raise EventHubConnectionError(
                f"The event server at {self.url} can't be reached: {_told(error)}"
            ) from error
        if response.status_code != 200:
            hint = " Are user name and API key right?" if response.status_code in (401, 403) else ""
            raise EventHubConnectionError(
                f"The event server at {self.url} answered with HTTP status {response.status_code}.{hint}",
                {"status": response.status_code},
            )
        sid, *others = response.text.strip().split(":")
        if len(others) < 3 or not sid:
            raise EventHubConnectionError(
                f"What answered at {self.url} is no event server: its handshake can't be read."
            )
        if "websocket" not in others[2].split(","):
            raise EventHubConnectionError(
                f"The event server at {self.url} offers no websocket, only {others[2][:60]!r}."
            )
        return sid, {**self.cookies, **response.cookies.get_dict()}


class Connection:
    """An open websocket; used by one thread, save for `interrupt`."""

    def __init__(self, socket: websocket.WebSocket, url: str) -> None:
        self._socket = socket
        self._url = url

    def limit(self, seconds: float) -> None:
        """Have each step of receiving and sending take so many seconds at most."""
        self._socket.settimeout(seconds)

    def fileno(self) -> int:
        """The socket, to wait for it becoming readable."""
        sock = self._socket.sock
        return -1 if sock is None else sock.fileno()

    def buffered(self) -> bool:
        """Whether something has been received that waiting for the socket would not tell of."""
        pending = getattr(self._socket.sock, "pending", None)
        return pending is not None and pending() > 0

    def receive(self) -> str | bytes | None:
        """The next frame; None for one without data, which is a sign of life nonetheless.

        Raises:
            EventHubConnectionError: when the connection is gone, or a frame does not come to its end in time.
        """
        try:
            code, frame = self._socket.recv_data_frame(control_frame=True)
        except Exception as error:
            raise self._gone(_told(error)) from None
        if code == websocket.ABNF.OPCODE_CLOSE:
            raise self._gone("the server closed it")
        if code not in _DATA:
            return None
        data: str | bytes = frame.data
        return data

    def send(self, frame: str) -> None:
        """Send a frame.

        Raises:
            EventHubConnectionError: when the connection is gone, or does not take it in time.
        """
        try:
            self._socket.send(frame)
        except Exception as error:
            raise self._gone(_told(error)) from None

    def interrupt(self) -> None:
        """Have the thread that uses it find it gone. May be called by any thread."""
        socket = self._socket.sock
        if socket is not None:
            with contextlib.suppress(OSError):  # gone already
                socket.shutdown(SHUT_RDWR)

    def close(self) -> None:
        """Say goodbye and close."""
        with contextlib.suppress(Exception):  # whoever can't be told needs no goodbye
            self._socket.settimeout(_CLOSING_SECONDS)
            self._socket.send(packets.GOODBYE)
            self._socket.close(timeout=_CLOSING_SECONDS)
        self.abandon()

    def abandon(self) -> None:
        """Let go of the socket without a word."""
        self._socket.shutdown()  # type: ignore[no-untyped-call]

    def _gone(self, why: str) -> EventHubConnectionError:
        return EventHubConnectionError(f"The connection to the event server at {self._url} broke: {why}")


def _told(error: BaseException, secret: str | None = None) -> str:
    text = str(error) or type(error).__name__
    return text if secret is None else text.replace(secret, "***")


def _trusted() -> dict[str, Any]:
    """The certificates `requests` would trust."""
    bundle = (
        os.environ.get("REQUESTS_CA_BUNDLE")
        or os.environ.get("CURL_CA_BUNDLE")
        or requests.utils.DEFAULT_CA_BUNDLE_PATH
    )
    return {"ca_cert_path" if os.path.isdir(bundle) else "ca_certs": bundle}  # noqa: PTH112


def _proxy(url: str) -> dict[str, Any]:
    """The proxy `requests` would use."""
    chosen = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url, no_proxy=None))
    if not chosen:
        return {"http_no_proxy": ["*"]}
    parts = urlsplit(chosen if "://" in chosen else f"http://{chosen}")
    options: dict[str, Any] = {
        "http_proxy_host": parts.hostname,
        "http_proxy_port": parts.port or 80,
        "proxy_type": parts.scheme if parts.scheme.startswith("socks") else "http",
        # It has been decided that this host goes through the proxy; the environment is not asked again.
        "http_no_proxy": ["none.invalid"],
    }
    if parts.username:
        options["http_proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    return options
