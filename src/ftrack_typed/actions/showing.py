"""Showing something to a user who has not started an action just now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ftrack_typed.actions.replies import Form, Message, Widget, reply_to_wire
from ftrack_typed.events import Event
from ftrack_typed.events.expressions import All, Condition

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.events import Publication
    from ftrack_typed.session import Session

TOPIC: Final = "ftrack.action.trigger-user-interface"
_WEB: Final = "ftrack.client.web"


def show(session: Session, user: Entity | str, what: Message | Form | Widget | str) -> Publication:
    """Show a message, form or page in the web interface of a user, wherever it is open.

    wire: an event for ``applicationId=ftrack.client.web and user.id=…``, with data as of the reply to a launch and its
    `type`.

    Args:
        session: Whose hub publishes it.
        user: The user, or its id.
        what: What is shown; a text is a message.

    Returns:
        What became of the event; nobody tells whether it was seen.
    """
    identifier = user if isinstance(user, str) else str(user["id"])
    target = All([Condition("applicationId", "=", _WEB), Condition("user.id", "=", identifier)])
    is_message = isinstance(what, (Message, str))
    data = {"type": "message" if is_message else "widget", **reply_to_wire(what, "")}
    return session.event_hub.publish(Event(TOPIC, data=data, target=str(target)))
