"""The way to the server: HTTP, credentials, and what goes wrong between."""

from typing import TYPE_CHECKING

from ftrack_typed.exports import lazy_exports
from ftrack_typed.transport.authentication import SessionAuthentication
from ftrack_typed.transport.http import HttpTransport
from ftrack_typed.transport.pacing import Attempts, RetryPolicy

if TYPE_CHECKING:
    from ftrack_typed.transport.replies import error_from_reply as error_from_reply

__all__ = ["Attempts", "HttpTransport", "RetryPolicy", "SessionAuthentication", "error_from_reply"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(globals(), {"error_from_reply": "replies"})
