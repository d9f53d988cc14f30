"""What servers do for the accounts of users."""

from __future__ import annotations

from ftrack_typed.entity_helpers.base import Helpers


class AccountHelpers(Helpers):
    """Of users."""

    __slots__ = ()

    def send_invite(self) -> None:
        """Have the server invite this user by mail; the user must be committed."""
        self._session.send_user_invite(self._entity)

    def reset_api_key(self) -> str:
        """Give this user a new API key and return it; the old one ends."""
        return self._session.reset_api_key(self._entity)
