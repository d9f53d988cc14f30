"""A review session, lists and jobs of the demo studio."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ftrack_local.seeds.custom_attributes import value_row
from ftrack_local.seeds.ids import make_id
from ftrack_local.seeds.publishing import version_id
from ftrack_local.seeds.system import Row

_CREATED = "2024-06-03T09:00:00"


def _shot_path(number: int) -> tuple[str, str, str]:
    """Names above the tasks of a shot of the first sequence that has published versions."""
    return ("ep01", "ep01_sq010", f"ep01_sq010_sh{number * 10:04d}")


_REVIEWED = (2, 4, 6, 8)


def review_rows(project: str) -> Iterator[Row]:
    """A session with four versions, two invitees and their answers."""
    project_id = make_id("Project", project)
    creator = make_id("User", "coordinator")
    folder = make_id("ReviewSessionFolder", project)
    session = make_id("ReviewSession", project)
    yield {"__entity_type__": "ReviewSessionFolder", "id": folder, "name": "Client", "project_id": project_id}
    yield {
        "__entity_type__": "ReviewSession",
        "id": session,
        "name": "Client review 1",
        "description": "First look at the opening",
        "availability": "always",
        "start_date": _CREATED,
        "end_date": "2024-06-30T18:00:00",
        "project_id": project_id,
        "review_session_folder_id": folder,
        "created_at": _CREATED,
        "created_by_id": creator,
        "is_moderated": False,
        "passphrase_enabled": False,
        "shareable_url_enabled": False,
    }
    for person in ("client.director", "client.producer"):
        invitee = make_id("ReviewSessionInvitee", person)
        collaborator = make_id("Collaborator", person)
        first_name, last_name = person.title().split(".")
        yield {
            "__entity_type__": "Collaborator",
            "id": collaborator,
            "first_name": first_name,
            "last_name": last_name,
            "email": f"{person}@client.example",
        }
        yield {
            "__entity_type__": "ReviewSessionInvitee",
            "id": invitee,
            "name": f"{first_name} {last_name}",
            "email": f"{person}@client.example",
            "review_session_id": session,
            "resource_id": collaborator,
            "created_at": _CREATED,
            "created_by_id": creator,
            "created_from_shared_url": False,
        }
    for order, number in enumerate(_REVIEWED):
        path = _shot_path(number)
        item = make_id("ReviewSessionObject", session, number)
        yield {
            "__entity_type__": "ReviewSessionObject",
            "id": item,
            "name": path[-1],
            "description": "Comp",
            "version": "Version 2",
            "version_id": version_id(project, path, "comp", 2),
            "review_session_id": session,
            "sort_order": float(order),
            "created_at": _CREATED,
        }
        yield {
            "__entity_type__": "ReviewSessionObjectStatus",
            "id": make_id("ReviewSessionObjectStatus", item),
            "review_session_object_id": item,
            "review_session_invitee_id": make_id("ReviewSessionInvitee", "client.director"),
            "resource_id": make_id("Collaborator", "client.director"),
            "status": ("approved", "require_changes", "seen", "approved")[order],
            "created_at": "2024-06-04T11:00:00",
        }
    yield {
        "__entity_type__": "Note",
        "id": make_id("Note", session, "feedback"),
        "parent_id": make_id("ReviewSessionObject", session, _REVIEWED[1]),
        "parent_type": "ReviewSessionObject",
        "content": "The sky could be warmer.",
        "date": "2024-06-04T11:05:00",
        "thread_activity": "2024-06-04T11:05:00",
        "user_id": make_id("Collaborator", "client.director"),
        "project_id": project_id,
        "frame_number": 1012,
        "is_todo": False,
    }


def list_rows(project: str) -> Iterator[Row]:
    """One list of shots and one of versions."""
    project_id = make_id("Project", project)
    favourites = make_id("TypedContextList", project)
    dailies = make_id("AssetVersionList", project)
    for entity_type, identifier, name, category in (
        ("TypedContextList", favourites, "Trailer shots", "Favourites"),
        ("AssetVersionList", dailies, "Dailies 2024-05-20", "Dailies"),
    ):
        yield {
            "__entity_type__": entity_type,
            "id": identifier,
            "name": name,
            "project_id": project_id,
            "category_id": make_id("ListCategory", category),
            "user_id": make_id("User", "coordinator"),
            "date": "2024-05-20T08:00:00",
        }
    yield value_row("delivered", dailies, True)
    for number in _REVIEWED:
        path = _shot_path(number)
        for identifier, entity in (
            (favourites, make_id("Shot", project, *path)),
            (dailies, version_id(project, path, "comp", 1)),
        ):
            yield {
                "__entity_type__": "ListObject",
                "id": make_id("ListObject", identifier, entity),
                "list_id": identifier,
                "entity_id": entity,
            }
    yield {
        "__entity_type__": "AssetVersionLink",
        "id": make_id("AssetVersionLink", project),
        "from_id": version_id(project, ("assets", "hero"), "model", 2),
        "to_id": version_id(project, _shot_path(2), "comp", 1),
    }
    yield {
        "__entity_type__": "Note",
        "id": make_id("Note", project, "version"),
        "parent_id": version_id(project, _shot_path(2), "comp", 1),
        "parent_type": "AssetVersion",
        "content": "Grain does not match the plate.",
        "date": "2024-05-21T10:00:00",
        "thread_activity": "2024-05-21T10:00:00",
        "user_id": make_id("User", "supervisor"),
        "project_id": project_id,
    }


def job_rows(username: str) -> Iterator[Row]:
    """A job in each state a user meets, and a dashboard."""
    user = make_id("User", username)
    for status, description in (
        ("done", "Ingest plates"),
        ("running", "Publish to client"),
        ("failed", "Transcode dailies"),
    ):
        yield {
            "__entity_type__": "Job",
            "id": make_id("Job", username, description),
            "type": "api_job",
            "status": status,
            "data": json.dumps({"description": description}),
            "user_id": user,
            "created_at": "2024-06-05T08:00:00",
            "finished_at": None if status == "running" else "2024-06-05T08:10:00",
        }
    dashboard = make_id("Dashboard", username)
    yield {
        "__entity_type__": "Dashboard",
        "id": dashboard,
        "name": "Overview",
        "created_by_id": user,
        "is_shared_with_everyone": True,
    }
    yield {
        "__entity_type__": "DashboardWidget",
        "id": make_id("DashboardWidget", username),
        "type": "task_list",
        "dashboard_id": dashboard,
        "config": "{}",
        "sort": 0.0,
    }
