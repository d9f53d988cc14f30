"""`encode_media`: jobs that make what the web player shows (wire: encode_media).

With ffmpeg a movie becomes an H.264 one. Without it the file is copied as it is, and the job's data
says so under `note`.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from uuid import uuid4

from ftrack_local.actions.caller import Caller
from ftrack_local.seeds.ids import LOCATIONS

from .images import NoPictureError, dimensions, scaled
from .movies import Movie, MovieError, MovieTools
from .store import FileStore, Incoming

Operations = list[dict[str, Any]]

_logger = logging.getLogger("ftrack_local.files")

_COPIED = "ffmpeg was not found, so the file was copied without encoding it."
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Encoding:
    """A component to be encoded, and the job that reports about it."""

    job_id: str
    component_id: str
    version_id: str | None
    keep_original: bool
    file_name: str
    data: Mapping[str, Any]
    caller: Caller


@dataclass(frozen=True, slots=True)
class _Output:
    """A file made by encoding."""

    name: str
    extension: str
    media_type: str
    metadata: Mapping[str, Any]
    content: Incoming
    component_id: str


class Encoder:
    """Runs encodings one after the other on a thread of its own."""

    def __init__(
        self,
        store: FileStore,
        find: Callable[[str], Path | None],
        handle: Callable[[Operations, Caller], Any],
        tools: MovieTools | None = None,
    ) -> None:
        """`find` gives the file of a component, `handle` carries out a batch of operations; `tools` are looked
        up on the PATH unless given.
        """
        self._store = store
        self._find = find
        self._handle = handle
        self._tools = tools or MovieTools.find()
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: set[Future[None]] = set()

    def submit(self, encoding: Encoding) -> None:
        """Have a component encoded; its job tells how far that is."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="ftrack-local-encoder")
            future = self._pool.submit(self._run, encoding)
            self._waiting.add(future)
        future.add_done_callback(self._forget)

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait for all encodings submitted so far; return False when `timeout` seconds were not enough."""
        with self._lock:
            waiting = list(self._waiting)
        return not wait(waiting, timeout).not_done

    def close(self) -> None:
        """Give up what has not begun, stop what is running."""
        with self._lock:
            pool, self._pool = self._pool, None
        self._tools.stop()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._waiting.discard(future)

    def _run(self, encoding: Encoding) -> None:
        try:
            self._report(encoding, "running")
            self._encode(encoding)
        except Exception as error:
            reason = str(error) if isinstance(error, MovieError) else f"{type(error).__name__}: {error}"
            _logger.warning("Encoding %s failed: %s", encoding.file_name, reason)
            try:
                self._report(encoding, "failed", error=reason)
            except Exception:
                # The job may be deleted, or the server be stopping.
                _logger.debug("The job %s could not be marked as failed.", encoding.job_id, exc_info=True)

    def _encode(self, encoding: Encoding) -> None:
        source = self._find(encoding.component_id)
        if source is None:
            raise MovieError(f"The component {encoding.component_id} has no file on this server.")
        outputs: list[_Output] = []
        try:
            note = self._produce(encoding, source, outputs)
            for output in outputs:
                self._store.keep(output.content, output.component_id)
            self._handle(self._finished(encoding, outputs, note), encoding.caller)
        except BaseException:
            for output in outputs:
                output.content.discard()
                self._store.remove(output.component_id)
            raise

    def _produce(self, encoding: Encoding, source: Path, outputs: list[_Output]) -> str | None:
        """Make the files of an encoding; return what its user should know about them."""
        size = dimensions(source)
        if size is not None:
            metadata = {"format": "image", "width": size[0], "height": size[1]}
            outputs.append(self._image(encoding.file_name, source, metadata))
            outputs.append(self._thumbnail(source))
            return None
        if self._tools.ffmpeg is None:
            extension, media_type = _kind(encoding.file_name)
            copied = self._copy(source)
            outputs.append(
                _Output("ftrackreview-mp4", extension, media_type, _movie_metadata(None), copied, _new_id())
            )
            return _COPIED
        movie = self._store.receive()
        picture = self._store.receive()
        for incoming in (movie, picture):
            incoming.close()
        try:
            found = self._tools.encode(source, movie.path)
            outputs.append(
                _Output("ftrackreview-mp4", ".mp4", "video/mp4", _movie_metadata(found), movie, _new_id())
            )
            self._tools.picture(source, picture.path)
            outputs.append(self._thumbnail(picture.path))
        finally:
            if not outputs:
                movie.discard()
            picture.discard()
        return None

    def _image(self, file_name: str, source: Path, metadata: Mapping[str, Any]) -> _Output:
        extension, media_type = _kind(file_name)
        return _Output("ftrackreview-image", extension, media_type, metadata, self._copy(source), _new_id())

    def _thumbnail(self, source: Path) -> _Output:
        try:
            content, media_type = scaled(source, 300)
        except NoPictureError:
            raise MovieError("No thumbnail can be made of the file: it cannot be decoded.") from None
        incoming = self._store.receive()
        incoming.write(content)
        incoming.close()
        extension = ".png" if media_type == "image/png" else ".jpg"
        return _Output("thumbnail", extension, media_type, {}, incoming, _new_id())

    def _copy(self, source: Path) -> Incoming:
        incoming = self._store.receive()
        with source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                incoming.write(chunk)
        incoming.close()
        return incoming

    def _finished(self, encoding: Encoding, outputs: list[_Output], note: str | None) -> Operations:
        operations: Operations = []
        for output in outputs:
            kept = self._store.find(output.component_id)
            size = 0 if kept is None else kept.stat().st_size
            operations.extend(_component(output, size, encoding.version_id))
            if output.name == "thumbnail" and encoding.version_id is not None:
                changed = {"thumbnail_id": output.component_id}
                operations.append(_update("AssetVersion", encoding.version_id, changed))
        if not encoding.keep_original:
            operations.append(
                {"action": "delete", "entity_type": "Component", "entity_key": [encoding.component_id]}
            )
        shown = [
            {"format": output.media_type, "component_id": output.component_id}
            for output in outputs
            if output.name != "thumbnail"
        ]
        data = {**encoding.data, "output": shown, **({} if note is None else {"note": note})}
        operations.append(_update("Job", encoding.job_id, {"status": "done", "data": json.dumps(data)}))
        return operations

    def _report(self, encoding: Encoding, status: str, **more: Any) -> None:
        data = json.dumps({**encoding.data, **more})
        self._handle([_update("Job", encoding.job_id, {"status": status, "data": data})], encoding.caller)


def _component(output: _Output, size: int, version_id: str | None) -> Operations:
    """Return what creates a component that is on the server."""
    operations = [
        _create(
            "FileComponent",
            id=output.component_id,
            name=output.name,
            file_type=output.extension,
            size=size,
            **({} if version_id is None else {"version_id": version_id}),
        ),
        _create(
            "ComponentLocation",
            component_id=output.component_id,
            location_id=LOCATIONS["ftrack.server"],
            resource_identifier=output.component_id,
        ),
    ]
    if output.metadata:
        operations.append(
            _create(
                "Metadata",
                parent_id=output.component_id,
                parent_type="FileComponent",
                key="ftr_meta",
                value=json.dumps(output.metadata),
            )
        )
    return operations


def _create(entity_type: str, /, **data: Any) -> dict[str, Any]:
    return {"action": "create", "entity_type": entity_type, "entity_data": data}


def _update(entity_type: str, key: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"action": "update", "entity_type": entity_type, "entity_key": [key], "entity_data": data}


def _movie_metadata(movie: Movie | None) -> dict[str, Any]:
    """What the player needs to know (wire: ftr_meta)."""
    if movie is None:
        return {"frameIn": 0, "frameOut": 0, "frameRate": 25}
    return {
        "frameIn": 0,
        "frameOut": max(0, movie.frames - 1),
        "frameRate": movie.frame_rate,
        "width": movie.width,
        "height": movie.height,
    }


def _kind(file_name: str) -> tuple[str, str]:
    return Path(file_name).suffix, guess_type(file_name)[0] or "application/octet-stream"


def _new_id() -> str:
    return str(uuid4())
