"""What an event may carry (wire: event envelope)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

KEYS = ("id", "topic", "data", "target", "source", "sent", "inReplyToEvent")
"""All keys of an event. Python clients drop events that have any other."""


class EnvelopeError(ValueError):
    """An event that cannot be passed on; the text tells its publisher why."""


def normalise(event: Any, user_id: str, username: str) -> dict[str, Any]:
    """Return an event as it is passed on: the known keys, and a source that names the publisher.

    Raises:
        EnvelopeError: It is no event.
    """
    if not isinstance(event, Mapping):
        raise EnvelopeError("An event is an object with a `topic`.")
    topic = event.get("topic")
    if not isinstance(topic, str) or not topic:
        raise EnvelopeError("An event needs its `topic` as text.")
    target = event.get("target")
    if target is not None and not isinstance(target, str):
        raise EnvelopeError("The `target` of an event is an expression as text.")
    source = event.get("source")
    if source is not None and not isinstance(source, Mapping):
        raise EnvelopeError("The `source` of an event is an object.")
    envelope = {key: event.get(key) for key in KEYS}
    envelope["id"] = envelope["id"] or uuid4().hex
    envelope["target"] = target or ""
    envelope["data"] = {} if envelope["data"] is None else envelope["data"]
    envelope["source"] = _source(source or {}, user_id, username)
    return envelope


def _source(source: Mapping[str, Any], user_id: str, username: str) -> dict[str, Any]:
    """Add the user's id. A client may publish in another user's name, as relays do; then it stays as it is."""
    given = source.get("user")
    user = dict(given) if isinstance(given, Mapping) else {}
    user.setdefault("username", username)
    if user["username"] == username:
        user["id"] = user_id
    return {**source, "user": user}
