"""The base class of actions."""

from __future__ import annotations

import logging
import traceback
import weakref
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import Self

from ftrack_typed.actions.replies import Form, MenuItem, Reply, menu_to_wire, reply_to_wire
from ftrack_typed.actions.selection import Selection
from ftrack_typed.errors import ActionError, ActionInputError, Error
from ftrack_typed.events.expressions import All, Condition
from ftrack_typed.events.topics import ActionDiscover, ActionLaunch

if TYPE_CHECKING:
    from ftrack_typed.events import Event
    from ftrack_typed.session import Session

_logger = logging.getLogger("ftrack_typed.actions")

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Action:
    """An entry of the menu of actions that runs code of yours.

    Derive a class, set `label` and `identifier`, and write `launch`. Its handlers run in the thread that waits for
    events: ``session.event_hub.wait()``.

    Args:
        session: Whose hub hears of it and whose entities it is given; held weakly.
        everyone: Offer it to all users; only to the session's own user when False.
    """

    label: ClassVar[str]
    """What the menu calls it."""
    identifier: ClassVar[str]
    """Its name on the wire, unique among a studio's actions: ``studio.burn-in``."""
    variant: ClassVar[str | None] = None
    """What sets it apart from others of this label."""
    description: ClassVar[str | None] = None
    """What it does."""
    icon: ClassVar[str | None] = None
    """URL of an image, or a name the web interface knows."""

    def __init__(self, session: Session, *, everyone: bool = False) -> None:
        _require_texts(type(self))
        self._session = weakref.ref(session)
        self._subscribers: list[str] = []
        self.everyone: bool = everyone

    # -- what subclasses say -----------------------------------------------------------------------

    def discover(self, session: Session, entities: Selection, event: ActionDiscover) -> bool:
        """Whether it is offered for this selection; it is for all unless this is overridden."""
        return True

    def items(self, session: Session, entities: Selection, event: ActionDiscover) -> Iterable[MenuItem]:
        """The entries of the menu, where `discover` says there are any: one unless this is overridden."""
        return [MenuItem(self.label, self.variant, self.description, self.icon)]

    def form(self, session: Session, entities: Selection, event: ActionLaunch) -> Form | None:
        """What the user is asked before `launch` is called; None for nothing."""
        return None

    def launch(
        self, session: Session, entities: Selection, event: ActionLaunch, values: Mapping[str, Any]
    ) -> Reply:
        """Do it.

        What is changed is committed when this returns, and taken back when it raises. An error becomes the message
        the user sees.

        Args:
            session: The session.
            entities: What is selected.
            event: The event, as it came.
            values: What the user entered in the form, by name; empty when there was none.
        """
        raise NotImplementedError

    # -- hearing of it -----------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The session it was made for.

        Raises:
            ActionError: when it does not exist any more.
        """
        session = self._session()
        if session is None:
            raise ActionError(f"The session of the action {self.identifier} does not exist any more.")
        return session

    @property
    def registered(self) -> bool:
        """Whether it hears of discovery and launch."""
        return bool(self._subscribers)

    def register(self, priority: int = 100) -> Self:
        """Have it offered from now on; once, however often this is called.

        Args:
            priority: Lower ones are called first.
        """
        if self._subscribers:
            return self
        hub = self.session.event_hub
        who = [] if self.everyone else [Condition("source.user.username", "=", self.session.api_user)]
        which = Condition("data.actionIdentifier", "=", self.identifier)
        discovered = All([Condition("topic", "=", ActionDiscover.topic), *who])
        launched = All([Condition("topic", "=", ActionLaunch.topic), which, *who])
        self._subscribers = [
            hub.subscribe(str(discovered), self._discover, priority=priority),
            hub.subscribe(str(launched), self._launch, priority=priority),
        ]
        return self

    def unregister(self) -> None:
        """Have it offered no more; may be called again."""
        subscribers, self._subscribers = self._subscribers, []
        for subscriber in subscribers:
            self.session.event_hub.unsubscribe(subscriber)

    # -- what the hub calls ------------------------------------------------------------------------

    def _discover(self, event: Event) -> dict[str, Any] | None:
        session = self.session
        try:
            context = session.event_hub.context
            read = ActionDiscover.from_event(event, context)
            entities = Selection(read.selection, context)
            if not self.discover(session, entities, read):
                return None
            return menu_to_wire(self.items(session, entities, read), self.identifier)
        except (Exception, SystemExit) as error:
            self._log(error, session)
            return None

    def _launch(self, event: Event) -> dict[str, Any]:
        session = self.session
        try:
            context = session.event_hub.context
            read = ActionLaunch.from_event(event, context)
            entities = Selection(read.selection, context)
            if read.values is None:
                form = self.form(session, entities, read)
                if form is not None:
                    return form.to_wire()
            with session.unit_of_work():
                return reply_to_wire(
                    self.launch(session, entities, read, _NOTHING if read.values is None else read.values),
                    self.label,
                )
        except ActionInputError as error:
            return {"success": False, "message": str(error)}
        except (Exception, SystemExit) as error:
            return {"success": False, "message": f"{self.label}: {self._log(error, session)}"}

    def _log(self, error: BaseException, session: Session) -> str:
        """Log an error without secrets; return what a user may be told of it."""
        text = str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}".rstrip(": ")
        told = text.replace(session.api_key, "…")
        _logger.error("The action %s failed: %s", self.identifier, told)
        trace = "".join(traceback.format_exception(error))
        _logger.debug("%s", trace.replace(session.api_key, "…"))
        return told


def _require_texts(action: type[Action]) -> None:
    for name in ("label", "identifier"):
        given: object = getattr(action, name, None)
        if not isinstance(given, str) or not given.strip():
            raise ActionError(
                f"The action {action.__name__} needs a text as its {name}: set it in the class."
            )
    if action.launch is Action.launch:
        raise ActionError(f"The action {action.__name__} has no launch: write the method that does its work.")
    if action.identifier.endswith("*"):
        raise ActionError(
            f"The identifier of the action {action.__name__} ends with a star, which stands for any."
        )
