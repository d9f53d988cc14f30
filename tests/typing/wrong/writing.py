"""Mistakes in assigning and creating; every line that says so must be refused by both checkers."""

from __future__ import annotations

from ftrack_entities import Context, Job, Note, Project, Shot, Status, Task, Type


def assignment(task: Task, shot: Shot, status: Status, kind: Type) -> None:
    task.name = 3  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.bid = "long"  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.nmae = "x"  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    task.status = kind  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.status = None  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.status = "done"  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.parent = status  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.notes = [status]  # expect: mypy=list-item pyright=reportAttributeAccessIssue
    task.notes = status  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.metadata = {"key": 1}  # expect: mypy=dict-item pyright=reportAttributeAccessIssue
    task.metadata = ["key"]  # expect: mypy=assignment pyright=reportAttributeAccessIssue


def items(task: Task, status: Status) -> None:
    task.notes.append(status)  # expect: mypy=arg-type pyright=reportArgumentType
    task.notes[0] = status  # expect: mypy=call-overload pyright=reportArgumentType,reportCallIssue
    task.metadata["key"] = 1  # expect: mypy=assignment pyright=reportArgumentType


def read_only(task: Task, shot: Shot) -> None:
    task.id = "x"  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.time_logged = 3.0  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.link = []  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.thumbnail_url = {}  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.custom_attribute_links = []  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    task.created_by = None  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    shot.bid = 3.0  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    shot.start_date = None  # expect: mypy=assignment pyright=reportAttributeAccessIssue


def construction(project: Project, status: Status, kind: Type) -> None:
    Task(nmae="a")  # expect: mypy=call-arg pyright=reportCallIssue
    Task(name=3)  # expect: mypy=arg-type pyright=reportArgumentType
    Task(status=kind)  # expect: mypy=arg-type pyright=reportArgumentType
    Task(parent=status)  # expect: mypy=arg-type pyright=reportArgumentType
    Task(time_logged=3.0)  # expect: mypy=call-arg pyright=reportCallIssue
    Task(link=[])  # expect: mypy=call-arg pyright=reportCallIssue
    Task("name")  # expect: mypy=arg-type,call-arg pyright=reportCallIssue
    Note(content=None)  # expect: mypy=arg-type pyright=reportArgumentType
    Job(status="runing")  # expect: mypy=arg-type pyright=reportArgumentType
    Context(bid=3.0)  # expect: mypy=call-arg pyright=reportCallIssue
