"""The credentials of a request."""

from __future__ import annotations

from requests import PreparedRequest
from requests.auth import AuthBase

from ftrack_typed.configuration import require_header_text


class SessionAuthentication(AuthBase):
    """Signs requests with a user's API key; usable with `requests` wherever it takes ``auth=``.

    wire: headers ``ftrack-user`` (the user name, not the id) and ``ftrack-api-key``.

    Args:
        api_key: A personal or global key.
        api_user: The user name.

    Raises:
        ConfigurationValueError: If one of them contains a line break or another control character.
    """

    def __init__(self, api_key: str, api_user: str) -> None:
        require_header_text("api_key", api_key)
        require_header_text("api_user", api_user)
        self.api_key = api_key
        self.api_user = api_user

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the headers to *r* and return it."""
        headers: dict[str, str | bytes] = {
            "ftrack-api-key": header_value(self.api_key),
            "ftrack-user": header_value(self.api_user),
        }
        r.headers.update(headers)  # type: ignore[arg-type]  # requests sends bytes as they are
        return r

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SessionAuthentication):
            return NotImplemented
        return (self.api_key, self.api_user) == (other.api_key, other.api_user)

    def __hash__(self) -> int:
        return hash((self.api_key, self.api_user))

    def __repr__(self) -> str:
        return f"SessionAuthentication(api_key='***', api_user={self.api_user!r})"


def header_value(text: str) -> str | bytes:
    """Return *text* as HTTP can carry it: beyond latin-1 that is its UTF-8 bytes."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
    return text
