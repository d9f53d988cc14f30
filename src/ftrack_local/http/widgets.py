"""The pages behind widget addresses (wire: get_widget_url)."""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ftrack_local.actions import Api, Caller
from ftrack_local.actions.widgets import Widget, WidgetAddresses
from ftrack_local.errors import RequestError
from ftrack_local.query import Literal

_HEADERS = {
    # The page holds no script, and nothing a name contains may become one.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_COLOURS = {"light": ("#222", "#fff"), "dark": ("#ddd", "#222")}
_ROWS = 50
_TITLES = {"info": "Information", "tasks": "My tasks", "tasks_browser": "Tasks"}


class WidgetPages:
    """Serves small pages that show what a widget would."""

    def __init__(self, api: Api, addresses: WidgetAddresses) -> None:
        self._api = api
        self._addresses = addresses

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [Route("/widget/{name}", self.get, methods=["GET"])]

    async def get(self, request: Request) -> Response:
        """Show a widget to anybody with its address, while that is good."""
        try:
            widget = self._addresses.read(request.path_params["name"], request.query_params, self._api.now())
        except RequestError as error:
            return JSONResponse(error.document(), status_code=error.status)
        caller = Caller(widget.user_id, "", str(request.base_url).rstrip("/"))
        page = await run_in_threadpool(self._page, widget, caller)
        return HTMLResponse(page, headers=_HEADERS)

    def _page(self, widget: Widget, caller: Caller) -> str:
        lines = self._entity(widget, caller) if widget.entity_type else []
        if widget.name != "info":
            lines += self._tasks(widget, caller)
        colour, background = _COLOURS[widget.theme]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines) or "<li>Nothing to show.</li>"
        title = escape(_TITLES[widget.name])
        style = f"body{{font-family:sans-serif;color:{colour};background:{background}}}"
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{style}</style></head><body><h1>{title}</h1><ul>{items}</ul></body></html>"
        )

    def _entity(self, widget: Widget, caller: Caller) -> list[str]:
        entity = self._api.model.types[widget.entity_type]
        key = f"{entity.primary_key[0]} is {Literal.of(widget.entity_key)}"
        name = ", link" if "link" in entity.attributes else ""
        found = self._query(f"select {entity.primary_key[0]}{name} from {entity.name} where {key}", caller)
        return [f"{widget.entity_type}: {_way(row) or widget.entity_key}" for row in found]

    def _tasks(self, widget: Widget, caller: Caller) -> list[str]:
        criteria = []
        if widget.name == "tasks":
            criteria.append(f"assignments any (resource_id is {Literal.of(widget.user_id)})")
        if widget.entity_key and self._api.model.types[widget.entity_type].root == "Context":
            key = Literal.of(widget.entity_key)
            criteria.append(f"(id is {key} or ancestors any (id is {key}) or project_id is {key})")
        where = f" where {' and '.join(criteria)}" if criteria else ""
        found = self._query(f"select link, status.name from Task{where} limit {_ROWS}", caller)
        return [": ".join(part for part in (_way(row), _status(row)) if part) for row in found]

    def _query(self, expression: str, caller: Caller) -> list[dict[str, Any]]:
        try:
            answers = self._api.handle([{"action": "query", "expression": expression}], caller)
        except RequestError:
            # A schema may lack what the page would like to show.
            return []
        found: list[dict[str, Any]] = answers[0]["data"]
        return found


def _status(row: dict[str, Any]) -> str:
    return str((row.get("status") or {}).get("name") or "")


def _way(row: dict[str, Any]) -> str:
    return " / ".join(part["name"] for part in row.get("link") or ())
