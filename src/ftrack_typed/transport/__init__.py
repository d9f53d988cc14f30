"""The way to the server: HTTP, credentials, and what goes wrong between."""

from ftrack_typed.transport.authentication import SessionAuthentication
from ftrack_typed.transport.http import HttpTransport
from ftrack_typed.transport.pacing import Attempts, RetryPolicy
from ftrack_typed.transport.replies import error_from_reply

__all__ = ["Attempts", "HttpTransport", "RetryPolicy", "SessionAuthentication", "error_from_reply"]
