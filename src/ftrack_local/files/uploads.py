"""What may be uploaded where: permissions for single files and for files in parts (wire: uploads)."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftrack_local.errors import ForbiddenError, ValidationError

from .signing import Addresses, Signer
from .store import FileStore

MAX_FILE = 64 * 1024**3
"""Largest file accepted unless a server is told otherwise, in bytes."""
MAX_PARTS = 10_000
"""Most parts of one upload."""

_LIFETIME = 24 * 3600.0
_REMEMBERED = 1000
_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Permit:
    """What the address of an upload permits."""

    component_id: str
    size: int
    """Bytes of the file; of all parts together when it comes in parts."""
    md5: str | None = None
    """Announced MD5 in hexadecimal."""
    upload_id: str | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True)
class _Upload:
    """A file that comes in parts."""

    component_id: str
    size: int
    parts: int
    expires: float


class Uploads:
    """Hands out permissions to upload, checks them and joins parts."""

    def __init__(
        self,
        store: FileStore,
        signer: Signer,
        max_size: int = MAX_FILE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._signer = signer
        self._max_size = max_size
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, _Upload] = {}
        self._joined: OrderedDict[str, str] = OrderedDict()

    def single(
        self, addresses: Addresses, component_id: str, file_name: str, size: int, checksum: str | None
    ) -> dict[str, Any]:
        """Return address and headers for uploading a file in one go; `checksum` is its MD5 in base64."""
        self._check_size(file_name, size)
        permitted = {"id": component_id, "size": str(size), "expires": self._expiry()}
        headers = {
            "Content-Type": mimetypes.guess_type(file_name)[0] or "application/octet-stream",
            "Content-Length": str(size),
        }
        if checksum is not None:
            permitted["md5"] = _hexadecimal(checksum)
            headers["Content-MD5"] = checksum
        return {"url": addresses.upload(permitted), "headers": headers, "component_id": component_id}

    def in_parts(
        self, addresses: Addresses, component_id: str, file_name: str, size: int, parts: int
    ) -> dict[str, Any]:
        """Return an upload's id and the addresses of its parts."""
        self._check_size(file_name, size)
        if not 1 <= parts <= MAX_PARTS:
            raise ValidationError(f"A file can be uploaded in 1 to {MAX_PARTS} parts, not {parts}.")
        upload_id = secrets.token_hex(16)
        self._forget_expired()
        with self._lock:
            self._open[upload_id] = _Upload(component_id, size, parts, self._clock() + _LIFETIME)
        common = {
            "id": component_id,
            "size": str(size),
            "expires": self._expiry(),
            "upload": upload_id,
        }
        urls = [
            {"part_number": number, "signed_url": addresses.upload({**common, "part": str(number)})}
            for number in range(1, parts + 1)
        ]
        return {"component_id": component_id, "upload_id": upload_id, "urls": urls}

    def permit(self, query: Mapping[str, str]) -> Permit:
        """Return what an upload's address permits.

        Raises :class:`ForbiddenError` when its signature is wrong or its time is over.
        """
        permitted = {name: value for name, value in query.items() if name != "signature"}
        if not self._signer.verify("upload", query.get("signature", ""), **permitted):
            raise ForbiddenError("The signature of this upload address is not valid; ask for a new address.")
        if float(permitted["expires"]) < self._clock():
            raise ForbiddenError("This upload address has expired; ask for a new one.")
        upload_id = permitted.get("upload")
        if upload_id is not None and upload_id not in self._open:
            raise ForbiddenError("This upload is complete or was given up; ask for a new one.")
        return Permit(
            permitted["id"],
            int(permitted["size"]),
            permitted.get("md5"),
            upload_id,
            int(permitted["part"]) if "part" in permitted else None,
        )

    def complete(self, upload_id: Any, component_id: str, parts: Any) -> None:
        """Join the parts of an upload; completing it once more does nothing.

        Raises :class:`ValidationError` when parts are missing or differ from what was received.
        """
        if not isinstance(upload_id, str) or not _UPLOAD_ID.fullmatch(upload_id):
            raise ValidationError("`upload_id` is the text that get_upload_metadata answered with.")
        with self._lock:
            if self._joined.get(upload_id) == component_id:
                return
            upload = self._open.get(upload_id)
            if upload is None or upload.component_id != component_id:
                raise ValidationError(
                    f"There is no upload {upload_id} of the component {component_id}; it may have expired."
                )
            _check_parts(_listed(parts), self._store.parts(upload_id), upload.parts)
            with self._store.join(upload_id) as incoming:
                if incoming.size != upload.size:
                    raise ValidationError(
                        f"The parts hold {incoming.size} bytes together; {upload.size} were announced."
                    )
                self._store.keep(incoming, component_id)
            self._store.forget_upload(upload_id)
            del self._open[upload_id]
            self._joined[upload_id] = component_id
            if len(self._joined) > _REMEMBERED:
                self._joined.popitem(last=False)

    def _check_size(self, file_name: str, size: int) -> None:
        if size > self._max_size:
            raise ValidationError(
                f"{file_name} has {size} bytes; this server takes files of {self._max_size} bytes at most."
            )

    def _expiry(self) -> str:
        return str(int(self._clock() + _LIFETIME))

    def _forget_expired(self) -> None:
        now = self._clock()
        with self._lock:
            expired = [key for key, upload in self._open.items() if upload.expires < now]
            for key in expired:
                del self._open[key]
        for key in expired:
            self._store.forget_upload(key)


def _listed(parts: Any) -> dict[int, str]:
    """Return the parts a client lists, number → tag; JavaScript clients strip the tags' quotes."""
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise ValidationError('`parts` is a list such as [{"part_number": 1, "e_tag": "…"}].')
    found: dict[int, str] = {}
    for part in parts:
        number = part.get("part_number") if isinstance(part, Mapping) else None
        tag = part.get("e_tag") if isinstance(part, Mapping) else None
        if not isinstance(number, int) or not isinstance(tag, str):
            raise ValidationError('`parts` is a list such as [{"part_number": 1, "e_tag": "…"}].')
        found[number] = tag.strip('"')
    return found


def _check_parts(listed: Mapping[int, str], received: Mapping[int, str], count: int) -> None:
    for number in range(1, count + 1):
        if number not in received:
            raise ValidationError(f"Part {number} of {count} has not been uploaded.")
        if number not in listed:
            raise ValidationError(f"Part {number} of {count} is missing in `parts`.")
        if listed[number] != received[number]:
            raise ValidationError(
                f"Part {number} has the tag {received[number]}, not {listed[number]}; upload it again."
            )


def _hexadecimal(checksum: str) -> str:
    try:
        digest = base64.b64decode(checksum, validate=True)
    except (ValueError, binascii.Error):
        digest = b""
    if len(digest) != 16:
        raise ValidationError(f"`checksum` is an MD5 digest in base64, not {checksum[:80]!r}.")
    return digest.hex()
