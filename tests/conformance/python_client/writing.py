"""Scenarios about what hangs on entities: notes, metadata, custom attributes, lists and links."""

import datetime
import json
from typing import Any

from .sessions import again, me, new_task, unique

OWNERS = {"task": "TypedContext", "show": "Project", "assetversion": "AssetVersion"}


def notes(session: Any) -> Any:
    user = me(session)
    other = session.query(f'User where id is_not "{user["id"]}"').first()
    task = new_task(session)
    label = session.query("NoteLabel").first()
    note = task.create_note("Looks good", author=user, recipients=[other], labels=[label])
    session.commit()
    note.create_reply("Thank you", author=other)
    session.commit()
    task = again(session, task)
    # A reply has the parent of what it replies to.
    (seen,) = [each for each in task["notes"] if each["in_reply_to_id"] is None]
    return {
        "content": seen["content"],
        "author": seen["author"]["username"] == session.api_user,
        "replies": [[reply["content"], reply["author"]["id"] == other["id"]] for reply in seen["replies"]],
        "recipients": other["id"] in [recipient["resource_id"] for recipient in seen["recipients"]],
        "labels": [link["label_id"] == label["id"] for link in seen["note_label_links"]],
        "category": seen["category"]["id"] == label["id"],
        "found": session.query(
            f'Note where parent_id is "{task["id"]}" and author.username is "{session.api_user}"'
        ).one()["id"]
        == note["id"],
    }


def metadata(session: Any) -> Any:
    task = new_task(session, metadata={"made": "with it"})
    session.commit()
    task["metadata"]["later"] = "one"
    session.commit()
    task["metadata"]["later"] = "two"
    task["metadata"]["third"] = "ünï 'quoted' \"twice\""
    session.commit()
    task = again(session, task)
    seen = dict(task["metadata"].items())
    found = session.query("Task where metadata any (key is later and value is two)").all()
    task["metadata"] = {"only": "this"}
    session.commit()
    task = again(session, task)
    del task["metadata"]["only"]
    session.commit()
    return {
        "seen": seen,
        "found": [t["id"] for t in found] == [task["id"]],
        "left": dict(again(session, task)["metadata"].items()),
    }


def custom_attributes(session: Any) -> Any:
    seen: dict[str, Any] = {}
    configurations = session.query(
        "select key, type.name, config, default, is_hierarchical, entity_type from CustomAttributeConfiguration"
    ).all()
    hierarchical = next(
        c["key"] for c in configurations if c["is_hierarchical"] and c["type"]["name"] == "number"
    )
    sequence = session.query("Sequence where children any (name like '%')").first()
    shot = session.create("Shot", {"name": unique("shot"), "parent": sequence})
    shot["custom_attributes"][hierarchical] = 12
    session.commit()
    shot = again(session, shot)
    seen["in the batch that creates"] = shot["custom_attributes"][hierarchical]
    shot["custom_attributes"][hierarchical] = 24
    session.commit()
    shot = again(session, shot)
    seen["changed"] = shot["custom_attributes"][hierarchical]
    seen["found"] = shot["id"] in [
        s["id"]
        for s in session.query(f"Shot where custom_attributes any (key is {hierarchical} and value is 24)")
    ]
    child = session.create("Task", {"name": "inherits", "parent": shot})
    session.commit()
    seen["inherited"] = again(session, child)["custom_attributes"][hierarchical]
    samples = {
        "text": "some text",
        "boolean": True,
        "number": 7,
        "date": datetime.datetime(2031, 5, 4, 10, 20),
        "enumerator": None,
    }
    for kind, value in samples.items():
        for configuration in configurations:
            owner = OWNERS.get(configuration["entity_type"])
            if owner is None or configuration["type"]["name"] != kind or configuration["is_hierarchical"]:
                continue
            key = configuration["key"]
            holder = session.query(f"{owner} where custom_attributes any (key is {key})").first()
            if kind == "enumerator":
                choices = json.loads(json.loads(configuration["config"])["data"])
                value = [choices[-1]["value"]]
            holder["custom_attributes"][key] = value
            session.commit()
            stored = again(session, holder)["custom_attributes"][key]
            seen[kind] = getattr(stored, "naive", stored) == value or repr(stored)
            break
    return seen


def lists(session: Any) -> Any:
    project = session.query("Project").first()
    category = session.query("ListCategory").first()
    tasks = session.query(f'Task where project_id is "{project["id"]}" limit 3').all()
    made = session.create(
        "TypedContextList", {"name": unique("list"), "project": project, "category": category}
    )
    made["items"].extend(tasks[:2])
    session.commit()
    made = again(session, made)
    first = sorted(item["id"] for item in made["items"])
    made["items"].append(session.get("Task", tasks[2]["id"]))
    made["items"].remove(session.get("Task", tasks[0]["id"]))
    session.commit()
    made = again(session, made)
    versions = session.query("AssetVersion limit 2").all()
    reviewed = session.create(
        "AssetVersionList", {"name": unique("versions"), "project": project, "category": category}
    )
    for version in versions:
        reviewed["items"].append(version)
    session.commit()
    return {
        "first": first == sorted(task["id"] for task in tasks[:2]),
        "then": sorted(item["id"] for item in made["items"]) == sorted(task["id"] for task in tasks[1:]),
        "versions": len(again(session, reviewed)["items"]),
        "found": len(session.query(f'Task where lists any (id is "{made["id"]}")')),
    }


def links(session: Any) -> Any:
    before, after = new_task(session), new_task(session)
    session.create("TypedContextLink", {"from": before, "to": after})
    session.commit()
    after = again(session, after)
    before = session.get("Task", before["id"])
    (link,) = after["incoming_links"]
    seen = {
        "from": link["from"]["id"] == before["id"],
        "out": [o["to"]["id"] == after["id"] for o in before["outgoing_links"]],
    }
    session.delete(link)
    session.commit()
    return {**seen, "left": len(again(session, after)["incoming_links"])}


def ensure(session: Any) -> Any:
    name = unique("ensured")
    first = session.ensure(
        "User", {"username": name, "email": "first@studio.example"}, identifying_keys=["username"]
    )
    second = session.ensure(
        "User", {"username": name, "email": "second@studio.example"}, identifying_keys=["username"]
    )
    return {
        "same": first["id"] == second["id"],
        "email": again(session, first)["email"],
        "count": len(session.query(f'User where username is "{name}"')),
    }
