"""Actions of the server beside reading and writing: invitations, widgets, resets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity.checking import checked_entity
from ftrack_typed.errors import EntityTypeError, MalformedResponseError, ServerCompatibilityError, ServerError
from ftrack_typed.inspection import primary_key

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.session import Session


def send_user_invites(session: Session, users: Sequence[Entity]) -> None:
    """Invite users by mail (wire: protocol 4, ``send_user_invite``), in one request."""
    _send_each(session, "send_user_invite", "user_id", "User", users)


def send_review_session_invites(session: Session, invitees: Sequence[Entity]) -> None:
    """Invite people to review sessions by mail (wire: ``send_review_session_invite``), in one request."""
    _send_each(
        session, "send_review_session_invite", "review_session_invitee_id", "ReviewSessionInvitee", invitees
    )


def _send_each(session: Session, action: str, field: str, type_name: str, entities: Sequence[Entity]) -> None:
    for entity in entities:
        if checked_entity(entity, "Inviting").entity_type != type_name:
            raise EntityTypeError(f"An invitation needs a {type_name}, not {entity!r}.")
    operations = [{"action": action, field: primary_key(entity)["id"]} for entity in entities]
    if operations:
        _call(session, operations)


def widget_url(session: Session, name: str, entity: Entity | None, theme: str | None) -> str:
    """The address of a widget (wire: ``get_widget_url``)."""
    operation: dict[str, Any] = {"action": "get_widget_url", "name": name, "theme": theme}
    if entity is not None:
        operation["entity_type"] = checked_entity(entity, "get_widget_url").entity_type
        operation["entity_key"] = list(primary_key(entity).values())
    return str(_part(_call(session, [operation]), "get_widget_url", "widget_url"))


def reset_remote(session: Session, reset_type: str, entity: Entity | None) -> Any:
    """Have the server reset something (wire: ``reset_remote``, whose key is a bare text)."""
    operation: dict[str, Any] = {"action": "reset_remote", "reset_type": reset_type}
    if entity is not None:
        operation["entity_type"] = checked_entity(entity, "reset_remote").entity_type
        (operation["entity_key"],) = primary_key(entity).values()
    return _part(_call(session, [operation]), "reset_remote", "data")


def _call(session: Session, operations: list[dict[str, Any]]) -> list[Any]:
    """Send actions that older servers don't know.

    Raises:
        ServerCompatibilityError: when the server says so.
    """
    action = operations[0]["action"]
    try:
        return session.call(operations)
    except ServerError as error:
        text = str(error).lower()
        if "invalid action" in text and action in text:
            raise ServerCompatibilityError(
                f"The server {session.server_information.get('version', '')} can't {action}; use a newer one."
            ) from error
        raise


def _part(results: list[Any], action: str, name: str) -> Any:
    first = results[0] if results else None
    if not isinstance(first, dict) or name not in first:
        raise MalformedResponseError(f"The server answered {action} without {name}.", excerpt="")
    return first[name]
