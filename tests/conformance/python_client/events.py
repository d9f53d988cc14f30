"""Scenarios about events."""

import threading
from typing import Any

import ftrack_api  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

from .sessions import SECONDS, connect, new_task, unique


class Listener:
    """A second session, whose events are handled on a thread."""

    def __init__(self) -> None:
        self.session = connect()
        # Connected first: a subscription made while connecting is told twice.
        self.session.event_hub.connect()
        self.events: list[Any] = []
        self._thread = threading.Thread(target=self._wait, daemon=True)

    def subscribe(self, subscription: str, answer: Any) -> None:
        def callback(event: Any) -> Any:
            self.events.append(event)
            return answer

        self.session.event_hub.subscribe(subscription, callback)

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def _wait(self) -> None:
        while not self.session.closed:
            self.session.event_hub.wait(duration=0.1)

    def __exit__(self, *_: Any) -> None:
        self.session.close()
        self._thread.join(SECONDS)


def wait(hub: Any, condition: Any) -> None:
    """Handle events until a condition holds, or time is up."""
    for _ in range(SECONDS * 10):
        if condition():
            return
        hub.wait(duration=0.1)


def publish(hub: Any, topic: str, replies: list[Any], **data: Any) -> None:
    event = ftrack_api.event.base.Event(topic, data=data)
    hub.publish(event, on_reply=lambda reply: replies.append(reply["data"]))


def subscriptions_and_replies(session: Any) -> Any:
    hub = session.event_hub
    hub.connect()
    topic, ready = unique("studio.render"), unique("studio.ready")
    with Listener() as other:
        other.subscribe(f"topic={topic} and data.level=high", {"accepted": True})
        other.subscribe(f"topic={ready}", {"ready": True})
        settle(hub, ready)
        replies: list[Any] = []
        for level in ("low", "high"):
            publish(hub, topic, replies, level=level)
        wait(hub, lambda: replies)
        got = [event for event in other.events if event["topic"] == topic]
    hub.disconnect()
    return {
        "levels": [event["data"]["level"] for event in got],
        "source": [event["source"]["user"]["username"] == session.api_user for event in got],
        "replies": replies,
    }


def settle(hub: Any, topic: str) -> None:
    """Ask until a subscription answers: the server learns of it by and by."""
    replies: list[Any] = []
    for _ in range(SECONDS * 10):
        publish(hub, topic, replies)
        hub.wait(duration=0.1)
        if replies:
            return


def updates(session: Any) -> Any:
    hub = session.event_hub
    hub.connect()
    seen: list[Any] = []
    hub.subscribe("topic=ftrack.update", lambda event: seen.extend(event["data"]["entities"]))
    ready = unique("studio.ready")
    hub.subscribe(f"topic={ready}", lambda event: True)
    settle(hub, ready)
    with connect() as other:
        task = new_task(other)
        other.commit()
        task["bid"] = 3600
        other.commit()
        other.delete(task)
        other.commit()

    def own() -> list[Any]:
        return [entity for entity in seen if entity.get("entityId") == task["id"]]

    wait(hub, lambda: len(own()) >= 3)
    hub.disconnect()
    return {
        "actions": [[entity["action"], entity["entityType"]] for entity in own()],
        "changed": [sorted(entity["changes"]) for entity in own() if entity["action"] == "update"],
    }
