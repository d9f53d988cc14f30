"""The web application: `POST /api`."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, NoReturn

from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ftrack_local.actions import Api
from ftrack_local.errors import MalformedRequestError, RequestError, RequestTooLargeError

from .authentication import Authenticator, Options

MAX_BODY = 64 * 1024 * 1024
"""Largest request body accepted, in bytes."""

_logger = logging.getLogger("ftrack_local.http")


def build_app(
    api: Api,
    authenticator: Authenticator,
    *,
    routes: Sequence[BaseRoute] = (),
    middleware: Sequence[Middleware] = (),
    max_body: int = MAX_BODY,
) -> Starlette:
    """Return the ASGI application answering for `api`.

    `routes` are what else the server offers; `middleware` stands around all of it, outermost first.
    Bodies of API requests above `max_body` bytes are refused.
    """
    endpoint = _Endpoint(api, authenticator, max_body)
    return Starlette(
        routes=[Route("/api", endpoint.post, methods=["POST"]), *routes],
        middleware=middleware,
        exception_handlers={404: _not_found, 405: _method_not_allowed},
    )


class _Endpoint:
    def __init__(self, api: Api, authenticator: Authenticator, max_body: int) -> None:
        self._api = api
        self._authenticator = authenticator
        self._max_body = max_body

    async def post(self, request: Request) -> Response:
        """Answer a batch of operations; blocking work happens on a worker thread."""
        options = Options.read(request.headers)
        try:
            body = await self._body(request)
        except RequestError as error:
            return _error(error, error.status)
        except ClientDisconnect:
            return Response(status_code=400)
        base_url = str(request.base_url).rstrip("/")
        try:
            answer = await run_in_threadpool(self._answer, request, body, base_url, options)
        except MalformedRequestError as error:
            return _error(error, error.status)
        except RequestError as error:
            return _error(error, error.status if options.strict else 200)
        except Exception:
            _logger.exception("A request could not be answered.")
            failure = RequestError("The server failed to answer; its log tells why.")
            return _error(failure, failure.status if options.strict else 200)
        return Response(answer, media_type="application/json")

    def _answer(self, request: Request, body: bytes, base_url: str, options: Options) -> bytes:
        caller = self._authenticator.authenticate(request.headers, base_url, options)
        operations = _decode(body)
        request.state.operations = operations
        return to_json(self._api.handle(operations, caller))

    async def _body(self, request: Request) -> bytes:
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_body:
            self._refuse_size()
        body = bytearray()
        async for chunk in request.stream():
            body.extend(chunk)
            if len(body) > self._max_body:
                self._refuse_size()
        return bytes(body)

    def _refuse_size(self) -> NoReturn:
        raise RequestTooLargeError(f"The request body is larger than the {self._max_body} bytes accepted.")


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedRequestError(f"The request body is not JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _error(error: RequestError, status: int) -> Response:
    return JSONResponse(error.document(), status_code=status)


async def _not_found(request: Request, _error: Exception) -> Response:
    content = f"There is nothing at {request.url.path}; the API is at /api."
    return JSONResponse({"exception": "NotFound", "content": content, "error_code": None}, status_code=404)


async def _method_not_allowed(request: Request, _error: Exception) -> Response:
    content = f"{request.method} is not possible here; send the operations with POST."
    return JSONResponse(
        {"exception": "MethodNotAllowed", "content": content, "error_code": None}, status_code=405
    )
