"""Errors of the generator; every one of them means that nothing was written."""

from __future__ import annotations

from ftrack_typed.errors import Error


class GenerationError(Error):
    """The schema could not be turned into source code."""


class OutputError(Error):
    """The target directory is not one the generator may write to."""


class InputError(Error):
    """The schema could not be read from where the caller said it is."""
