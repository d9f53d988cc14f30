"""Sessions, and what the scenarios share."""

import os
import uuid
from typing import Any

import ftrack_api  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"
"""Key of the location ftrack.server, the same on every server."""
SECONDS = 20
"""How long a scenario waits for anything."""


def connect(**options: Any) -> Any:
    """Open a session as the API user of the server."""
    settings = {
        "server_url": os.environ["FTRACK_SERVER"],
        "api_key": os.environ["FTRACK_API_KEY"],
        "api_user": os.environ["FTRACK_API_USER"],
        "schema_cache_path": False,
        "plugin_paths": [],
        "auto_connect_event_hub": False,
    }
    return ftrack_api.Session(**{**settings, **options})


def again(session: Any, entity: Any) -> Any:
    """Give the entity as a session sees it that holds nothing yet."""
    session.reset()
    return session.get(entity.entity_type, list(ftrack_api.inspection.primary_key(entity).values()))


def unique(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex[:8]}"


def new_task(session: Any, **data: Any) -> Any:
    shot = session.query("Shot").first()
    return session.create("Task", {"name": unique("task"), "parent": shot, **data})


def me(session: Any) -> Any:
    return session.query(f'User where username is "{session.api_user}"').one()


def refused(action: Any) -> str:
    """Name the client's exception an action ends in."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return ""
