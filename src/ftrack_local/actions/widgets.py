"""Addresses of widgets, which permit looking at one page for a few minutes (wire: get_widget_url)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ftrack_local.compile.resolve import entity_type
from ftrack_local.errors import ForbiddenError, ValidationError, nearest
from ftrack_local.files.signing import Signer

from .extension import Action, Extension, Finish, OpenBatch

MINUTES = 6
"""How long an address can be used."""
NAMES = ("info", "tasks", "tasks_browser")
"""Widgets there are."""
THEMES = ("light", "dark")
_FIELDS = ("user_id", "theme", "entity_type", "entity_key", "expires")


@dataclass(frozen=True, slots=True)
class Widget:
    """A page and what it shows."""

    name: str
    user_id: str
    """Whose tasks it shows."""
    theme: str
    entity_type: str
    """Type of the entity it is about; empty for none."""
    entity_key: str


class WidgetAddresses:
    """Makes addresses of widgets and reads them again."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def make(self, base_url: str, widget: Widget, now: str) -> str:
        """Return an address that is good until :data:`MINUTES` after `now` (UTC text)."""
        expires = (datetime.fromisoformat(now) + timedelta(minutes=MINUTES)).isoformat()
        permitted = {name: getattr(widget, name) for name in _FIELDS if name != "expires"}
        permitted["expires"] = expires
        signature = self._signer.sign("widget", name=widget.name, **permitted)
        return f"{base_url}/widget/{widget.name}?{urlencode({**permitted, 'signature': signature})}"

    def read(self, name: str, parameters: Mapping[str, str], now: str) -> Widget:
        """Return what an address shows; raise :class:`ForbiddenError` when it is made up or too old."""
        permitted = {field: parameters.get(field, "") for field in _FIELDS}
        if not self._signer.verify("widget", parameters.get("signature", ""), name=name, **permitted):
            raise ForbiddenError("This address of a widget was not made by this server.")
        if permitted.pop("expires") < now:
            raise ForbiddenError(f"The address of a widget is good for {MINUTES} minutes; ask for a new one.")
        return Widget(name=name, **permitted)


class Widgets(Extension):
    """The operation `get_widget_url`."""

    def __init__(self, addresses: WidgetAddresses) -> None:
        self._addresses = addresses

    def actions(self) -> Mapping[str, Action]:
        """Return the operation."""
        return {"get_widget_url": self.get_widget_url}

    def get_widget_url(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Say where a widget can be seen."""
        name, theme = operation.get("name"), operation.get("theme") or THEMES[0]
        if name not in NAMES:
            raise ValidationError(
                f"There is no widget {name!r}; there are {', '.join(NAMES)}.{nearest(str(name), NAMES)}"
            )
        if theme not in THEMES:
            raise ValidationError(f"There is no theme {theme!r}; there are {' and '.join(THEMES)}.")
        type_name, key = operation.get("entity_type"), operation.get("entity_key")
        shown = ("", "")
        if type_name is not None or key is not None:
            rows = batch.writes.rows
            entity = entity_type(rows.model, str(type_name))
            row = rows.get(entity, rows.read_key(entity, key))
            shown = (row.entity.name, str(row.key[0]))
        widget = Widget(str(name), batch.caller.user_id, str(theme), *shown)
        url = self._addresses.make(batch.caller.base_url, widget, batch.writes.filler.now)
        return lambda: {"widget_url": url}
