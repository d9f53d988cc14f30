"""Files for the demo studio's components, made when somebody first asks for one.

The demo has thousands of components; giving each of them a file beforehand would make starting slow.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from PIL import Image, ImageDraw

from ftrack_local.actions import Api
from ftrack_local.compile.sources import column_of
from ftrack_local.seeds.ids import LOCATIONS, make_id
from ftrack_local.writes.rows import Row, Rows

from .store import FileStore, Incoming

_PICTURES = frozenset({".jpg", ".jpeg"})
_CHUNK = 1024 * 1024


class Samples:
    """Finds the file of a component, making it up when it is one of the demo's that nobody has replaced."""

    def __init__(self, api: Api, store: FileStore) -> None:
        self._api = api
        self._store = store
        self._lock = Lock()
        self._removed: set[str] = set()

    def find(self, component_id: str) -> Path | None:
        """Return the file of a component, None when there is none."""
        path = self._store.find(component_id)
        if path is not None or component_id in self._removed:
            return path
        described = self._describe(component_id)
        if described is None:
            return None
        with self._lock:
            if self._store.find(component_id) is None:
                with self._store.receive() as incoming:
                    _write(incoming, component_id, *described)
                    self._store.keep(incoming, component_id)
        return self._store.find(component_id)

    def remove(self, component_id: str) -> bool:
        """Remove the file of a component, for good; return whether there was one."""
        there = self.find(component_id) is not None
        with self._lock:
            self._removed.add(component_id)
        return self._store.remove(component_id) or there

    def restore(self) -> None:
        """Forget what was removed, as the store is brought back to its snapshot."""
        self._removed.clear()

    def _describe(self, component_id: str) -> tuple[str, str, int] | None:
        """Return name, extension and size of a component of the demo that is on the server."""
        types = self._api.model.types
        if not {"Component", "ComponentLocation"} <= set(types):
            return None
        with self._api.storage.reading() as connection:
            rows = Rows(self._api.compiler, connection)
            row = rows.find(types["Component"], (component_id,))
            if row is None or not _is_of_demo(row, component_id):
                return None
            place = rows.find(types["ComponentLocation"], (make_id("ComponentLocation", component_id),))
        if place is None or _value(place, "location_id") != LOCATIONS["ftrack.server"]:
            return None
        return str(_value(row, "name")), str(_value(row, "file_type")), int(_value(row, "size") or 0)


def _is_of_demo(row: Row, component_id: str) -> bool:
    return component_id == make_id("FileComponent", _value(row, "version_id"), _value(row, "name"))


def _value(row: Row, attribute: str) -> Any:
    return row.values.get(column_of(row.entity, attribute))


def _write(incoming: Incoming, component_id: str, name: str, extension: str, size: int) -> None:
    """Write content of exactly the size the component has; decoders ignore zeros at the end of a picture."""
    content = (
        _picture(component_id) if extension in _PICTURES else f"{name}{extension} of the demo\n".encode()
    )
    incoming.write(content[:size])
    while incoming.size < size:
        incoming.write(bytes(min(_CHUNK, size - incoming.size)))


def _picture(component_id: str) -> bytes:
    """Return a small JPEG: a colour and some shapes that belong to the id."""
    digest = hashlib.sha256(component_id.encode()).digest()
    width, height = 480, 270
    picture = Image.new("RGB", (width, height), tuple(40 + value // 3 for value in digest[:3]))
    draw = ImageDraw.Draw(picture)
    for start in range(3, 24, 7):
        x, y, radius, *colour = digest[start : start + 6]
        centre_x, centre_y, reach = x * width // 255, y * height // 255, 30 + radius // 3
        box = (centre_x - reach, centre_y - reach, centre_x + reach, centre_y + reach)
        draw.ellipse(box, fill=tuple(colour))
    output = BytesIO()
    picture.save(output, "JPEG", quality=70)
    return output.getvalue()
