"""What stands before every request: foreign names are refused, foreign pages only let in when asked for."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ftrack_local.errors import ForeignHostError
from ftrack_local.hosts import KnownHosts, check_origin

_POLICY_VIOLATION = 1008


class HostGuard:
    """Refuses requests that were sent to another name than the server's (see :class:`KnownHosts`)."""

    def __init__(self, app: ASGIApp, hosts: KnownHosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        kind = scope["type"]
        host = Headers(scope=scope).get("host", "") if kind in ("http", "websocket") else None
        if host is None or host in self._hosts:
            await self._app(scope, receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            error = ForeignHostError(
                f"This server does not go by the name {host[:100]!r}. Use the address it printed, or start it "
                "with --allow-host."
            )
            await JSONResponse(error.document(), status_code=error.status)(scope, receive, send)


def cors(origins: Sequence[str]) -> list[Middleware]:
    """Return what lets pages of other origins use the server; nothing without origins.

    Raises :class:`LocalServerError` for an origin that is none.
    """
    if not origins:
        return []
    known = [check_origin(origin) for origin in origins if origin != "*"]
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=known,
            # Browsers take no `*` for requests with credentials, which clients send (wire: cookies).
            allow_origin_regex=".*" if "*" in origins else None,
            allow_methods=["GET", "POST", "PUT"],
            allow_headers=["*"],
            allow_credentials=True,
            # Clients that upload in parts read it (wire: multipart).
            expose_headers=["ETag"],
        )
    ]
