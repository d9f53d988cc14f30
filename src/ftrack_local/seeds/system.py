"""Rows every site has: workflow, roles, locations, settings and the first user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ftrack_local.model import Model
from ftrack_local.seeds.ids import (
    CUSTOM_ATTRIBUTE_TYPES,
    LOCATIONS,
    OBJECT_TYPES,
    PRIORITIES,
    STATES,
    make_id,
)

Row = dict[str, Any]

ADMINISTRATOR: Final = "admin"
"""Username of the only user of the `empty` seed."""

PROJECT_SCHEMA: Final = make_id("ProjectSchema", "default")
SETUP_DATE: Final = "2024-01-08T09:00:00"

_LEAVES: Final = frozenset({"Task", "Milestone"})
_STATUSES: Final = (
    ("Completed", "#1cbc90", "DONE"),
    ("Omitted", "#e74c3c", "BLOCKED"),
    ("On Hold", "#e74c3c", "BLOCKED"),
    ("Revise", "#ff6600", "IN_PROGRESS"),
    ("Client approved", "#1cbc90", "DONE"),
    ("Approved", "#1cbc90", "DONE"),
    ("Pending Review", "#f1c40f", "IN_PROGRESS"),
    ("In progress", "#3498db", "IN_PROGRESS"),
    ("WIP", "#cc99ff", "IN_PROGRESS"),
    ("Ready to start", "#00ffff", "NOT_STARTED"),
    ("Not started", "#cacaca", "NOT_STARTED"),
)
_VERSION_STATUSES: Final = ("Pending Review", "Revise", "Approved", "Client approved", "Omitted")
_SHOT_STATUSES: Final = ("Not started", "In progress", "Completed", "On Hold", "Omitted")
_TYPES: Final = (
    ("Modeling", "#935ba2"),
    ("Texturing", "#2ecc71"),
    ("Rigging", "#2c9ed8"),
    ("Lookdev", "#d35400"),
    ("Layout", "#b1aa44"),
    ("Animation", "#e5659e"),
    ("FX", "#3498db"),
    ("Lighting", "#f1c40f"),
    ("Compositing", "#1abc9c"),
    ("Editing", "#7f8c8d"),
    ("Generic", "#95a5a6"),
    ("Deliverable", "#34495e"),
    ("Character", "#c0392b"),
    ("Prop", "#16a085"),
    ("Environment", "#27ae60"),
)
_ASSET_TYPES: Final = (
    ("Geometry", "geo"),
    ("Rig", "rig"),
    ("Animation", "anim"),
    ("Render", "render"),
    ("Image Sequence", "img"),
    ("Upload", "upload"),
)
_PRIORITY_COLORS: Final = ("#e74c3c", "#e67e22", "#f1c40f", "#1cbc90", "#cacaca")
_ROLES: Final = ("Administrator", "Project manager", "User", "API")


def status_id(name: str) -> str:
    """Id of one of the standard statuses."""
    return make_id("Status", name)


def type_id(name: str) -> str:
    """Id of one of the standard task types."""
    return make_id("Type", name)


def asset_type_id(short: str) -> str:
    """Id of a standard asset type by its short name."""
    return make_id("AssetType", short)


def role_id(name: str) -> str:
    """Id of one of the standard security roles."""
    return make_id("SecurityRole", name)


def user_rows(
    username: str, first_name: str, last_name: str, role: str, active: bool = True
) -> Iterator[Row]:
    """A user holding one role on every open project."""
    user = make_id("User", username)
    yield {
        "__entity_type__": "User",
        "id": user,
        "username": username,
        "first_name": first_name,
        "last_name": last_name,
        "email": f"{username}@studio.example",
        "is_active": active,
        "user_type_id": make_id("UserType", "Standard"),
    }
    yield {
        "__entity_type__": "UserSecurityRole",
        "id": make_id("UserSecurityRole", username, role),
        "user_id": user,
        "security_role_id": role_id(role),
        "is_all_open_projects": True,
    }


def well_known_rows(model: Model) -> Iterator[Row]:
    """Rows whose ids are the same on every site, and the object types of this schema."""
    yield from _object_types(model)
    names = {"NOT_STARTED": "Not started", "IN_PROGRESS": "In progress", "DONE": "Done", "BLOCKED": "Blocked"}
    for short, identifier in STATES.items():
        yield {"__entity_type__": "State", "id": identifier, "name": names[short], "short": short}
    for sort, (name, identifier) in enumerate(PRIORITIES.items()):
        yield {
            "__entity_type__": "Priority",
            "id": identifier,
            "name": name,
            "sort": sort,
            "value": float(len(PRIORITIES) - 1 - sort),
            "color": _PRIORITY_COLORS[sort],
        }
    for name, identifier in CUSTOM_ATTRIBUTE_TYPES.items():
        yield {"__entity_type__": "CustomAttributeType", "id": identifier, "name": name, "core": True}
    for name, identifier in LOCATIONS.items():
        yield {
            "__entity_type__": "Location",
            "id": identifier,
            "name": name,
            "label": name.removeprefix("ftrack.").capitalize(),
            "description": f"Built-in location {name}.",
        }


def system_rows(model: Model) -> Iterator[Row]:
    """What a site has before anybody works in it, without users."""
    yield from well_known_rows(model)
    yield from _workflow()
    yield from _project_schema(model)
    for name in _ROLES:
        yield {"__entity_type__": "SecurityRole", "id": role_id(name), "name": name, "type": "ASSIGNED"}
    for name, short in _ASSET_TYPES:
        yield {"__entity_type__": "AssetType", "id": asset_type_id(short), "name": name, "short": short}
    yield {"__entity_type__": "UserType", "id": make_id("UserType", "Standard"), "name": "Standard"}
    for name in ("Supervisor", "Coordinator"):
        yield {"__entity_type__": "ManagerType", "id": make_id("ManagerType", name), "name": name}
    for name in ("Dailies", "Client deliveries", "Favourites"):
        yield {"__entity_type__": "ListCategory", "id": make_id("ListCategory", name), "name": name}
    labels = (("Internal", "#3498db"), ("Client feedback", "#e67e22"), ("Note from dailies", "#1abc9c"))
    for sort, (name, color) in enumerate(labels):
        yield {
            "__entity_type__": "NoteLabel",
            "id": make_id("NoteLabel", name),
            "name": name,
            "sort": sort,
            "color": color,
        }
    yield {
        "__entity_type__": "Disk",
        "id": make_id("Disk", "projects"),
        "name": "projects",
        "unix": "/mnt/projects",
        "windows": "P:\\",
    }
    scenario = '{"scenario": "ftrack.automatic", "data": {}}'
    for group, name, value in (
        ("STORAGE", "storage_scenario", scenario),
        ("GENERAL", "company_name", "Example Studio"),
        ("SCHEDULING", "workday_length", "28800"),
        ("SCHEDULING", "week_startday", "1"),
    ):
        yield {"__entity_type__": "Setting", "group": group, "name": name, "value": value}


def empty_rows(model: Model) -> Iterator[Row]:
    """A fresh site with one user."""
    yield from system_rows(model)
    yield from user_rows(ADMINISTRATOR, "Site", "Administrator", "Administrator")


def _object_types(model: Model) -> Iterator[Row]:
    """One object type for each entity type of the schema that is told apart by its object type.

    What such entities can do follows from what the schema lets clients change.
    """
    variants = [entry for entry in model.types.values() if "object_type_id" in entry.classifier]
    for sort, entity_type in enumerate(variants):
        fixed = entity_type.immutable
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", entity_type.name)
        yield {
            "__entity_type__": "ObjectType",
            "id": entity_type.classifier["object_type_id"],
            "name": words,
            "sort": sort,
            "icon": words.lower().replace(" ", "_"),
            "is_time_reportable": entity_type.name == "Task",
            "is_taskable": entity_type.name not in _LEAVES,
            "is_typeable": "type_id" not in fixed,
            "is_statusable": "status_id" not in fixed,
            "is_schedulable": "bid" not in fixed,
            "is_prioritizable": "priority_id" not in fixed,
            "is_leaf": entity_type.name in _LEAVES,
        }


def _workflow() -> Iterator[Row]:
    for sort, (name, color, state) in enumerate(_STATUSES):
        yield {
            "__entity_type__": "Status",
            "id": status_id(name),
            "name": name,
            "sort": sort,
            "color": color,
            "is_active": True,
            "state_id": STATES[state],
        }
    for sort, (name, color) in enumerate(_TYPES):
        yield {
            "__entity_type__": "Type",
            "id": type_id(name),
            "name": name,
            "sort": sort,
            "color": color,
        }
    workflows = {
        "Task workflow": [name for name, _, _ in reversed(_STATUSES)],
        "Version workflow": list(_VERSION_STATUSES),
        "Editing workflow": ["Not started", "In progress", "Approved"],
    }
    for workflow, statuses in workflows.items():
        identifier = make_id("WorkflowSchema", workflow)
        yield {"__entity_type__": "WorkflowSchema", "id": identifier, "name": workflow}
        for name in statuses:
            yield {
                "__entity_type__": "WorkflowSchemaStatus",
                "workflow_schema_id": identifier,
                "status_id": status_id(name),
            }
    types = make_id("TaskTypeSchema", "default")
    yield {"__entity_type__": "TaskTypeSchema", "id": types, "name": "Production task types"}
    for name, _ in _TYPES:
        yield {
            "__entity_type__": "TaskTypeSchemaType",
            "task_type_schema_id": types,
            "type_id": type_id(name),
        }


def _project_schema(model: Model) -> Iterator[Row]:
    yield {
        "__entity_type__": "ProjectSchema",
        "id": PROJECT_SCHEMA,
        "name": "Production",
        "task_workflow_schema_id": make_id("WorkflowSchema", "Task workflow"),
        "asset_version_workflow_schema_id": make_id("WorkflowSchema", "Version workflow"),
        "task_type_schema_id": make_id("TaskTypeSchema", "default"),
    }
    yield {
        "__entity_type__": "ProjectSchemaOverride",
        "id": make_id("ProjectSchemaOverride", "Editing"),
        "project_schema_id": PROJECT_SCHEMA,
        "workflow_schema_id": make_id("WorkflowSchema", "Editing workflow"),
        "type_id": type_id("Editing"),
    }
    for entity_type in model.types.values():
        identifier = entity_type.classifier.get("object_type_id")
        if identifier is not None:
            yield {
                "__entity_type__": "ProjectSchemaObjectType",
                "project_schema_id": PROJECT_SCHEMA,
                "object_type_id": identifier,
            }
    rules = {
        "Shot": (_SHOT_STATUSES, ()),
        "Episode": (_SHOT_STATUSES, ()),
        "AssetBuild": (_SHOT_STATUSES, ("Character", "Prop", "Environment")),
        "Milestone": (("Not started", "Completed"), ("Deliverable",)),
    }
    for name, (statuses, types) in rules.items():
        schema = make_id("Schema", name)
        yield {
            "__entity_type__": "Schema",
            "id": schema,
            "project_schema_id": PROJECT_SCHEMA,
            "type_id": OBJECT_TYPES[name],
        }
        for sort, status in enumerate(statuses):
            yield {
                "__entity_type__": "SchemaStatus",
                "schema_id": schema,
                "status_id": status_id(status),
                "sort": sort,
            }
        for sort, kind in enumerate(types):
            yield {
                "__entity_type__": "SchemaType",
                "schema_id": schema,
                "type_id": type_id(kind),
                "sort": sort,
            }
    template = make_id("TaskTemplate", "Shot")
    yield {
        "__entity_type__": "TaskTemplate",
        "id": template,
        "name": "Shot tasks",
        "project_schema_id": PROJECT_SCHEMA,
    }
    for name in ("Layout", "Animation", "FX", "Lighting", "Compositing"):
        yield {
            "__entity_type__": "TaskTemplateItem",
            "id": make_id("TaskTemplateItem", "Shot", name),
            "template_id": template,
            "task_type_id": type_id(name),
        }
