"""Files over HTTP: upload, download, thumbnails, removal (wire: files)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from mimetypes import guess_type
from typing import NoReturn

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ftrack_local.actions import Api
from ftrack_local.errors import (
    EntityNotFoundError,
    ForbiddenError,
    LocalServerError,
    RequestError,
    RequestTooLargeError,
    ValidationError,
)
from ftrack_local.http.authentication import Authenticator, Options
from ftrack_local.writes.rows import Row, Rows

from .actions import component_key, file_name_of
from .images import DEFAULT_SIZE, MAX_SIZE, NoPictureError, placeholder, scaled
from .samples import Samples
from .signing import Addresses
from .store import FileStore
from .uploads import Permit, Uploads

_logger = logging.getLogger("ftrack_local.files")

_PLACEHOLDER = "/img/thumbnail2.png"
_BUFFER = 1024 * 1024

_Handler = Callable[[Request], Awaitable[Response]]


class FileServer:
    """Serves the files of components."""

    def __init__(
        self, api: Api, authenticator: Authenticator, store: FileStore, uploads: Uploads, samples: Samples
    ) -> None:
        self._api = api
        self._authenticator = authenticator
        self._store = store
        self._samples = samples
        self._uploads = uploads

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [
            Route("/component/get", _answering(self.get), methods=["GET"]),
            Route("/component/thumbnail", _answering(self.thumbnail), methods=["GET"]),
            Route("/component/remove", _answering(self.remove), methods=["GET"]),
            Route("/component/getPutMetadata", _answering(self.get_put_metadata), methods=["GET"]),
            Route("/component/upload", _answering(self.upload), methods=["PUT"]),
            Route(_PLACEHOLDER, self.placeholder, methods=["GET"]),
        ]

    async def get(self, request: Request) -> Response:
        """Send a file, in ranges if asked; with credentials redirect to an address that needs none."""
        signed = await self._authorise(request, "get")
        component_id, row = await self._component(request)
        path = await run_in_threadpool(self._samples.find, component_id)
        if path is None:
            raise EntityNotFoundError(f"The component {component_id} has no file on this server.")
        if not signed:
            address = Addresses(self._api.signer, str(request.base_url).rstrip("/")).download(component_id)
            return RedirectResponse(address, 302)
        name = component_id if row is None else file_name_of(row)
        return FileResponse(
            path,
            filename=name,
            media_type=guess_type(name)[0] or "application/octet-stream",
            # Nothing that was uploaded may run as a page of this server.
            headers={"X-Content-Type-Options": "nosniff"},
        )

    async def thumbnail(self, request: Request) -> Response:
        """Send a picture that fits a square of `size` pixels; the placeholder where there is none."""
        await self._authorise(request, "thumbnail")
        size = _size(request.query_params.get("size"))
        component_id, row = await self._component(request)
        path = await run_in_threadpool(self._samples.find, component_id)
        if path is None and row is None:
            raise EntityNotFoundError(f"There is no component {component_id}.")
        try:
            if path is None:
                raise NoPictureError
            content, media_type = await run_in_threadpool(scaled, path, size)
        except NoPictureError:
            return RedirectResponse(_PLACEHOLDER, 302)
        return Response(content, media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})

    async def placeholder(self, request: Request) -> Response:
        """Send the picture shown where there is none."""
        return Response(placeholder(), media_type="image/png")

    async def remove(self, request: Request) -> Response:
        """Remove the bytes of a component; clients ask for it when it leaves the server's location."""
        await self._authorise(request, None)
        component_id, row = await self._component(request)
        removed = await run_in_threadpool(self._samples.remove, component_id)
        if not removed and row is None:
            raise EntityNotFoundError(f"There is no component {component_id}.")
        return JSONResponse({"success": True})

    async def get_put_metadata(self, request: Request) -> Response:
        """The forerunner of get_upload_metadata, which old clients use."""
        await self._authorise(request, None)
        component_id, row = await self._component(request)
        size = request.query_params.get("fileSize", "")
        if not (size.isascii() and size.isdigit()):
            raise ValidationError("`fileSize` is a number of bytes.")
        name = component_id if row is None else file_name_of(row)
        addresses = Addresses(self._api.signer, str(request.base_url).rstrip("/"))
        checksum = request.query_params.get("checksum") or None
        answer = self._uploads.single(addresses, component_id, name, int(size[:20]), checksum)
        return JSONResponse({"url": answer["url"], "headers": answer["headers"]})

    async def upload(self, request: Request) -> Response:
        """Take a file, or a part of one; it becomes visible only when all of it is here."""
        permit = self._uploads.permit(request.query_params)
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > permit.size:
            _refuse_size(permit)
        incoming = await run_in_threadpool(self._store.receive)
        try:
            buffer = bytearray()
            async for chunk in request.stream():
                buffer.extend(chunk)
                if incoming.size + len(buffer) > permit.size:
                    _refuse_size(permit)
                if len(buffer) >= _BUFFER:
                    await run_in_threadpool(incoming.write, bytes(buffer))
                    buffer.clear()
            await run_in_threadpool(incoming.write, bytes(buffer))
            if permit.upload_id is not None and permit.part is not None:
                await run_in_threadpool(self._store.keep_part, incoming, permit.upload_id, permit.part)
            else:
                _check(permit, incoming.size, incoming.md5)
                await run_in_threadpool(self._store.keep, incoming, permit.component_id)
        finally:
            await run_in_threadpool(incoming.discard)
        return Response(headers={"ETag": f'"{incoming.md5}"'})

    async def _authorise(self, request: Request, purpose: str | None) -> bool:
        """Accept a signature made for the purpose (return True) or a user's name and key."""
        query = request.query_params
        signature = query.get("signature")
        if signature is not None and purpose is not None:
            if not self._api.signer.verify(purpose, signature, id=query.get("id", "")):
                raise ForbiddenError("The signature of this address is not valid.")
            return True
        credentials = {"ftrack-user": query.get("username", ""), "ftrack-api-key": query.get("apiKey", "")}
        if "username" not in query:
            credentials = dict(request.headers)
        await run_in_threadpool(
            self._authenticator.authenticate, credentials, "", Options(strict=True, denormalize=False)
        )
        return False

    async def _component(self, request: Request) -> tuple[str, Row | None]:
        component_id = request.query_params.get("id")
        if component_id is None:
            raise ValidationError("The address needs the component's `id`.")
        component_key(component_id)
        return component_id, await run_in_threadpool(self._find, component_id)

    def _find(self, component_id: str) -> Row | None:
        components = self._api.model.types.get("Component")
        if components is None:
            return None
        with self._api.storage.reading() as connection:
            return Rows(self._api.compiler, connection).find(components, (component_id,))


def _answering(handler: _Handler) -> _Handler:
    """Answer errors with their status and error object."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestError as error:
            return JSONResponse(error.document(), status_code=error.status)
        except ClientDisconnect:
            return Response(status_code=400)
        except (OSError, LocalServerError):
            _logger.exception("A file could not be read or written.")
            failure = RequestError("The server failed to read or write the file; its log tells why.")
            return JSONResponse(failure.document(), status_code=failure.status)

    return answer


def _size(text: str | None) -> int:
    if text is None:
        return DEFAULT_SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MAX_SIZE):
        raise ValidationError(f"`size` is a number of pixels from 1 to {MAX_SIZE}, not {text[:80]!r}.")
    return int(text)


def _refuse_size(permit: Permit) -> NoReturn:
    raise RequestTooLargeError(f"More bytes were sent than the {permit.size} announced for this upload.")


def _check(permit: Permit, size: int, md5: str) -> None:
    if size != permit.size:
        raise ValidationError(f"{size} bytes were sent; {permit.size} were announced for this upload.")
    if permit.md5 is not None and md5 != permit.md5:
        raise ValidationError(f"The MD5 of what was sent is {md5}; {permit.md5} was announced.")
