"""Mistakes in extending classes and in actions; every line that says so must be refused by both checkers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_entities import Task
from ftrack_typed import Session
from ftrack_typed.actions import Action, Form, NumberField, Reply, Selection
from ftrack_typed.events.topics import ActionLaunch


class Shouting:
    def shout(self) -> str:
        return "!"


def extending(session: Session) -> None:
    session.types["Task"] = Shouting  # expect: mypy=assignment pyright=reportArgumentType
    session.types.extend(Shouting, Shouting)  # expect: mypy=arg-type pyright=reportArgumentType
    session.types.extend(Task, Shouting())  # expect: mypy=arg-type pyright=reportArgumentType
    Session(plugin_paths=3)  # expect: mypy=arg-type pyright=reportArgumentType
    Session(plugin_arguments=["a"])  # expect: mypy=arg-type pyright=reportArgumentType


class Acting(Action):
    label = 3  # expect: mypy=assignment pyright=reportAssignmentType
    identifier = "studio.acting"

    frames = NumberField("frames", value="many")  # expect: mypy=arg-type pyright=reportArgumentType

    def form(self, session: Session, entities: Selection, event: ActionLaunch) -> Form:
        return Form(3)  # expect: mypy=arg-type pyright=reportArgumentType

    def launch(
        self, session: Session, entities: Selection, event: ActionLaunch, values: Mapping[str, Any]
    ) -> Reply:
        entities.of("Task")  # expect: mypy=arg-type pyright=reportArgumentType
        self.frames.of(
            values
        ).upper()  # expect: mypy=union-attr pyright=reportAttributeAccessIssue,reportOptionalMemberAccess
        return 3.5  # expect: mypy=return-value pyright=reportReturnType
