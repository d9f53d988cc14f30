"""Where the bytes of components are kept.

A file becomes visible all at once, by being renamed into place. Names on disk are digests: nothing a
client sends is ever part of a path.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ftrack_local.errors import LocalServerError

_SET_ASIDE = ".aside"
_CHUNK = 1024 * 1024


class FileStore:
    """A directory of component files; safe to use from several threads."""

    def __init__(self, directory: Path | None = None) -> None:
        """`directory` is made when the first file arrives; None for a temporary one, removed on closing."""
        self._wanted = directory
        self._directory: Path | None = None
        self._lock = threading.RLock()
        self._snapshot: frozenset[str] | None = None

    def find(self, component_id: str) -> Path | None:
        """Return the file of a component, None when there is none."""
        path = self._path(component_id)
        return path if path is not None and path.is_file() else None

    def receive(self) -> Incoming:
        """Return a new file to write to; nobody sees it before it is kept."""
        return Incoming(self._open() / "incoming" / secrets.token_hex(16))

    def keep(self, incoming: Incoming, component_id: str) -> None:
        """Make a received file the component's; it replaces the one there was."""
        incoming.close()
        with self._lock:
            path = self._open() / "files" / _digest(component_id)
            path.parent.mkdir(exist_ok=True)
            self._set_aside(path)
            incoming.path.replace(path)

    def keep_part(self, incoming: Incoming, upload_id: str, number: int) -> None:
        """Make a received file a part of an upload; it replaces an earlier attempt."""
        incoming.close()
        with self._lock:
            directory = self._upload(upload_id)
            directory.mkdir(parents=True, exist_ok=True)
            for earlier in directory.glob(f"{number:05d}-*"):
                earlier.unlink()
            incoming.path.replace(directory / f"{number:05d}-{incoming.md5}")

    def parts(self, upload_id: str) -> dict[int, str]:
        """Return the MD5 of every part received, by its number."""
        directory = self._upload(upload_id)
        names = sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
        return {int(name.partition("-")[0]): name.partition("-")[2] for name in names}

    def join(self, upload_id: str) -> Incoming:
        """Return the parts of an upload as one received file."""
        incoming = self.receive()
        with incoming:
            for path in sorted(self._upload(upload_id).iterdir()):
                with path.open("rb") as part:
                    while chunk := part.read(_CHUNK):
                        incoming.write(chunk)
            incoming.leave()
        return incoming

    def forget_upload(self, upload_id: str) -> None:
        """Remove the parts of an upload."""
        shutil.rmtree(self._upload(upload_id), ignore_errors=True)

    def remove(self, component_id: str) -> bool:
        """Remove the file of a component; return whether there was one."""
        path = self._path(component_id)
        if path is None:
            return False
        with self._lock:
            if not path.is_file():
                return False
            self._set_aside(path)
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            return True

    def snapshot(self) -> None:
        """Remember which files there are, for :meth:`restore` to come back to."""
        with self._lock:
            for path in list(self._all()):
                if path.name.endswith(_SET_ASIDE):
                    path.unlink()
            self._snapshot = frozenset(path.name for path in self._all())

    def restore(self) -> None:
        """Bring the files back to the last snapshot."""
        with self._lock:
            if self._snapshot is None:
                raise LocalServerError("There is no snapshot of the files to restore.")
            for path in list(self._all()):
                if not path.name.endswith(_SET_ASIDE) and path.name not in self._snapshot:
                    path.unlink()
            for path in list(self._all()):
                if path.name.endswith(_SET_ASIDE):
                    path.replace(path.with_name(path.name.removesuffix(_SET_ASIDE)))

    def close(self) -> None:
        """Remove a temporary directory; any other stays."""
        with self._lock:
            directory, self._directory = self._directory, None
            if directory is not None and self._wanted is None:
                shutil.rmtree(directory, ignore_errors=True)

    def _open(self) -> Path:
        with self._lock:
            if self._directory is None:
                try:
                    self._directory = self._prepare()
                except OSError as error:
                    raise LocalServerError(
                        f"The directory for files, {self._wanted or tempfile.gettempdir()}, cannot be used: "
                        f"{error.strerror or error}."
                    ) from None
            return self._directory

    def _prepare(self) -> Path:
        directory = self._wanted or Path(tempfile.mkdtemp(prefix="ftrack-local-"))
        # What an earlier run did not finish receiving is of no use to anybody.
        shutil.rmtree(directory / "incoming", ignore_errors=True)
        for name in ("files", "incoming", "uploads"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        return directory

    def _path(self, component_id: str) -> Path | None:
        directory = self._directory or self._wanted
        return None if directory is None else directory / "files" / _digest(component_id)

    def _upload(self, upload_id: str) -> Path:
        return self._open() / "uploads" / hashlib.sha256(upload_id.encode()).hexdigest()

    def _all(self) -> Iterator[Path]:
        directory = self._directory or self._wanted
        return iter(()) if directory is None else (directory / "files").glob("*/*")

    def _set_aside(self, path: Path) -> None:
        """While there is a snapshot, keep what it contains."""
        if self._snapshot is None or path.name not in self._snapshot or not path.is_file():
            return
        aside = path.with_name(path.name + _SET_ASIDE)
        if not aside.exists():
            path.replace(aside)


class Incoming:
    """A file being received: its size and MD5 so far. Leaving its context throws it away unless it is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file: BinaryIO | None = path.open("xb")
        self._left = False

    @property
    def md5(self) -> str:
        """MD5 of what was written, in hexadecimal."""
        return self._md5.hexdigest()

    def write(self, data: bytes) -> None:
        """Append to the file."""
        assert self._file is not None
        self._file.write(data)
        self._md5.update(data)
        self.size += len(data)

    def close(self) -> None:
        """End writing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def leave(self) -> None:
        """Let the file outlive the context."""
        self.close()
        self._left = True

    def discard(self) -> None:
        """Throw the file away, if it has not been kept."""
        self.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def __enter__(self) -> Incoming:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._left:
            self.discard()


def beside(database_file: str | os.PathLike[str]) -> Path:
    """Return the directory that holds the files belonging to a database file."""
    path = Path(database_file)
    return path.with_name(f"{path.name}.files")


def _digest(component_id: str) -> str:
    digest = hashlib.sha256(component_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest[:2]}/{digest}"
