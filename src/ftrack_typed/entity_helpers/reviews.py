"""Review sessions: what is shown, to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ftrack_typed.entity_helpers.base import Generic, Helpers, keys_of
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

ObjectT = TypeVar("ObjectT", bound="Entity")
InviteeT = TypeVar("InviteeT", bound="Entity")
VersionT = TypeVar("VersionT", bound="Entity")


class ReviewHelpers(Helpers, Generic[ObjectT, InviteeT, VersionT]):
    """Of review sessions."""

    __slots__ = ()

    def create_object(
        self, version: VersionT, name: str | None = None, description: str = "", label: str | None = None
    ) -> ObjectT:
        """Show an asset version in this review session; the next commit sends it.

        Args:
            version: The asset version. Its name and number are loaded where they are needed and missing.
            name: What it is called there; the name of its asset when omitted.
            description: What to look at.
            label: Which version it is, in words; ``"Version 3"`` when omitted.

        Raises:
            EntityTypeError: for anything but an asset version.
        """
        session = self._session
        (key,) = keys_of(session, [version], "AssetVersion")
        if name is None or label is None:
            session.prefetch(session._own(version), "version", "asset.name")
        shown: Any = session._own(version)
        data = {
            "review_session": self._entity,
            "version_id": key,
            "name": _text(shown["asset"] and shown["asset"]["name"]) if name is None else name,
            "description": description,
            "version": _label(shown["version"]) if label is None else label,
        }
        made = session.create("ReviewSessionObject", data)
        self._read_anew("review_session_objects")
        return cast("ObjectT", made)

    def create_invitee(self, name: str, email: str) -> InviteeT:
        """Have somebody take part in this review session; the next commit sends it, :meth:`send_invites` the mail."""
        data = {"review_session": self._entity, "name": name, "email": email}
        made = self._session.create("ReviewSessionInvitee", data)
        self._read_anew("review_session_invitees")
        return cast("InviteeT", made)

    def send_invites(self, invitees: Iterable[InviteeT] | None = None) -> None:
        """Have the server invite people to this review session by mail; they must be committed.

        Args:
            invitees: Whom; everybody who takes part when omitted, which may cost a request to find out.
        """
        session = self._session
        if invitees is None:
            session.prefetch(self._entity, "review_session_invitees.id")
            session.send_review_session_invites(list(self._entity["review_session_invitees"]))
        else:
            session.send_review_session_invites(list(invitees))


class InviteeHelpers(Helpers):
    """Of those who take part in review sessions."""

    __slots__ = ()

    def send_invite(self) -> None:
        """Have the server invite them by mail; they must be committed."""
        self._session.send_review_session_invite(self._entity)


def _text(value: Any) -> str:
    return "" if value is None or value is NOT_SET else str(value)


def _label(number: Any) -> str:
    text = _text(number)
    return f"Version {text}" if text else ""
