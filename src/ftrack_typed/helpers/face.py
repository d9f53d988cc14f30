"""The helpers of a session's face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.session import Session

E = TypeVar("E", bound="Entity")
T = TypeVar("T")


class Helpers:
    """A base of the session: methods that need no more of it than its public half."""

    @property
    def _session(self) -> Session:
        return cast("Session", self)

    @overload
    def ensure(
        self,
        entity_type: type[E],
        data: Mapping[str, Any],
        identifying_keys: Iterable[str] | None = None,
    ) -> E: ...
    @overload
    def ensure(
        self, entity_type: str, data: Mapping[str, Any], identifying_keys: Iterable[str] | None = None
    ) -> Any: ...
    def ensure(
        self, entity_type: Any, data: Mapping[str, Any], identifying_keys: Iterable[str] | None = None
    ) -> Any:
        """The entity with these values: the server's, updated where it differs, or a new one.

        Commits, with everything else that is recorded, when something had to be made or changed, and only then.

        Args:
            entity_type: Class or wire id.
            data: Values by wire name; also entities, metadata and custom attributes.
            identifying_keys: Names in `data` that tell which entity is meant; all that hold a plain value or an
                entity when omitted.

        Raises:
            QueryError: when nothing in `data` identifies an entity; also a `ValueError`.
            UnknownAttributeError: when the type has no such attribute, or `data` lacks an identifying key; also a
                `KeyError`.
            MultipleResultsFoundError: when several entities are meant; nothing is changed then.
        """
        from ftrack_typed.helpers import ensuring

        session = self._session
        cls = session._class(entity_type)
        return ensuring.ensure(session, cls, session._named(cls, data), identifying_keys)

    def merge(self, value: T) -> T:
        """This session's counterpart of an entity of another session, a copy, or a decoded one.

        What it holds is taken over as if the server had sent it, with everything it leads to; changes made here stay
        on top, changes made there and not committed stay there. Collections and lists become lists, metadata and
        custom attributes dictionaries; any other value is returned as it is. Asks the server nothing.

        Raises:
            InvalidStateError: for an entity that exists only in its own session so far.
        """
        from ftrack_typed.helpers import merging

        return cast("T", merging.merge(self._session, value))

    # -- what else servers do ----------------------------------------------------------------------

    def send_user_invite(self, user: Entity) -> None:
        """Have the server invite a user by mail; it must be committed."""
        self.send_user_invites([user])

    def send_user_invites(self, users: Sequence[Entity]) -> None:
        """Have the server invite users by mail, in one request."""
        from ftrack_typed.helpers import remote

        remote.send_user_invites(self._session, users)

    def send_review_session_invite(self, invitee: Entity) -> None:
        """Have the server invite somebody to a review session by mail; the invitee must be committed."""
        self.send_review_session_invites([invitee])

    def send_review_session_invites(self, invitees: Sequence[Entity]) -> None:
        """Have the server invite several people to review sessions by mail, in one request."""
        from ftrack_typed.helpers import remote

        remote.send_review_session_invites(self._session, invitees)

    def get_widget_url(self, name: str, entity: Entity | None = None, theme: str | None = None) -> str:
        """The address under which a browser shows a widget of the server; it is good for some minutes.

        Args:
            name: Widget, such as ``"info"`` or ``"tasks"``.
            entity: What it shows, for widgets that show something.
            theme: ``"light"`` or ``"dark"``; the server's choice when omitted.
        """
        from ftrack_typed.helpers import remote

        return remote.widget_url(self._session, name, entity, theme)

    def reset_remote(self, reset_type: str, entity: Entity | None = None) -> Any:
        """Have the server reset something, and return what it made instead.

        Args:
            reset_type: What to reset, such as ``"api_key"``.
            entity: Whose.

        Raises:
            ServerError: when that can't be reset.
        """
        from ftrack_typed.helpers import remote

        return remote.reset_remote(self._session, reset_type, entity)

    def reset_api_key(self, user: Entity) -> str:
        """Give a user a new API key and return it; the old one ends."""
        return str(self.reset_remote("api_key", user)["api_key"])
