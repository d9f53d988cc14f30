"""Addresses that carry their own permission, as a real server's storage hands them out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

_SEPARATOR = b"\x1f"


class Signer:
    """Signs what an address permits; nobody without the secret can make another one."""

    def __init__(self, secret: bytes | None = None) -> None:
        """`secret` is random unless given, so that addresses end with the server that made them."""
        self._secret = secret or secrets.token_bytes(32)

    def sign(self, purpose: str, **permitted: str) -> str:
        """Return the signature for a purpose and everything the address says."""
        text = _SEPARATOR.join(
            part.encode("utf-8", "surrogatepass")
            for part in (purpose, *(f"{name}={permitted[name]}" for name in sorted(permitted)))
        )
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def verify(self, purpose: str, signature: str, **permitted: str) -> bool:
        """Whether a signature was made by :meth:`sign` for the same; compares in constant time."""
        expected = self.sign(purpose, **permitted).encode()
        return hmac.compare_digest(expected, signature.encode("utf-8", "surrogatepass"))


class Addresses:
    """Makes the addresses of component files below a server's own."""

    def __init__(self, signer: Signer, base_url: str) -> None:
        """`base_url` is the address a client reaches the server under, without a trailing slash."""
        self._signer = signer
        self._base_url = base_url

    def download(self, component_id: str) -> str:
        """Return where a component's file can be fetched. The address does not expire, so that equal
        queries get equal answers.
        """
        return self._signed("get", "component/get", {"id": component_id})

    def thumbnail(self, component_id: str) -> str:
        """Return where a component can be seen as a small picture."""
        return self._signed("thumbnail", "component/thumbnail", {"id": component_id})

    def upload(self, permitted: Mapping[str, str]) -> str:
        """Return where one upload, or one part of it, can be sent to with PUT."""
        return self._signed("upload", "component/upload", permitted)

    def _signed(self, purpose: str, path: str, permitted: Mapping[str, str]) -> str:
        query = {**permitted, "signature": self._signer.sign(purpose, **permitted)}
        return f"{self._base_url}/{path}?{urlencode(query)}"
