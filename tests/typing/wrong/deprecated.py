"""Uses of what is deprecated; checkers that are asked to tell must tell."""

# ruff: noqa: B018

from __future__ import annotations

from ftrack_entities import Note, Task, UserSecurityRole


def reading(task: Task, note: Note, role: UserSecurityRole) -> None:
    task.link_  # expect: mypy=deprecated pyright=reportDeprecated
    note.category  # expect: mypy=deprecated pyright=reportDeprecated
    role.is_all_projects  # expect: mypy=deprecated pyright=reportDeprecated


def paths() -> None:
    Task.link_  # expect: mypy=deprecated pyright=reportDeprecated
    Note.category.name  # expect: mypy=deprecated pyright=reportDeprecated
