"""One event, as handlers see it and as it travels."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

from typing_extensions import Self

from ftrack_typed.errors import EventHubError, EventHubPacketError, EventKeyError, suggestion

_KEYS = ("id", "data", "topic", "sent", "source", "target", "in_reply_to_event")

ON_WIRE: Mapping[str, str] = MappingProxyType({"in_reply_to_event": "inReplyToEvent"})
"""Keys of an event that are called otherwise where it travels (wire: event envelope)."""
FROM_WIRE: Mapping[str, str] = MappingProxyType({wire: key for key, wire in ON_WIRE.items()})
"""The same, the other way round."""


class Event(MutableMapping[str, Any]):
    """Something that happened: a mapping of exactly seven keys, which are attributes too.

    Values may be changed; keys can be neither added nor removed. Two events are equal when their content is.

    Args:
        topic: What it is about, such as ``"ftrack.update"``.
        id: Its identity; a new one when omitted.
        data: What there is to say; anything JSON can hold. An empty dictionary when omitted.
        sent: When it was sent, if that is known.
        source: Who publishes it: ``id`` of the hub, ``user``, ``host``. Completed when it is published.
        target: Expression that a subscriber's metadata has to match to be told; everybody when empty.
        in_reply_to_event: Id of the event this one answers.
    """

    extra: dict[str, Any]
    """What else came with the event: keys this library does not know."""

    def __init__(
        self,
        topic: str,
        id: str | None = None,
        data: Any = None,
        sent: Any = None,
        source: Mapping[str, Any] | None = None,
        target: str | None = "",
        in_reply_to_event: str | None = None,
    ) -> None:
        self._data: dict[str, Any] = {
            "id": id or uuid.uuid4().hex,
            "data": {} if data is None else data,
            "topic": topic,
            "sent": sent,
            "source": {} if source is None else source,
            "target": target,
            "in_reply_to_event": in_reply_to_event,
        }
        self.extra = {}
        self._stopped = False

    # -- a mapping ---------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        try:
            return self._data[key]
        except KeyError:
            raise self._unknown(key) from None

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self._data:
            raise self._unknown(key)
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        raise EventHubError(f"{key!r} can't be removed from an event; its keys are fixed.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"<{type(self).__name__} {self._data!r}>"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.topic!r} {self.id}>"

    @staticmethod
    def _unknown(key: object) -> EventKeyError:
        return EventKeyError(
            f"An event has no key {key!r}; it has {', '.join(_KEYS)}.{suggestion(str(key), _KEYS)}", key=key
        )

    # -- attributes --------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """Its identity."""
        return self._data["id"]  # type: ignore[no-any-return]

    @property
    def topic(self) -> str:
        """What it is about."""
        return self._data["topic"]  # type: ignore[no-any-return]

    @property
    def data(self) -> Any:
        """What there is to say, usually a dictionary."""
        return self._data["data"]

    @property
    def sent(self) -> Any:
        """When it was sent, where that is told."""
        return self._data["sent"]

    @property
    def source(self) -> Any:
        """Who published it, usually a dictionary of ``id``, ``user`` and ``host``."""
        return self._data["source"]

    @property
    def target(self) -> str | None:
        """Expression for the metadata of subscribers; everybody when empty."""
        return self._data["target"]  # type: ignore[no-any-return]

    @property
    def in_reply_to_event(self) -> str | None:
        """Id of the event this one answers, None when it is no reply."""
        return self._data["in_reply_to_event"]  # type: ignore[no-any-return]

    # -- handling ----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Let no later subscriber of this hub have the event."""
        self._stopped = True

    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    # -- travelling --------------------------------------------------------------------------------

    def to_wire(self) -> dict[str, Any]:
        """The event as it travels (wire: event envelope)."""
        return {ON_WIRE.get(key, key): value for key, value in self._data.items()}

    @classmethod
    def from_wire(cls, document: Any) -> Self:
        """The event in a decoded packet; what this library does not know is kept in `extra`.

        Raises:
            EventHubPacketError: when it is no event.
        """
        if not isinstance(document, Mapping):
            raise EventHubPacketError(f"An event is an object, not {type(document).__name__}.")
        topic = document.get("topic")
        if not isinstance(topic, str) or not topic:
            raise EventHubPacketError("An event without a topic.")
        identifier, target = document.get("id"), document.get("target")
        if not isinstance(identifier, (str, int, type(None))):
            raise EventHubPacketError(f"The id of an event of {topic!r} is no text.")
        if not isinstance(target, (str, type(None))):
            raise EventHubPacketError(f"The target of an event of {topic!r} is no text.")
        event = cls(topic, None if identifier is None else str(identifier))
        for key, value in document.items():
            name = FROM_WIRE.get(key, key)
            if name not in event._data:
                event.extra[key] = value
            elif value is not None and name != "id":
                event._data[name] = value
        return event
