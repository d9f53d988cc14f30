"""What a subcommand of the ``ftrack-typed`` program is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A subcommand. Packages offer theirs as entry points of the group ``ftrack_typed.commands``."""

    name: str
    """The word that chooses it."""
    summary: str
    """One line for the help text."""
    extra: str | None
    """Extra of ftrack-typed it needs, or None."""
    configure: Callable[[ArgumentParser], None]
    """Adds its arguments to a parser."""
    run: Callable[[Namespace], int]
    """Does the work and returns the exit code; an `ftrack_typed.errors.Error` is shown as one line."""
