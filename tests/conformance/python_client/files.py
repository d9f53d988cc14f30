"""Scenarios about components, locations, thumbnails and media."""

import base64
import json
import threading
from pathlib import Path
from typing import Any

import ftrack_api  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
import ftrack_api.accessor.disk  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
import ftrack_api.structure.standard  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
import requests

from .sessions import SECONDS, SERVER_LOCATION, again, new_task, refused, unique


def components(session: Any) -> Any:
    folder = Path.cwd()
    image = folder / "plate.txt"
    image.write_bytes(b"pixels" * 1000)
    server = session.get("Location", SERVER_LOCATION)
    component = session.create_component(str(image), location=server)
    component = again(session, component)
    server = session.get("Location", SERVER_LOCATION)
    received = server.accessor.open(server.get_resource_identifier(component), "rb").read()
    seen = {
        "data": [component["name"], component["file_type"], component["size"], component.entity_type],
        "received": received == image.read_bytes(),
        "available": server.get_component_availability(component),
    }

    frames = folder / "frames"
    frames.mkdir()
    for number in (1, 2, 3):
        (frames / f"plate.{number:04d}.exr").write_bytes(b"frame %d" % number)
    sequence = session.create_component(f"{frames}/plate.%04d.exr [1-3]", location=server)
    sequence = again(session, sequence)
    server = session.get("Location", SERVER_LOCATION)
    seen["sequence"] = [
        sequence.entity_type,
        sequence["padding"],
        sorted(m["name"] for m in sequence["members"]),
    ]
    seen["members"] = sorted(
        server.accessor.open(server.get_resource_identifier(member), "rb").read().decode()
        for member in sequence["members"]
    )

    store = folder / "store"
    store.mkdir()
    disk = session.ensure("Location", {"name": unique("store")})
    disk.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(store))
    disk.structure = ftrack_api.structure.standard.StandardStructure()
    version = session.query("AssetVersion").first()
    published = version.create_component(str(image), {"name": "published"}, location=disk)
    session.commit()
    path = Path(disk.get_filesystem_path(published))
    seen["published"] = [path.read_bytes() == image.read_bytes(), store in path.parents]
    server.add_component(published, disk)
    session.commit()
    seen["both"] = sorted(published.get_availability([disk, server]).values())
    disk.remove_component(published)
    session.commit()
    seen["left"] = [
        path.exists(),
        disk.get_component_availability(published),
        server.get_component_availability(published),
    ]

    server.remove_component(component)
    session.commit()
    component = again(session, component)
    server = session.get("Location", SERVER_LOCATION)
    seen["removed"] = [
        server.get_component_availability(component),
        refused(lambda: server.accessor.open(component["id"], "rb").read()),
    ]
    return seen


def thumbnails(session: Any) -> Any:
    folder = Path.cwd()
    picture = folder / "thumbnail.png"
    picture.write_bytes(
        base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        )
    )
    task = new_task(session)
    session.commit()
    component = task.create_thumbnail(str(picture))
    session.commit()
    task = again(session, task)
    server = session.get("Location", SERVER_LOCATION)
    pages = [
        requests.get(task["thumbnail_url"]["url"], timeout=SECONDS),
        requests.get(server.get_thumbnail_url(component, size=100), timeout=SECONDS),
        requests.get(server.get_url(component), timeout=SECONDS),
    ]
    return {
        "own": task["thumbnail_id"] == component["id"],
        "answers": [[page.status_code, page.headers["Content-Type"].split("/")[0]] for page in pages],
        "same": pages[2].content == picture.read_bytes(),
    }


def media(session: Any) -> Any:
    movie = Path.cwd() / "movie.png"
    thumbnails(session)
    movie.write_bytes((Path.cwd() / "thumbnail.png").read_bytes())
    task = session.query("Task where parent.name is_not none").first()
    asset = session.create(
        "Asset",
        {"name": unique("asset"), "parent": task["parent"], "type": session.query("AssetType").first()},
    )
    version = session.create("AssetVersion", {"asset": asset, "task": task})
    session.commit()
    job = version.encode_media(str(movie))
    finished = threading.Event()
    for _ in range(SECONDS * 10):
        job = again(session, job)
        if job["status"] in ("done", "failed"):
            break
        finished.wait(0.1)
    version = session.get("AssetVersion", version["id"])
    return {
        "version": version["version"],
        "status": job["status"],
        "output": bool(json.loads(job["data"])["output"]),
        "thumbnail": version["thumbnail_id"] is not None,
    }
