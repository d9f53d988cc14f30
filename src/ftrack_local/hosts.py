"""Names a server goes by: which addresses only this machine reaches, which names a request may use."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from .errors import LocalServerError


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach an address or name."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def host_of(header: str) -> str:
    """Return the name in a `Host` header, without its port and in lower case."""
    try:
        return (urlsplit(f"//{header.strip()}").hostname or "").rstrip(".")
    except ValueError:
        return ""


class KnownHosts:
    """Says under which names a server answers.

    A web page can have its own name resolve to this machine and then pass for the server's own page
    (DNS rebinding); a server on loopback therefore answers to loopback names and those it was given.
    """

    def __init__(self, listening: str, allowed: Iterable[str] = ()) -> None:
        """`listening` is the address the server listens on, `allowed` are further names it goes by.

        A server that other machines reach answers to any name, unless it was given some.
        """
        self._allowed = frozenset(name.strip("[]").rstrip(".").lower() for name in allowed)
        self._any = not is_loopback(listening) and not self._allowed

    def __contains__(self, header: object) -> bool:
        """Whether a `Host` header names this server."""
        if self._any:
            return True
        name = host_of(header) if isinstance(header, str) else ""
        return name in self._allowed or (name != "" and is_loopback(name))


def check_origin(origin: str) -> str:
    """Return an origin as browsers send it; raise :class:`LocalServerError` when it is none."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        raise LocalServerError(f"{origin!r} is no origin; its port is no number up to 65535.") from None
    plain = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    if not plain or parts.path not in ("", "/") or parts.username is not None or "*" in origin:
        raise LocalServerError(f"{origin!r} is no origin; write it like http://localhost:3000, or * for any.")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in (None, standard) else f":{port}")
