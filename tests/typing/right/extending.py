"""What checkers know of subclasses of entity classes, plugins and actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from ftrack_entities import Shot, Status, Task
from ftrack_typed import Entity, Session
from ftrack_typed.actions import (
    Action,
    BooleanField,
    DateField,
    EnumeratorField,
    Form,
    Message,
    MultiEnumeratorField,
    NumberField,
    Reply,
    Selection,
    TextField,
)
from ftrack_typed.events.topics import ActionDiscover, ActionLaunch
from ftrack_typed.plugins import Plugin


class StudioTask(Task):
    """A class of a studio's own."""

    def days(self) -> float:
        """Days that were bid."""
        return self.bid / 28800 if self.bid else 0.0


class Shouting:
    """A mixin."""

    def shout(self) -> str:
        """Something loud."""
        return "!"


def subclasses(session: Session) -> None:
    session.types["Task"] = StudioTask
    session.types.extend(Task, Shouting)
    session.types.extend("Task", Shouting)
    task = session.query(StudioTask).where(StudioTask.status.name == "x", StudioTask.bid > 3).first()
    assert task is not None
    assert_type(task, StudioTask)
    assert_type(task.days(), float)
    assert_type(task.status, Status)
    assert_type(session.get(StudioTask, "x"), "StudioTask | None")
    assert_type(session.create(StudioTask, name="x"), StudioTask)


def report() -> None:
    with Session(plugin_paths=["/a", Path("/b")], plugin_arguments={"a": 1}) as session:
        assert_type(session.plugins.failed, tuple[Plugin, ...])
        assert_type(session.plugins.failed[0].line, "int | None")


class Everything(Action):
    """An action with a form."""

    label = "Everything"
    identifier = "studio.everything"
    variant = "all"

    text = TextField("text")
    number = NumberField("number", value=2)
    box = BooleanField("box")
    day = DateField("day", value=date(2026, 1, 1))
    choice = EnumeratorField("choice", ["a", ("B", "b")])
    choices = MultiEnumeratorField("choices", {"A": "a"})

    def discover(self, session: Session, entities: Selection, event: ActionDiscover) -> bool:
        return entities.only(Task, Shot)

    def form(self, session: Session, entities: Selection, event: ActionLaunch) -> Form | None:
        return Form("# Title", self.text, self.number, self.box, self.day, self.choice, self.choices)

    def launch(
        self, session: Session, entities: Selection, event: ActionLaunch, values: Mapping[str, Any]
    ) -> Reply:
        assert_type(self.text.of(values), str)
        assert_type(self.number.of(values), "float | None")
        assert_type(self.box.of(values), bool)
        assert_type(self.day.of(values), "date | None")
        assert_type(self.choice.of(values), "str | None")
        assert_type(self.choices.of(values), list[str])
        assert_type(entities.of(Task), list[Task])
        assert_type(entities[0], Entity)
        assert_type(entities[1:], Sequence[Entity])
        return Message("Done.") if entities else "Nothing to do."


def register(session: Session) -> None:
    assert_type(Everything(session, everyone=True).register(priority=3), Everything)
