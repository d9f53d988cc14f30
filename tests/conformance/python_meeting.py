"""The existing client meets ours on the event server: prints what it heard, once it is told to end."""

import json
import os
import time
from typing import Any

import ftrack_api.event.base  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
import ftrack_api.event.hub  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

SECONDS = 40


def meet() -> dict[str, Any]:
    """Say hello until somebody answers, answer questions, and tell what was heard when the end is announced."""
    hub = ftrack_api.event.hub.EventHub(
        os.environ["FTRACK_SERVER"], os.environ["FTRACK_API_USER"], os.environ["FTRACK_API_KEY"]
    )
    hub.connect()
    questions: list[Any] = []
    welcomes: list[Any] = []
    ends: list[Any] = []

    def answer(event: Any) -> Any:
        questions.append(event)
        return {"answer": event["data"]["number"] + 1, "by": "python"}

    hub.subscribe("topic=meeting.question", answer)
    hub.subscribe("topic=meeting.private", answer, subscriber={"id": "python-peer", "role": "peer"})
    hub.subscribe("topic=meeting.end", ends.append)
    deadline = time.monotonic() + SECONDS
    while not ends and time.monotonic() < deadline:
        if not welcomes:
            hello = ftrack_api.event.base.Event("meeting.hello", data={"greeting": "grüß"})
            hub.publish(hello, on_reply=welcomes.append)
        hub.wait(duration=0.1)
    hub.disconnect()
    return {
        "welcome": welcomes[0]["data"],
        "in reply": welcomes[0]["in_reply_to_event"] is not None,
        "questions": [event["data"] for event in questions],
        "users": sorted({event["source"]["user"]["username"] for event in questions}),
    }


if __name__ == "__main__":
    print(json.dumps(meet()))
