"""Invitations: instead of being mailed they land in an outbox one can read (wire: invitations)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ftrack_local.compile.sources import column_of
from ftrack_local.errors import MalformedRequestError, ValidationError
from ftrack_local.writes.rows import Row

from .extension import Action, Extension, Finish, OpenBatch

MAX_MESSAGES = 10_000
"""Most invitations kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as it would have been mailed."""

    kind: str
    """`user` or `review_session`."""
    email: str
    name: str
    """Of the person invited."""
    entity_id: str
    """Key of the User or ReviewSessionInvitee."""
    url: str
    """Where the person is asked to go."""
    sent_by: str
    """Name of the user who had it sent."""
    sent_at: str
    """UTC, as `YYYY-MM-DDTHH:MM:SS`."""


class Outbox:
    """Invitations the server has sent, oldest first; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[Invitation] = []

    @property
    def messages(self) -> tuple[Invitation, ...]:
        """Everything sent so far."""
        with self._lock:
            return tuple(self._messages)

    def send(self, invitation: Invitation) -> None:
        """Keep an invitation."""
        with self._lock:
            self._messages.append(invitation)
            del self._messages[:-MAX_MESSAGES]

    def clear(self) -> None:
        """Forget everything sent so far."""
        with self._lock:
            self._messages.clear()


class Invitations(Extension):
    """The operations `send_user_invite` and `send_review_session_invite`."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def actions(self) -> Mapping[str, Action]:
        """Return the operations."""
        return {
            "send_user_invite": self.send_user_invite,
            "send_review_session_invite": self.send_review_session_invite,
        }

    def writing(self) -> frozenset[str]:
        """An invitee keeps when the invitation was sent."""
        return frozenset({"send_review_session_invite"})

    def send_user_invite(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Invite a user to the site."""
        row = _row(batch, "User", operation, "user_id")
        names = (_text(row, "first_name"), _text(row, "last_name"))
        name = " ".join(part for part in names if part) or _text(row, "username")
        return self._send(batch, "user", row, name, "/signin")

    def send_review_session_invite(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Invite a person to a review session."""
        row = _row(batch, "ReviewSessionInvitee", operation, "review_session_invitee_id")
        if "last_sent_at" in row.entity.attributes:
            now = {"__type__": "datetime", "value": batch.writes.filler.now}
            batch.writes.update(row.entity.name, list(row.key), {"last_sent_at": now})
        path = f"/review/{_text(row, 'review_session_id')}"
        return self._send(batch, "review_session", row, _text(row, "name"), path)

    def _send(self, batch: OpenBatch, kind: str, row: Row, name: str, path: str) -> Finish:
        email = _text(row, "email")
        if not email:
            raise ValidationError(f"{row.entity.name} {row.key[0]} has no `email` to send an invitation to.")
        invitation = Invitation(
            kind,
            email,
            name,
            str(row.key[0]),
            f"{batch.caller.base_url}{path}",
            batch.caller.username,
            batch.writes.filler.now,
        )
        batch.after_commit.append(lambda: self._outbox.send(invitation))
        return lambda: {"sent": True}


def _row(batch: OpenBatch, type_name: str, operation: Mapping[str, Any], field: str) -> Row:
    key = operation.get(field)
    if not isinstance(key, str):
        raise MalformedRequestError(f"A {operation['action']} needs its `{field}` as text.")
    rows = batch.writes.rows
    if type_name not in rows.model.types:
        raise ValidationError(f"The schema has no type {type_name}.")
    return rows.get(rows.model.types[type_name], (key,))


def _text(row: Row, name: str) -> str:
    if name not in row.entity.attributes:
        return ""
    return str(row.values.get(column_of(row.entity, name)) or "")
