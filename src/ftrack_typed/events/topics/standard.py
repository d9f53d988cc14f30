"""The other standard topics (wire: protocol 5.8, features 24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ftrack_typed.entity import Entity
from ftrack_typed.errors import EventDataError, EventHubError
from ftrack_typed.events.topics.base import Listed, TypedEvent, WireModel

if TYPE_CHECKING:
    from ftrack_typed.events.topics.context import EventContext
    from ftrack_typed.session import Session


class SelectedEntity(WireModel):
    """One of the entities a user has selected in the web interface."""

    id: str = Field(validation_alias="entityId")
    """Its key."""
    table: str = Field(default="", validation_alias="entityType")
    """Where the server keeps it: ``task`` for tasks, shots and their like, ``show`` for projects."""


class _OfSelection(TypedEvent):
    selection: Listed[SelectedEntity] = ()
    """What is selected."""

    def selected(self) -> list[Entity]:
        """The selected entities, as far as the session's server has them."""
        context = self._context
        if context is None:
            raise EventHubError("The event came to a hub without a session, which knows no entities.")
        found = (_entity(context, each) for each in self.selection)
        return [entity for entity in found if entity is not None]


def _entity(context: EventContext, selected: SelectedEntity) -> Entity | None:
    cls = context.class_of(selected.table, selected.table)
    return None if cls is None else context.session.get(cls, selected.id)


class ActionDiscover(_OfSelection):
    """A user opened the menu of actions: reply with the items that fit the selection."""

    topic: ClassVar[str] = "ftrack.action.discover"


class ActionLaunch(_OfSelection):
    """A user started an action. What its menu item had besides is in ``model_extra``."""

    topic: ClassVar[str] = "ftrack.action.launch"

    action_identifier: str
    """Which action."""
    values: dict[str, Any] | None = None
    """What the user entered, when the action has asked with a form."""


class DynamicEnumerator(TypedEvent):
    """The choices of a custom attribute are asked for: reply with a list of ``{"name": …, "value": …}``."""

    topic: ClassVar[str] = "ftrack.dynamic-enumerator"

    attribute_name: str = ""
    record_data: dict[str, Any] | None = None
    """The entity at hand, by column."""
    query: str | None = None
    """What the user has typed."""
    sorters: Listed[Any] = ()
    groupers: Listed[Any] = ()
    filters: Listed[Any] = ()


class _OfComponent(TypedEvent):
    component_id: str = Field(validation_alias="component_id")
    location_id: str = Field(validation_alias="location_id")


class ComponentAdded(_OfComponent):
    """A component is available in a location."""

    topic: ClassVar[str] = "ftrack.location.component-added"


class ComponentRemoved(_OfComponent):
    """A component is not available in a location any more."""

    topic: ClassVar[str] = "ftrack.location.component-removed"


class _OfSession(TypedEvent):
    @property
    def session(self) -> Session:
        """The session it is about.

        Raises:
            EventDataError: when the event names none.
        """
        session = self.event.data.get("session") if isinstance(self.event.data, dict) else None
        if session is None:
            raise EventDataError(
                f"The event {self.event.id} names no session.", topic=self.topic, place="data.session"
            )
        found: Session = session
        return found


class SessionReady(_OfSession):
    """A session is set up; only in the process it is in."""

    topic: ClassVar[str] = "ftrack.api.session.ready"


class SessionReset(_OfSession):
    """A session forgot all its entities; only in the process it is in."""

    topic: ClassVar[str] = "ftrack.api.session.reset"


class ConfigureLocation(_OfSession):
    """A session is about to need its locations set up; only in the process it is in."""

    topic: ClassVar[str] = "ftrack.api.session.configure-location"


class ConstructEntityType(TypedEvent):
    """A session is about to make the class of an entity type; only in the process it is in."""

    topic: ClassVar[str] = "ftrack.api.session.construct-entity-type"

    document: dict[str, Any] = Field(validation_alias="schema")
    """The entity type, as the server describes it."""
    schemas: Listed[dict[str, Any]] = ()
    """All entity types."""


class FileTypeFromString(TypedEvent):
    """The type of a file is asked for by its path: reply with it; only in the process that asks."""

    topic: ClassVar[str] = "ftrack.api.session.get-file-type-from-string"

    file_path: str = Field(validation_alias="file_path")


class HubConnected(TypedEvent):
    """The hub has connected to the server; only in its own process."""

    topic: ClassVar[str] = "ftrack.meta.connected"


class HubDisconnected(TypedEvent):
    """The hub has lost its connection; only in its own process."""

    topic: ClassVar[str] = "ftrack.meta.disconnected"


class HubGap(TypedEvent):
    """Events may be missing; only in the process of the hub that missed them."""

    topic: ClassVar[str] = "ftrack.meta.gap"

    reason: str = ""
    """Why."""
    since: str | None = None
    """The last moment before which nothing is missing, as ISO 8601; None when it is not known."""
    until: str | None = None
    """The moment from which nothing is missing, as ISO 8601."""
    lost: int | None = None
    """How many events are missing, where that can be told."""
