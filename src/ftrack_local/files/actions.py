"""The operations about files (wire: get_upload_metadata, complete_multipart_upload, …)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from ftrack_local.actions.extension import Action, Extension, Finish, OpenBatch
from ftrack_local.compile.sources import column_of
from ftrack_local.errors import EntityNotFoundError, ValidationError
from ftrack_local.writes.rows import Row

from .encoding import Encoder, Encoding
from .signing import Addresses, Signer
from .store import FileStore
from .uploads import Uploads

MAX_ID = 255
"""Longest component id, in characters."""


class FileActions(Extension):
    """Answers operations about files, and removes the bytes of deleted components."""

    def __init__(self, store: FileStore, uploads: Uploads, signer: Signer, encoder: Encoder) -> None:
        self._store = store
        self._uploads = uploads
        self._signer = signer
        self._encoder = encoder

    def actions(self) -> Mapping[str, Action]:
        """Return the operations."""
        return {
            "get_upload_metadata": self.get_upload_metadata,
            "complete_multipart_upload": self.complete_multipart_upload,
            "generate_signed_url": self.generate_signed_url,
            "encode_media": self.encode_media,
        }

    def writing(self) -> frozenset[str]:
        """Encoding begins with making a job."""
        return frozenset({"encode_media"})

    def finishing(self, batch: OpenBatch) -> None:
        """Have the bytes of components removed that the batch has deleted."""
        components = batch.writes.rows.model.types.get("Component")
        if components is None:
            return
        for table, key in batch.writes.deleted:
            if table == components.table and batch.writes.rows.find(components, key) is None:
                batch.after_commit.append(partial(self._remove, str(key[0])))

    def get_upload_metadata(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Say where a file may be uploaded; its component need not exist yet."""
        component_id = component_key(operation.get("component_id"))
        file_name, size = _described(_component(batch, component_id), component_id, operation)
        parts, checksum = operation.get("parts"), operation.get("checksum")
        addresses = self._addresses(batch)
        if parts is None:
            if checksum is not None and not isinstance(checksum, str):
                raise ValidationError("`checksum` is an MD5 digest in base64.")
            answer = self._uploads.single(addresses, component_id, file_name, size, checksum or None)
        elif isinstance(parts, int) and not isinstance(parts, bool):
            answer = self._uploads.in_parts(addresses, component_id, file_name, size, parts)
        else:
            raise ValidationError(f"`parts` is a number of parts, not {parts!r}.")
        return lambda: answer

    def complete_multipart_upload(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Join the parts of an upload."""
        component_id = component_key(operation.get("component_id"))
        self._uploads.complete(operation.get("upload_id"), component_id, operation.get("parts"))
        url = self._addresses(batch).download(component_id)
        return lambda: {"action": "complete_multipart_upload", "component_id": component_id, "url": url}

    def generate_signed_url(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Say where a component's file can be fetched without credentials."""
        component_id = component_key(operation.get("component_id"))
        if _component(batch, component_id) is None:
            raise EntityNotFoundError(f"There is no component {component_id}.")
        url = self._addresses(batch).download(component_id)
        return lambda: {"signed_url": url}

    def encode_media(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Make a job that turns a component into what the web player shows."""
        component_id = component_key(operation.get("component_id"))
        row = _component(batch, component_id)
        if row is None:
            raise EntityNotFoundError(f"There is no component {component_id} to encode.")
        version_id = operation.get("version_id")
        if version_id is not None:
            batch.writes.rows.get(batch.writes.rows.model.types["AssetVersion"], (version_id,))
        file_name, _ = _described(row, component_id, {})
        keep_original = operation.get("keep_original") is not False
        data = {
            "description": f"Encode {file_name}",
            "source_component_id": component_id,
            "keep_original": keep_original,
        }
        _, key = batch.writes.create("Job", None, {"status": "queued", "data": json.dumps(data)})
        encoding = Encoding(
            str(key[0]), component_id, version_id, keep_original, file_name, data, batch.caller
        )
        batch.after_commit.append(lambda: self._encoder.submit(encoding))
        return lambda: {"job_id": key[0]}

    def _addresses(self, batch: OpenBatch) -> Addresses:
        return Addresses(self._signer, batch.caller.base_url)

    def _remove(self, component_id: str) -> None:
        self._store.remove(component_id)


def component_key(value: Any) -> str:
    """Return a component's id as a request gives it; raise :class:`ValidationError` for anything else."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID:
        raise ValidationError(f"`component_id` is the id of a component, not {str(value)[:80]!r}.")
    return value


def file_name_of(row: Row) -> str:
    """Return the file name of a component; `file_type` is stored with and without its dot (wire: files)."""
    name = str(row.values.get(column_of(row.entity, "name")) or "file")
    extension = str(row.values.get(column_of(row.entity, "file_type")) or "")
    return name + (f".{extension.removeprefix('.')}" if extension.strip(".") else "")


def _component(batch: OpenBatch, component_id: str) -> Row | None:
    components = batch.writes.rows.model.types.get("Component")
    return None if components is None else batch.writes.rows.find(components, (component_id,))


def _described(row: Row | None, component_id: str, operation: Mapping[str, Any]) -> tuple[str, int]:
    """Return name and size of a file, as the operation gives them or else the component has them."""
    file_name, size = operation.get("file_name"), operation.get("file_size")
    if row is None and (file_name is None or size is None):
        raise ValidationError(
            f"The component {component_id} does not exist yet, so `file_name` and `file_size` are needed."
        )
    if row is not None:
        file_name = file_name_of(row) if file_name is None else file_name
        size = (row.values.get(column_of(row.entity, "size")) or 0) if size is None else size
    if not isinstance(file_name, str) or not file_name:
        raise ValidationError("`file_name` is the name of the file as text.")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise ValidationError(f"`file_size` is a number of bytes, not {size!r}.")
    return file_name, size
