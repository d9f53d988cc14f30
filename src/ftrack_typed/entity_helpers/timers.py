"""Measuring work."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ftrack_typed.entity_helpers.base import Generic, Helpers
from ftrack_typed.errors import DuplicateEntryError, NoResultFoundError, NotUniqueError

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.session import Session

TimerT = TypeVar("TimerT", bound="Entity")
TimelogT = TypeVar("TimelogT", bound="Entity")
ContextT = TypeVar("ContextT", bound="Entity")

_logger = logging.getLogger("ftrack_typed.session")


class TimerHelpers(Helpers, Generic[TimerT, TimelogT, ContextT]):
    """Of users, each of whom has at most one timer running."""

    __slots__ = ()

    def start_timer(
        self, context: ContextT | None = None, comment: str = "", name: str | None = None, force: bool = False
    ) -> TimerT:
        """Start measuring the user's work, and commit, with everything else that is recorded.

        In a ``with session.unit_of_work()`` the commit is the block's. Should it fail, the session is as it was
        before.

        Args:
            context: What is worked on.
            comment: What is done.
            name: What it is called, where it is about no context.
            force: Stop a running timer first, in the same batch; else that is an error.

        Raises:
            NotUniqueError: when one is running.
        """
        session, user = self._session, self._entity
        data = {"user": user, "context": context, "comment": comment, "name": name}
        try:
            with session.unit_of_work():
                running = self._running() if force else None
                if running is not None:
                    self._log(running)
                timer = session.create("Timer", data)
        except DuplicateEntryError as error:
            if "Timer" not in (error.entity_type or str(error)):
                raise
            raise NotUniqueError(
                f"{user!r} has a timer running: stop_timer() first, or start_timer(force=True)."
            ) from error
        return cast("TimerT", timer)

    def stop_timer(self) -> TimelogT:
        """Stop the running timer, log the time since its start, and commit, with everything else that is recorded.

        Returns:
            The time log; its duration is in whole seconds.

        Raises:
            NoResultFoundError: when none is running.
        """
        running = self._running()
        if running is None:
            raise NoResultFoundError(f"{self._entity!r} has no timer running.")
        with self._session.unit_of_work():
            return self._log(running)

    def _running(self) -> Any:
        query = f'select comment, context_id, name, start from Timer where user_id is "{self._key()}"'
        return self._session.query(query).first()

    def _log(self, timer: Any) -> TimelogT:
        session = self._session
        data = {name: timer[name] for name in ("comment", "context_id", "name", "start")}
        duration = _seconds_since(session, timer["start"])
        timelog = session.create("Timelog", {**data, "user": self._entity, "duration": duration})
        session.delete(timer)
        self._read_anew("timelogs")
        return cast("TimelogT", timelog)


def _seconds_since(session: Session, start: datetime) -> int:
    """Whole seconds since a moment the server told, never fewer than none.

    wire: servers without ``is_timezone_support_enabled`` write moments in their own zone, which is taken for ours.
    """
    in_utc = session.server_information.get("is_timezone_support_enabled")
    if in_utc is None:
        _logger.warning("The server does not tell the zone of its moments; they are taken as UTC.")
    elif not in_utc:
        start = start.replace(tzinfo=None).astimezone()
    return max(0, int((datetime.now(timezone.utc) - start).total_seconds()))
