"""The occasions a session tells plugins of: events that only its own hub hears, handled before the call returns.

A session whose hub nobody has asked for yet has no subscribers; nothing is published then, and events are not even
imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from ftrack_typed.errors import EntityExtensionError

if TYPE_CHECKING:
    from ftrack_typed.events import EventHub
    from ftrack_typed.session import Session

CONSTRUCT_ENTITY_TYPE: Final = "ftrack.api.session.construct-entity-type"
"""Data: `schema` of one entity type, `schemas` of all; the answer is the class to use, None for the usual one."""
CONFIGURE_LOCATION: Final = "ftrack.api.session.configure-location"
"""Data: `session`. Told at the start and after each reset."""
READY: Final = "ftrack.api.session.ready"
"""Data: `session`. Told once, when it has started."""
RESET: Final = "ftrack.api.session.reset"
"""Data: `session`. Told after each reset."""
FILE_TYPE: Final = "ftrack.api.session.get-file-type-from-string"
"""Data: `file_path`; the answer is the file type with its dot, None for the usual one."""


def construct_entity_types(session: Session) -> None:
    """Ask for the class of each entity type of the server, and use what is answered.

    Raises:
        EntityExtensionError: when several answer for one type, or with no class that can be used.
    """
    hub = _hub(session)
    if hub is None or not hub.has_subscribers(CONSTRUCT_ENTITY_TYPE):
        return
    schemas = session.schemas
    for schema in schemas:
        data = {"schema": schema, "schemas": schemas}
        answers = [one for one in _publish(hub, CONSTRUCT_ENTITY_TYPE, data) if one is not None]
        name = str(schema.get("id"))
        if len(answers) > 1:
            offered = ", ".join(getattr(one, "__name__", repr(one)) for one in answers)
            raise EntityExtensionError(
                name,
                f"Several plugins answered {CONSTRUCT_ENTITY_TYPE} for {name}: {offered}. One class can be used; "
                f"add methods with session.types.extend({name!r}, …) instead.",
            )
        if answers and name in session.types:
            session.types[name] = answers[0]


def configure_locations(session: Session) -> None:
    """Have plugins configure locations."""
    _tell(session, CONFIGURE_LOCATION, {"session": session})


def tell_ready(session: Session) -> None:
    """Tell that the session has started."""
    _tell(session, READY, {"session": session})


def tell_reset(session: Session) -> None:
    """Tell that the session was reset."""
    _tell(session, RESET, {"session": session})


def file_type(session: Session, file_path: str) -> str:
    """The file type of a path: what a plugin says it is, else its suffix; with the dot, empty for none."""
    answers = _tell(session, FILE_TYPE, {"file_path": file_path})
    return next((one for one in answers if isinstance(one, str)), PurePath(file_path).suffix)


def _hub(session: Session) -> EventHub | None:
    """The hub of a session, None when nobody has asked for it yet."""
    return session._hub


def _tell(session: Session, topic: str, data: Mapping[str, Any]) -> list[Any]:
    hub = _hub(session)
    return [] if hub is None or not hub.has_subscribers(topic) else _publish(hub, topic, data)


def _publish(hub: EventHub, topic: str, data: Mapping[str, Any]) -> list[Any]:
    from ftrack_typed.events import Event

    return hub.publish(Event(topic, data=dict(data)), synchronous=True)
