"""Rows of the project tree and of the work done in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from ftrack_local.seeds.ids import OBJECT_TYPES, make_id
from ftrack_local.seeds.system import Row, type_id

SHOT_TASKS: Final = ("Layout", "Animation", "FX", "Lighting", "Compositing")
"""Task types of a shot, in the order of work."""

ASSET_TASKS: Final = ("Modeling", "Texturing", "Rigging", "Lookdev")
"""Task types of an asset build, in the order of work."""


@lru_cache(maxsize=1)
def task_type_ids() -> dict[str, str]:
    """Ids of the task types by name."""
    return {name: type_id(name) for name in (*SHOT_TASKS, *ASSET_TASKS, "Editing")}


class ContextRows:
    """Makes the rows of one project."""

    def __init__(self, name: str, project: str, created_at: str, created_by: str) -> None:
        self.name = name
        self.project = project
        self._created_at = created_at
        self._created_by = created_by

    def id(self, entity_type: str, *path: str) -> str:
        """Id of a context by its type and its names from the top of the project."""
        return make_id(entity_type, self.name, *path)

    def row(self, entity_type: str, path: tuple[str, ...], name: str, parent: str, **values: Any) -> Row:
        """A context below `parent`; `path` holds the names above it."""
        return {
            "__entity_type__": entity_type,
            "id": self.id(entity_type, *path, name),
            "name": name,
            "parent_id": parent,
            "project_id": self.project,
            "object_type_id": OBJECT_TYPES[entity_type],
            "created_at": self._created_at,
            "created_by_id": self._created_by,
            **values,
        }

    def assignment(self, task: str, username: str) -> Row:
        """Assigns a user to a task."""
        return {
            "__entity_type__": "Appointment",
            "id": make_id("Appointment", task, username),
            "type": "assignment",
            "resource_id": make_id("User", username),
            "context_id": task,
        }

    def timelog(self, task: str, username: str, start: str, hours: int) -> Row:
        """Hours a user spent on a task."""
        return {
            "__entity_type__": "Timelog",
            "id": make_id("Timelog", task, username),
            "name": "",
            "comment": "",
            "start": start.replace("T00:00:00", "T09:00:00"),
            "duration": hours * 3600.0,
            "user_id": make_id("User", username),
            "context_id": task,
        }

    def conversation(self, context: str, path: tuple[str, ...], day: str) -> Iterator[Row]:
        """A labelled note on a context and its reply, both with a recipient."""
        asked, answered = day.replace("T00", "T10"), day.replace("T00", "T15")
        first = make_id("Note", self.name, *path)
        reply = make_id("Note", self.name, *path, "reply")
        for note, author, recipient, date, text in (
            (first, "supervisor", "compositor", asked, "Please check the edge of the matte."),
            (reply, "compositor", "supervisor", answered, "Fixed in the next version."),
        ):
            yield {
                "__entity_type__": "Note",
                "id": note,
                "parent_id": context,
                "parent_type": "Shot",
                "content": text,
                "date": date,
                "thread_activity": answered,
                "user_id": make_id("User", author),
                "project_id": self.project,
                "in_reply_to_id": first if note == reply else None,
                "is_todo": note == first,
            }
            yield {
                "__entity_type__": "Recipient",
                "note_id": note,
                "resource_id": make_id("User", recipient),
            }
        yield {
            "__entity_type__": "NoteLabelLink",
            "note_id": first,
            "label_id": make_id("NoteLabel", "Note from dailies"),
        }
