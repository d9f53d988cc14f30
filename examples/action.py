"""An action that gives the selected tasks a status, after asking which.

It is a plugin: put the directory of this file into ``FTRACK_EVENT_PLUGIN_PATH``, and sessions offer the action. Run as
a program it waits for users; ``python examples/action.py press`` plays the part of the web interface, with the first
tasks it finds. Where the server is and who is asking comes from ``FTRACK_SERVER``, ``FTRACK_API_USER`` and
``FTRACK_API_KEY``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import ftrack_entities as studio
from ftrack_typed import Session
from ftrack_typed.actions import Action, EnumeratorField, Form, Reply, Selection, TextAreaField
from ftrack_typed.events import Event
from ftrack_typed.events.topics import ActionDiscover, ActionLaunch


class SetStatus(Action):
    """Sets the status of tasks, and notes why."""

    label = "Set status"
    identifier = "example.set-status"
    description = "Gives all selected tasks a status."

    why = TextAreaField("why", "Why", hint="Goes into a note, if you say it.")

    def discover(self, session: Session, entities: Selection, event: ActionDiscover) -> bool:
        """It is for tasks, any number of them."""
        return entities.only(studio.Task)

    def form(self, session: Session, entities: Selection, event: ActionLaunch) -> Form:
        """Ask for a status that their projects have, and a reason."""
        return Form(f"For {len(entities)} tasks:", statuses(session), self.why, title=self.label)

    def launch(
        self, session: Session, entities: Selection, event: ActionLaunch, values: Mapping[str, Any]
    ) -> Reply:
        """Set it. What is changed here is committed when this returns."""
        chosen = statuses(session).of(values)
        if chosen is None:
            return False
        status = session.query(studio.Status).where(studio.Status.id == chosen).one()
        me = session.query(studio.User).where(studio.User.username == session.api_user).one()
        why = self.why.of(values)
        for task in entities.of(studio.Task):
            task.status = status
            if why:
                task.create_note(why, me)
        return f"{len(entities)} tasks are “{status.name}” now."


def statuses(session: Session) -> EnumeratorField:
    """The choice of a status."""
    found = (
        session.query(studio.Status).order_by(studio.Status.sort).select(studio.Status.name, studio.Status.id)
    )
    return EnumeratorField("status", dict(found), "Status")


def register(session: Session) -> None:
    """Offer the action to the session's user; called for every session that finds this file."""
    SetStatus(session).register()


def press(session: Session, tasks: Sequence[studio.Task], values: Mapping[str, str] | None = None) -> Any:
    """Start the action on some tasks as the web interface does, and return its first reply.

    Args:
        session: A session of the same user, not the one the action waits in.
        tasks: What is selected.
        values: What was entered in the form, if it was shown before.
    """
    selection = [{"entityId": task.id, "entityType": "task"} for task in tasks]
    data: dict[str, Any] = {"actionIdentifier": SetStatus.identifier, "selection": selection}
    if values is not None:
        data["values"] = dict(values)
    replies: list[Any] = []
    hub = session.event_hub
    hub.publish(Event(ActionLaunch.topic, data=data), on_reply=lambda reply: replies.append(reply.data))
    for _ in range(100):
        if replies:
            return replies[0]
        hub.wait(0.1)
    raise SystemExit("Nobody answered. Is the action running, for this user?")


def main(arguments: Sequence[str]) -> None:
    """Wait for users, or press the button."""
    with Session() as session:
        if not arguments:
            register(session)
            print(
                f"“{SetStatus.label}” is offered to {session.api_user} by {session.server_url}. Ctrl-C ends it."
            )
            session.event_hub.wait()
            return
        tasks = session.query(studio.Task).limit(3).all()
        form = press(session, tasks)
        print("It asks:", ", ".join(item["label"] for item in form["items"] if "label" in item))
        choice = form["items"][1]["data"][-1]
        print("It answers:", press(session, tasks, {"status": choice["value"], "why": "Because."})["message"])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        print("Ended.")
