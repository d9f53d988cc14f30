"""Errors of the journal of a durable listener."""

from __future__ import annotations

from ftrack_typed.errors.base import Error


class JournalError(Error):
    """A journal can't be used, or has not what was asked for; the text names the file."""


class JournalBusyError(JournalError):
    """Another listener works on the journal."""


class JournalFullError(JournalError):
    """So many events wait in the journal that it takes no more."""
