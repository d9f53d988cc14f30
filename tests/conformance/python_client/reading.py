"""Scenarios that only read."""

from typing import Any

from .sessions import refused


def queries(session: Any) -> Any:
    tasks = session.query("select id from Task order by name, id", page_size=50)
    paged = [task["id"] for task in tasks]
    whole = [task["id"] for task in session.query("select id from Task order by name, id limit 10000")]
    shot = session.query("Shot where children any (name is compositing)").first()
    states = session.query(
        "select status.name, status.state.short, parent.name, project.name from Task limit 20"
    )
    version = session.query(
        "AssetVersion where is_latest_version is true and components any (name like '%')"
    ).first()
    session.populate(
        [version], "asset.parent.name, components.component_locations.location.name, task.assignments"
    )
    return {
        "paged": paged == whole,
        "count": len(whole),
        "children": "compositing" in [child["name"] for child in shot["children"]],
        "parts": all(
            len([t["status"]["state"]["short"], t["parent"]["name"], t["project"]["name"]]) == 3
            for t in states
        ),
        "link": [step["name"] for step in shot["link"]][-1] == shot["name"],
        "ancestors": [step["name"] for step in shot["ancestors"]]
        == [step["name"] for step in shot["link"]][1:-1],
        "descendants": len(shot["project"]["descendants"]) > 10,
        "component": bool(version["components"][0]["component_locations"] is not None),
        "none": refused(lambda: session.query("Task where name is no_such_name").one()),
        "many": refused(lambda: session.query("Task").one()),
        "composite": session.get("Metadata", [shot["id"], "no such key"]) is None,
        "project": session.query("Project where status is active and name is_not none").first()[
            "project_schema"
        ]["name"]
        != "",
    }


def schemas(session: Any) -> Any:
    schema = session.query("Project").first()["project_schema"]
    return {
        "statuses": [status["name"] for status in schema.get_statuses("Task")][:1],
        "types": "Compositing" in [kind["name"] for kind in schema.get_types("Task")],
        "version statuses": bool(schema.get_statuses("AssetVersion")),
    }
