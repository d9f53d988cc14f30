"""Server information and schemas (wire: query_server_information, query_schemas)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .caller import Caller

SERVER_VERSION = "4.13.8.0"
"""Version announced to clients, which choose features by it."""


class ServerInformation:
    """What a client may learn about the server before it does anything else."""

    def __init__(self, wire: Sequence[Mapping[str, Any]]) -> None:
        self.schema_hash = schema_hash(wire)

    def answer(
        self,
        caller: Caller,
        values: Any = None,
        storage_scenario: Callable[[], Any] = lambda: None,
        person: Callable[[], Mapping[str, Any]] = dict,
    ) -> dict[str, Any]:
        """Return the default set, or the values asked for; names the server does not know are left out.

        `storage_scenario` and `person` (what is known of the caller) are only asked when wanted.
        """
        known: dict[str, Callable[[], Any]] = {
            "version": lambda: SERVER_VERSION,
            "schema_hash": lambda: self.schema_hash,
            "is_timezone_support_enabled": lambda: True,
            "storage_scenario": storage_scenario,
            "is_nested_subqueries_enabled": lambda: True,
            "product": lambda: {"name": "ftrack-typed local server"},
            "default_colors": list,
            "custom_widget": dict,
            "license": list,
            "preferred_language": lambda: "en",
            "week_startday": lambda: 1,
            "workday_length": lambda: 28800,
            "display_week_numbers": lambda: False,
            "display_task_dates_as_time": lambda: False,
            "storage_limit": lambda: None,
            "company_information": lambda: {"name": "", "logo_url": None},
            "user_information": lambda: {
                "id": caller.user_id,
                "username": caller.username,
                **person(),
                "is_global_access_key": True,
                "restricted_user": False,
                "permissions": [],
            },
        }
        if not isinstance(values, (list, tuple)):
            values = ("version", "schema_hash", "is_timezone_support_enabled", "storage_scenario")
        return {name: known[name]() for name in values if isinstance(name, str) and name in known}


def schema_hash(wire: Sequence[Mapping[str, Any]]) -> str:
    """Return the hash clients verify their cached schema with (wire: schema hash)."""
    text = json.dumps(wire, sort_keys=True)
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()
