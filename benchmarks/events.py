"""Events as a studio's listeners get them, and what these subscribe to; the same ones in every run."""

from __future__ import annotations

from typing import Any

_TOPICS = (
    "ftrack.update",
    "ftrack.action.launch",
    "ftrack.action.discover",
    "studio.publish",
    "studio.render",
)
_USERS = 7
_ACTIONS = 45
_KINDS = 20


def subscriptions(count: int) -> list[str]:
    """Expressions: in a hundred, a few for every update or anything of the studio, the others for one thing each."""
    return [_subscription(number) for number in range(count)]


def _subscription(number: int) -> str:
    user = f"user_{number % _USERS}"
    turn = number % 100
    if turn < 5:
        return "topic=ftrack.update"
    if turn < 10:
        return "topic=studio.*"
    if turn < 10 + _ACTIONS:
        action = f"action_{turn - 10}"
        return (
            f"topic=ftrack.action.launch and data.actionIdentifier={action} and source.user.username={user}"
        )
    if turn < 75:
        return f"topic=ftrack.action.discover and source.user.username={user}"
    return f'topic=studio.publish and (data.kind="kind_{turn % _KINDS}" or data.kind="kind_{turn % 3}")'


def event(number: int) -> dict[str, Any]:
    """Arguments of an event: its topic, its data, and where it comes from."""
    return {
        "topic": _TOPICS[number % len(_TOPICS)],
        "data": {
            "actionIdentifier": f"action_{number % _ACTIONS}",
            "kind": f"kind_{number % _KINDS}",
            "entities": [{"entityId": f"entity_{number}", "entityType": "task", "action": "update"}],
        },
        "source": {"id": f"hub_{number % 3}", "user": {"username": f"user_{number % _USERS}"}},
    }
