"""What all typed events have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, ValidationError
from pydantic.alias_generators import to_camel
from typing_extensions import Self

from ftrack_typed.errors import EventDataError, EventHubError

if TYPE_CHECKING:
    from ftrack_typed.events.event import Event
    from ftrack_typed.events.topics.context import EventContext
    from ftrack_typed.session import Session

T = TypeVar("T")


class WireModel(BaseModel):
    """Data of events: camel case on the wire, keys nobody knows yet are kept in ``model_extra``."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
        arbitrary_types_allowed=True,
    )


def _nothing(sent: object) -> object:
    return () if sent is None else sent


Listed = Annotated[tuple[T, ...], BeforeValidator(_nothing)]
"""A list that servers may leave out by sending null."""


class TypedEvent(WireModel):
    """An event of a standard topic, with its data as attributes.

    A subclass names the topic and declares the data as fields.
    """

    topic: ClassVar[str]
    """The topic of such events."""

    _event: Event | None = PrivateAttr(None)
    _context: EventContext | None = PrivateAttr(None)

    @classmethod
    def from_event(cls, event: Event, context: EventContext | None = None) -> Self:
        """Read an event.

        Args:
            event: The event; its topic is not looked at.
            context: The session it came to, if any.

        Raises:
            EventDataError: when its data is not what events of this topic carry.
        """
        return cls._from_data(event.data, event, context)

    @classmethod
    def _from_data(cls, data: Any, event: Event, context: EventContext | None) -> Self:
        try:
            typed = cls.model_validate(data if data is not None else {})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in ("data", *first["loc"]))
            raise EventDataError(
                f"The event {event.id} is no {cls.__name__}: {place}: {first['msg']}.",
                topic=str(event.topic),
                place=place,
            ) from None
        typed._event = event
        typed._context = context
        typed._bound()
        return typed

    def _bound(self) -> None:
        """Called when event and context are there."""

    @property
    def event(self) -> Event:
        """The event as it came; `stop` it, or reply to it.

        Raises:
            EventHubError: for one that was made by hand.
        """
        if self._event is None:
            raise EventHubError(f"This {type(self).__name__} was made by hand, not read from an event.")
        return self._event

    @property
    def session(self) -> Session:
        """The session whose hub got the event.

        Raises:
            EventHubError: when the hub belongs to none.
        """
        if self._context is None:
            raise EventHubError(
                f"This {type(self).__name__} came to a hub without a session; use session.event_hub."
            )
        return self._context.session
