"""Runs in the environment of the existing client, against the server that ``FTRACK_SERVER`` names.

``python client.py SCENARIO`` prints what the scenario saw as one JSON object. Nothing is asserted here.
"""

import json
import os
import sys
import uuid
from typing import Any

import ftrack_api  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]


def plain(value: Any) -> Any:
    """Spell any value of the client in JSON, entities by type and id."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "entity_type"):
        return {"__entity_type__": value.entity_type}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "items"):
        return {str(key): plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value]


def start(session: Any) -> Any:
    information = session.server_information
    return {
        "types": sorted(session.types),
        "version": information["version"],
        "location": session.pick_location()["name"],
    }


def read(session: Any) -> Any:
    tasks = session.query(
        "select name, bid, status.name, parent.name from Task order by name, id limit 40"
    ).all()
    versions = session.query(
        "select version, asset.parent.name, components.name, components.file_type from AssetVersion "
        "where task.type.name is Compositing order by date, id limit 10"
    )
    return {
        "tasks": [[t["name"], t["bid"], t["status"]["name"], t["parent"]["name"]] for t in tasks],
        "versions": [
            [
                v["version"],
                v["asset"]["parent"]["name"],
                sorted(c["name"] + c["file_type"] for c in v["components"]),
            ]
            for v in versions
        ],
        "count": len(session.query("Task where status.state.short is DONE")),
        "mine": len(session.query(f'Task where assignments any (resource.username = "{session.api_user}")')),
        "absent": session.query("Task where name is nothing_has_this_name").first(),
        "get": session.get("Task", tasks[0]["id"]) is tasks[0],
    }


def populate(session: Any) -> Any:
    task = session.query("Task").first()
    return {name: plain(task[name]) for name in sorted(task.keys()) if name not in RESTRICTED}


def write(session: Any) -> Any:
    project = session.query("Project").first()
    name = "peer_" + uuid.uuid4().hex[:8]
    sequence = session.create("Sequence", {"name": name, "parent": project})
    shot = session.create("Shot", {"name": "sh010", "parent": sequence})
    task = session.create(
        "Task",
        {
            "name": "comp",
            "parent": shot,
            "type": session.query("Type where name is Compositing").one(),
            "metadata": {"made_by": "peer"},
        },
    )
    session.commit()
    seen = {"created": look_up(session, task["id"]), "name": name, "task": task["id"]}

    task["bid"] = 7200.0
    task["description"] = 'said "so" \\ here'
    task["status"] = session.query("Status where name is 'In progress'").one()
    task["metadata"]["reviewed"] = "yes"
    session.commit()
    seen["updated"] = look_up(session, task["id"])

    task["bid"] = 1.0
    session.rollback()
    seen["rolled_back"] = [task["bid"], len(session.recorded_operations)]

    del task["metadata"]["reviewed"]
    session.commit()
    seen["metadata"] = plain(look_up(session, task["id"])["metadata"])

    session.delete(sequence)
    session.commit()
    seen["deleted"] = [
        session.query(f"Task where id is {task['id']}").first(),
        session.query(f"Shot where id is {shot['id']}").first(),
    ]
    return seen


def look_up(session: Any, identity: str) -> Any:
    """Read a task with a session of its own, which holds nothing yet."""
    with connect(session.server_url, session.api_key, session.api_user) as other:
        task = other.get("Task", identity)
        return {
            "bid": task["bid"],
            "description": task["description"],
            "status": task["status"]["name"],
            "type": task["type"]["name"],
            "parent": task["parent"]["name"],
            "project": task["project"]["name"],
            "metadata": dict(task["metadata"].items()),
        }


def refuse(session: Any) -> Any:
    task = session.query("Task").first()

    def duplicate() -> None:
        with connect(session.server_url, session.api_key, session.api_user) as other:
            parent = other.get("TypedContext", task["parent_id"])
            other.create("Task", {"id": task["id"], "name": "twice", "parent": parent})
            other.commit()

    attempts = {
        "attribute": lambda: session.query("Task where nmae is x").first(),
        "grammar": lambda: session.query("Task where where").first(),
        "key": lambda: connect(session.server_url, "wrong", session.api_user),
        "duplicate": duplicate,
    }
    errors = {}
    for name, attempt in attempts.items():
        try:
            attempt()
        except ftrack_api.exception.Error as error:
            errors[name] = [type(error).__name__, str(error)]
    return errors


def assist(session: Any) -> Any:
    schema = session.query("ProjectSchema").first()
    editing = session.query('Type where name is "Editing"').one()
    author, reader = session.query("User order by username limit 2").all()
    task = session.query("Task order by name, id").first()
    label = session.query("NoteLabel order by name").first()
    note = task.create_note("by either", author, recipients=[reader], labels=[label])
    reply = note.create_reply("answer", reader)
    session.commit()
    author.start_timer(task, comment="by either", name="timed")
    log = author.stop_timer()
    offering = ("Task", "AssetVersion", "Shot", "AssetBuild")
    return {
        "statuses": {name: [status["name"] for status in schema.get_statuses(name)] for name in offering},
        "editing": [status["name"] for status in schema.get_statuses("Task", editing["id"])],
        "types": {
            name: [each["name"] for each in schema.get_types(name)] for name in ("Task", "Shot", "AssetBuild")
        },
        "note": note["id"],
        "reply": reply["id"],
        "log": log["id"],
    }


RESTRICTED = {"custom_attribute_links", "custom_attribute_links_from"}


def connect(url: str, key: str, user: str) -> Any:
    return ftrack_api.Session(
        server_url=url,
        api_key=key,
        api_user=user,
        schema_cache_path=False,
        plugin_paths=[],
        auto_connect_event_hub=False,
    )


SCENARIOS = {
    "start": start,
    "read": read,
    "populate": populate,
    "write": write,
    "assist": assist,
    "refuse": refuse,
}

if __name__ == "__main__":
    with connect(
        *(os.environ[name] for name in ("FTRACK_SERVER", "FTRACK_API_KEY", "FTRACK_API_USER"))
    ) as current:
        print(json.dumps(SCENARIOS[sys.argv[1]](current)))
