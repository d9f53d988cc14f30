"""A small believable studio, the same on every run: no clock, no randomness.

Size 1 is about a thousand tasks; every further unit adds as many again, spread over more episodes
and projects. Ids derive from names, dates count from one fixed day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from ftrack_local.seeds.custom_attributes import configuration_rows, director_rows, value_row
from ftrack_local.seeds.ids import PRIORITIES, make_id
from ftrack_local.seeds.production import ASSET_TASKS, SHOT_TASKS, ContextRows, task_type_ids
from ftrack_local.seeds.publishing import published_rows
from ftrack_local.seeds.review import job_rows, list_rows, review_rows
from ftrack_local.seeds.system import PROJECT_SCHEMA, Row, status_id, type_id, user_rows

API_USER: Final = "supervisor"
"""Username the demo is meant to be used with."""

FIRST_DAY: Final = date(2024, 3, 4)
"""The Monday all dates of the demo count from."""

_PROJECTS: Final = (
    ("orbit", "Orbit", "Client North"),
    ("lantern", "The Lantern", "Client South"),
    ("harbour", "Harbour", "Client North"),
    ("ember", "Ember", "Client West"),
)
_USERS: Final = (
    (API_USER, "Show", "Supervisor", "Administrator", "Supervision"),
    ("producer", "Line", "Producer", "Project manager", "Production"),
    ("coordinator", "Shot", "Coordinator", "Project manager", "Production"),
    ("modeler", "Asset", "Modeler", "User", "Assets"),
    ("rigger", "Asset", "Rigger", "User", "Assets"),
    ("animator", "Shot", "Animator", "User", "Shots"),
    ("lighter", "Shot", "Lighter", "User", "Shots"),
    ("compositor", "Shot", "Compositor", "User", "Shots"),
)
_ARTISTS: Final = {
    "Modeling": "modeler",
    "Texturing": "modeler",
    "Rigging": "rigger",
    "Lookdev": "lighter",
    "Layout": "animator",
    "Animation": "animator",
    "FX": "lighter",
    "Lighting": "lighter",
    "Compositing": "compositor",
    "Editing": "coordinator",
}
_EPISODES: Final = 2
_SEQUENCES: Final = 6
_SHOTS: Final = 15
_ASSET_BUILDS: Final = (
    ("hero", "Character"),
    ("robot", "Character"),
    ("pilot", "Character"),
    ("lamp", "Prop"),
    ("crate", "Prop"),
    ("radio", "Prop"),
    ("ladder", "Prop"),
    ("street", "Environment"),
    ("hangar", "Environment"),
    ("rooftop", "Environment"),
)
_PROGRESS: Final = (
    "Approved",
    "Completed",
    "Pending Review",
    "In progress",
    "Revise",
    "WIP",
    "Ready to start",
    "Not started",
    "On Hold",
    "Omitted",
)


def demo_rows(size: int = 1) -> Iterator[Row]:
    """Yield the studio's rows; those of :func:`~ftrack_local.seeds.system.system_rows` belong before them.

    Raises:
        ValueError: The size is less than 1.
    """
    if size < 1:
        raise ValueError(f"the seed size must be at least 1, not {size}")
    yield from _people()
    projects = max(1, round(size**0.5))
    yield from configuration_rows(make_id("Project", _project_name(0)[0]))
    for index in range(projects):
        units = size // projects + (1 if index < size % projects else 0)
        yield from _project(index, units)
    first = _project_name(0)[0]
    yield from director_rows(make_id("Project", first), make_id("User", API_USER))
    yield from review_rows(first)
    yield from list_rows(first)
    yield from job_rows(API_USER)


def _people() -> Iterator[Row]:
    for group in dict.fromkeys(entry[4] for entry in _USERS):
        yield {
            "__entity_type__": "Group",
            "id": make_id("Group", group),
            "name": group,
            "local": True,
            "parent_id": make_id("Group", "Production") if group == "Supervision" else None,
        }
    for username, first_name, last_name, role, group in _USERS:
        yield from user_rows(username, first_name, last_name, role)
        yield {
            "__entity_type__": "Membership",
            "id": make_id("Membership", group, username),
            "group_id": make_id("Group", group),
            "user_id": make_id("User", username),
        }
        yield value_row("desk", make_id("User", username), f"{group[:1]}-{len(username):02d}")
    yield from user_rows("leaver", "Former", "Artist", "User", active=False)
    yield {
        "__entity_type__": "Metadata",
        "parent_id": make_id("User", API_USER),
        "parent_type": "User",
        "key": "preferred_player",
        "value": "rv",
    }


def _project_name(index: int) -> tuple[str, str, str]:
    name, full_name, client = _PROJECTS[index % len(_PROJECTS)]
    season = index // len(_PROJECTS)
    return (
        (name, full_name, client)
        if season == 0
        else (f"{name}{season + 1}", f"{full_name} {season + 1}", client)
    )


def _project(index: int, units: int) -> Iterator[Row]:
    name, full_name, client = _project_name(index)
    project = make_id("Project", name)
    yield {
        "__entity_type__": "Project",
        "id": project,
        "name": name,
        "full_name": full_name,
        "status": "active",
        "project_id": project,
        "project_schema_id": PROJECT_SCHEMA,
        "disk_id": make_id("Disk", "projects"),
        "root": name,
        "color": "#3498db",
        "start_date": _day(0),
        "end_date": _day(365),
        "created_at": _day(-14),
        "created_by_id": make_id("User", "producer"),
    }
    yield value_row("client", project, client)
    yield value_row("fps", project, 24.0 if index % 2 == 0 else 25.0)
    yield value_row("new_ingest", project, index % 2 == 0)
    yield value_row("vendor", project, ["in-house"])
    yield value_row("wiki", project, f"https://wiki.studio.example/{name}")
    yield {
        "__entity_type__": "Metadata",
        "parent_id": project,
        "parent_type": "Project",
        "key": "storage_tier",
        "value": "fast",
    }
    for resource in ("Assets", "Shots"):
        yield {
            "__entity_type__": "Appointment",
            "id": make_id("Appointment", name, resource),
            "type": "allocation",
            "resource_id": make_id("Group", resource),
            "context_id": project,
        }
    yield {
        "__entity_type__": "Manager",
        "id": make_id("Manager", name, API_USER),
        "context_id": project,
        "user_id": make_id("User", API_USER),
        "type_id": make_id("ManagerType", "Supervisor"),
    }
    yield {
        "__entity_type__": "CalendarEvent",
        "id": make_id("CalendarEvent", name, "kick-off"),
        "name": "Kick-off",
        "start": _day(0),
        "end": _day(0),
        "project_id": project,
        "everyone": True,
        "leave": False,
        "forecast": False,
        "created_at": _day(-14),
        "created_by_id": make_id("User", "producer"),
    }
    contexts = ContextRows(name, project, _day(-7), make_id("User", "producer"))
    yield from _top_level(contexts)
    yield from _asset_builds(contexts, name, units)
    episode_count = _EPISODES * units
    for episode_number in range(1, episode_count + 1):
        yield from _episode(contexts, name, episode_number)


def _top_level(contexts: ContextRows) -> Iterator[Row]:
    yield contexts.row("Folder", (), "editorial", contexts.project)
    yield contexts.row(
        "Milestone",
        (),
        "final delivery",
        contexts.project,
        status_id=status_id("Not started"),
        type_id=type_id("Deliverable"),
        start_date=_day(360),
        end_date=_day(360),
    )
    edit = contexts.row(
        "Task",
        ("editorial",),
        "conform",
        contexts.id("Folder", "editorial"),
        status_id=status_id("In progress"),
        type_id=type_id("Editing"),
        priority_id=PRIORITIES["High"],
        bid=40.0 * 3600,
        start_date=_day(10),
        end_date=_day(20),
    )
    yield edit
    yield contexts.assignment(edit["id"], "coordinator")


def _asset_builds(contexts: ContextRows, project: str, units: int) -> Iterator[Row]:
    folder = contexts.row("Folder", (), "assets", contexts.project)
    yield folder
    for number in range(len(_ASSET_BUILDS) * 2 * units):
        base, kind = _ASSET_BUILDS[number % len(_ASSET_BUILDS)]
        series = number // len(_ASSET_BUILDS)
        name = base if series == 0 else f"{base}{series + 1:02d}"
        build = contexts.row(
            "AssetBuild",
            ("assets",),
            name,
            folder["id"],
            status_id=status_id("In progress" if number % 3 else "Completed"),
            type_id=type_id(kind),
        )
        yield build
        if number % 4 == 0:
            yield value_row(
                "delivery_date", build["id"], {"__type__": "datetime", "value": _day(60 + number)}
            )
        for step, task_type in enumerate(ASSET_TASKS):
            yield from _task(contexts, ("assets", name), build["id"], task_type, number + step, step)
        if number % 2 == 0:
            yield from published_rows(
                project, ("assets", name), build["id"], "model", "geo", ASSET_TASKS[0], "modeler", number
            )


def _episode(contexts: ContextRows, project: str, number: int) -> Iterator[Row]:
    name = f"ep{number:02d}"
    episode = contexts.row(
        "Episode",
        (),
        name,
        contexts.project,
        status_id=status_id("In progress"),
        description=f"Episode {number}",
    )
    yield episode
    for sequence_number in range(1, _SEQUENCES + 1):
        sequence_name = f"{name}_sq{sequence_number * 10:03d}"
        sequence = contexts.row("Sequence", (name,), sequence_name, episode["id"])
        yield sequence
        for shot_number in range(1, _SHOTS + 1):
            serial = ((number - 1) * _SEQUENCES + sequence_number - 1) * _SHOTS + shot_number
            shot_name = f"{sequence_name}_sh{shot_number * 10:04d}"
            yield from _shot(contexts, project, (name, sequence_name), shot_name, sequence["id"], serial)


def _shot(
    contexts: ContextRows, project: str, path: tuple[str, ...], name: str, parent: str, serial: int
) -> Iterator[Row]:
    progress = serial % len(_PROGRESS)
    state = "Completed" if progress < 2 else ("Omitted" if progress == 9 else "In progress")
    shot = contexts.row(
        "Shot",
        path,
        name,
        parent,
        status_id=status_id(state),
        description=f"Shot {serial} of the cut",
        priority_id=PRIORITIES[("None", "Low", "Medium", "High")[serial % 4]],
    )
    yield shot
    length = 48 + serial * 7 % 96
    yield value_row("fstart", shot["id"], 1001)
    yield value_row("fend", shot["id"], 1000 + length)
    if serial % 3 == 0:
        yield value_row("tags", shot["id"], ["hero", "fullcg"] if serial % 2 else ["crowd"])
    if serial % 5 == 0:
        yield value_row("nle", shot["id"], f"reel_{serial % 4 + 1}")
    if serial % 7 == 0 and project == _project_name(0)[0]:
        yield value_row("bid_code", shot["id"], f"B{serial:04d}")
    if serial % 10 == 0:
        yield value_row("colorspace", shot["id"], "acescct")
    yield {
        "__entity_type__": "Metadata",
        "parent_id": shot["id"],
        "parent_type": "Shot",
        "key": "plate",
        "value": f"{name}_bg01",
    }
    task_path = (*path, name)
    for step, task_type in enumerate(SHOT_TASKS):
        yield from _task(contexts, task_path, shot["id"], task_type, serial + step, step)
    yield from _links(task_path, contexts)
    if serial % 3 == 0:
        yield from contexts.conversation(shot["id"], task_path, _day(20 + serial % 60))
    if serial % 2 == 0:
        yield from published_rows(
            project, task_path, shot["id"], "comp", "render", "Compositing", "compositor", serial
        )
    if serial % 6 == 0:
        yield from published_rows(
            project, task_path, shot["id"], "anim", "anim", "Animation", "animator", serial
        )


def _task(
    contexts: ContextRows, path: tuple[str, ...], parent: str, task_type: str, serial: int, step: int
) -> Iterator[Row]:
    status = _PROGRESS[(serial + step * 3) % len(_PROGRESS)]
    days = 2 + serial % 4
    start = serial % 90 + step * 5
    task = contexts.row(
        "Task",
        path,
        task_type.lower(),
        parent,
        status_id=status_id(status),
        type_id=task_type_ids()[task_type],
        priority_id=tuple(PRIORITIES.values())[serial % len(PRIORITIES)],
        bid=days * 8.0 * 3600,
        start_date=_day(start),
        end_date=_day(start + days),
        sort=float(step),
    )
    yield task
    yield contexts.assignment(task["id"], _ARTISTS[task_type])
    if serial % 25 == 0:
        yield contexts.assignment(task["id"], API_USER)
    if serial % 2 == 0:
        yield contexts.timelog(task["id"], _ARTISTS[task_type], _day(start), hours=serial % 7 + 1)
    if serial % 8 == 0:
        yield value_row("difficulty", task["id"], ["hard"])


def _links(path: tuple[str, ...], contexts: ContextRows) -> Iterator[Row]:
    for before, after in pairwise(SHOT_TASKS):
        if before == "FX":
            continue
        yield {
            "__entity_type__": "TypedContextLink",
            "id": make_id("TypedContextLink", contexts.name, *path, before, after),
            "from_id": contexts.id("Task", *path, before.lower()),
            "to_id": contexts.id("Task", *path, after.lower()),
        }


def _day(number: int) -> str:
    return f"{(FIRST_DAY + timedelta(days=number)).isoformat()}T00:00:00"
