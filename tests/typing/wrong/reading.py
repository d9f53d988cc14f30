"""Mistakes in reading; every line that says so must be refused by both checkers."""

# ruff: noqa: B018

from __future__ import annotations

from ftrack_entities import AssetVersion, Task


def attributes(task: Task, version: AssetVersion) -> None:
    task.nmae  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    task.status.nmae  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    task.parent.name  # expect: mypy=union-attr pyright=reportOptionalMemberAccess
    task.from_  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    task.notes.content  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    version.task.name  # expect: mypy=union-attr pyright=reportOptionalMemberAccess


def values(task: Task) -> None:
    name: int = task.name  # expect: mypy=assignment pyright=reportAssignmentType
    day: str = task.start_date  # expect: mypy=assignment pyright=reportAssignmentType
    task.description.upper()  # expect: mypy=union-attr pyright=reportOptionalMemberAccess
    for character in task.bid:  # expect: mypy=attr-defined pyright=reportGeneralTypeIssues
        print(character)
    for (
        day_of_work
    ) in task.start_date:  # expect: mypy=union-attr pyright=reportGeneralTypeIssues,reportOptionalIterable
        print(day_of_work)
    print(name, day, task.custom_attribute_links)


def indices(task: Task) -> None:
    task.link["name"]  # expect: mypy=call-overload pyright=reportArgumentType,reportCallIssue
    task.link[0]["nmae"]  # expect: mypy=typeddict-item pyright=reportGeneralTypeIssues
    task.metadata[0]  # expect: mypy=index pyright=reportArgumentType
