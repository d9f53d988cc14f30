"""The jobs about events, the same for both clients. Needs nothing but the standard library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from benchmarks import events as studio_events
from benchmarks.workers.loop import computing, timed


class Listening(ABC):
    """Events matched and handed to subscribers, none of it over a network; times in seconds."""

    @abstractmethod
    def new_hub(self) -> Any:
        """A hub of the client's, not connected."""

    @abstractmethod
    def new_event(self, arguments: dict[str, Any]) -> Any:
        """An event of the client's: topic, data, source."""

    def called(self, events: int, subscribers: int) -> int:
        """How many subscribers the events reach."""
        found: list[Any] = []
        self._publishing(found.append, events, subscribers)()
        return len(found)

    def dispatch(self, events: int, subscribers: int) -> float:
        """Time to match events and call subscribers that do nothing."""
        return timed(self._publishing(lambda _: None, events, subscribers), computing)

    def _publishing(
        self, callback: Callable[[Any], object], events: int, subscribers: int
    ) -> Callable[[], None]:
        hub = self.new_hub()
        for expression in studio_events.subscriptions(subscribers):
            hub.subscribe(expression, callback)
        waiting = [self.new_event(studio_events.event(number)) for number in range(events)]

        def work() -> None:
            for event in waiting:
                hub.publish(event, synchronous=True)

        return work
