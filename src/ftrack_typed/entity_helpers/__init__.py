"""Methods of entities beyond reading and writing their attributes: notes, timers, workflows, reviews.

Each group of methods is a class without state. Generated classes name those that apply among their bases, so that
checkers and editors know them; classes built at run time get the same, by the same `rules`.

What a method adds is sent by the next commit. Collections it shows up in are read again after that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports

if TYPE_CHECKING:
    from ftrack_typed.entity_helpers.accounts import AccountHelpers as AccountHelpers
    from ftrack_typed.entity_helpers.assignments import AssignmentHelpers as AssignmentHelpers
    from ftrack_typed.entity_helpers.base import Helpers as Helpers
    from ftrack_typed.entity_helpers.links import LinkHelpers as LinkHelpers
    from ftrack_typed.entity_helpers.lists import ListHelpers as ListHelpers
    from ftrack_typed.entity_helpers.notes import NoteHelpers as NoteHelpers
    from ftrack_typed.entity_helpers.notes import ReplyHelpers as ReplyHelpers
    from ftrack_typed.entity_helpers.reviews import InviteeHelpers as InviteeHelpers
    from ftrack_typed.entity_helpers.reviews import ReviewHelpers as ReviewHelpers
    from ftrack_typed.entity_helpers.timers import TimerHelpers as TimerHelpers
    from ftrack_typed.entity_helpers.workflows import WorkflowHelpers as WorkflowHelpers

# Helpers are imported with an entity class that has them.
_LAZY = {
    "AccountHelpers": "accounts",
    "AssignmentHelpers": "assignments",
    "Helpers": "base",
    "InviteeHelpers": "reviews",
    "LinkHelpers": "links",
    "ListHelpers": "lists",
    "NoteHelpers": "notes",
    "ReplyHelpers": "notes",
    "ReviewHelpers": "reviews",
    "TimerHelpers": "timers",
    "WorkflowHelpers": "workflows",
}

__all__ = [
    "AccountHelpers",
    "AssignmentHelpers",
    "Helpers",
    "InviteeHelpers",
    "LinkHelpers",
    "ListHelpers",
    "NoteHelpers",
    "ReplyHelpers",
    "ReviewHelpers",
    "TimerHelpers",
    "WorkflowHelpers",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), _LAZY)
