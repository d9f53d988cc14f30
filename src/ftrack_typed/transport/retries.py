"""Which actions may be sent twice. docs/retries.md shows the same table; a test compares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

from ftrack_typed.errors import RequestError, ServerError, TransportError


class Safety(Enum):
    """What may be done when the answer to an action is lost."""

    SAFE = "safe"
    """Changes nothing: sent again."""
    CHECKED = "safe after a check"
    """Sent again once the server was asked what became of the first time."""
    NEVER = "never"
    """Never sent again, unless it surely did not arrive."""


ACTIONS: Mapping[str, Safety] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "query",
                "search",
                "query_server_information",
                "query_schemas",
                "parse_query",
                "permissions",
                "storage_usage",
                "get_widget_url",
                "get_upload_metadata",
                "generate_signed_url",
                "_authorize_operation",
            ),
            Safety.SAFE,
        ),
        **dict.fromkeys(("create", "update", "delete"), Safety.CHECKED),
        **dict.fromkeys(
            (
                "complete_multipart_upload",
                "encode_media",
                "send_user_invite",
                "send_review_session_invite",
                "reset_remote",
                "delayed_job",
                "convert_entity",
                "assume_user",
                "un_assume_user",
                "add_user_security_role",
                "remove_user_security_role",
                "update_user_security_role",
                "grant_user_security_role_project",
                "revoke_user_security_role_project",
                "grant_api_key_project",
                "revoke_api_key_project",
                "grant_api_key_security_role",
                "revoke_api_key_security_role",
                "configure_totp",
                "configure_otp",
                "generate_totp",
                "disable_2fa",
                "_track_usage",
            ),
            Safety.NEVER,
        ),
    }
)
"""The class of each action (wire: protocol 1.5). Any other is never sent again."""

_TRANSIENT_STATUSES = frozenset({408, 429, 502, 503, 504})


def safety_of(operations: Iterable[Mapping[str, Any]]) -> Safety:
    """Return the class of a batch: that of its most delicate operation."""
    actions = {operation.get("action") for operation in operations}  # few, of many operations
    classes = {ACTIONS.get(str(action), Safety.NEVER) for action in actions}
    for strictest in (Safety.NEVER, Safety.CHECKED):
        if strictest in classes:
            return strictest
    return Safety.SAFE


def may_have_arrived(error: RequestError) -> bool:
    """Whether the server may have carried out a batch whose sending ended in *error*.

    It has not when nothing was sent, when it reports an error of its own (a batch is carried out as a whole
    or not at all), and when the status says that the request was turned away (3xx and 4xx).
    """
    if error.sent is False or (isinstance(error, ServerError) and error.exception is not None):
        return False
    return error.status is None or error.status < 300 or error.status >= 500


def is_transient(error: RequestError) -> bool:
    """Whether the same request may well succeed a moment later."""
    if error.status is not None and error.status >= 300:
        return error.status in _TRANSIENT_STATUSES
    # With a status below 300 only something else than an ftrack server's reply is a matter of transport.
    return isinstance(error, TransportError) and not error.permanent
