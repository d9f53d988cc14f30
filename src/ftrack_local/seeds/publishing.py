"""Assets, versions and components of the demo studio."""

from __future__ import annotations

from collections.abc import Iterator

from ftrack_local.seeds.custom_attributes import value_row
from ftrack_local.seeds.ids import LOCATIONS, make_id
from ftrack_local.seeds.system import Row, asset_type_id, status_id

_VERSION_STATUSES = ("Pending Review", "Revise", "Approved", "Client approved")
_MAIN_COMPONENT = {"geo": ("main", ".abc"), "anim": ("main", ".usd"), "render": ("main", ".mov")}


def version_id(project: str, path: tuple[str, ...], asset: str, number: int) -> str:
    """Id of a version of the demo."""
    return make_id("AssetVersion", project, *path, asset, number)


def published_rows(
    project: str,
    path: tuple[str, ...],
    context: str,
    name: str,
    kind: str,
    task_type: str,
    username: str,
    serial: int,
) -> Iterator[Row]:
    """One asset with two versions; each has a main component and a thumbnail on the server."""
    asset = make_id("Asset", project, *path, name)
    project_id = make_id("Project", project)
    yield {
        "__entity_type__": "Asset",
        "id": asset,
        "name": name,
        "context_id": context,
        "project_id": project_id,
        "type_id": asset_type_id(kind),
    }
    if kind == "geo":
        yield value_row("reference_page", asset, f"https://wiki.studio.example/{project}/{path[-1]}")
    for number in (1, 2):
        version = version_id(project, path, name, number)
        thumbnail = make_id("FileComponent", version, "thumbnail")
        yield {
            "__entity_type__": "AssetVersion",
            "id": version,
            "asset_id": asset,
            "project_id": project_id,
            "version": number,
            "comment": "First pass" if number == 1 else "Addressed notes",
            "date": f"2024-05-{1 + (serial + number) % 28:02d}T17:30:00",
            "user_id": make_id("User", username),
            "task_id": make_id("Task", project, *path, task_type.lower()),
            "status_id": status_id(_VERSION_STATUSES[(serial + number) % len(_VERSION_STATUSES)]),
            "thumbnail_id": thumbnail,
        }
        if number == 2 and serial % 3 == 0:
            yield value_row("qc_passed", version, True)
            yield value_row("render_hours", version, 1.5 + serial % 8)
        main, extension = _MAIN_COMPONENT[kind]
        yield from _file(version, main, extension, size=1_500_000 + serial * 1024)
        yield from _file(version, "thumbnail", ".jpg", size=18_000 + serial)
    if kind == "render":
        yield from _frames(version_id(project, path, name, 2), serial)


def _file(version: str, name: str, extension: str, size: int) -> Iterator[Row]:
    component = make_id("FileComponent", version, name)
    yield {
        "__entity_type__": "FileComponent",
        "id": component,
        "name": name,
        "file_type": extension,
        "size": size,
        "version_id": version,
    }
    yield {
        "__entity_type__": "ComponentLocation",
        "id": make_id("ComponentLocation", component),
        "component_id": component,
        "location_id": LOCATIONS["ftrack.server"],
        "resource_identifier": component,
    }


def _frames(version: str, serial: int) -> Iterator[Row]:
    """An image sequence on some versions; its members have no locations of their own."""
    if serial % 20:
        return
    sequence = make_id("SequenceComponent", version)
    yield {
        "__entity_type__": "SequenceComponent",
        "id": sequence,
        "name": "frames",
        "file_type": ".exr",
        "padding": 4,
        "size": 3 * 12_000_000,
        "version_id": version,
    }
    for frame in (1001, 1002, 1003):
        yield {
            "__entity_type__": "FileComponent",
            "id": make_id("FileComponent", version, frame),
            "name": str(frame),
            "file_type": ".exr",
            "size": 12_000_000,
            "container_id": sequence,
        }
