"""What a subcommand of the ``ftrack-typed`` program is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class CommandLike(Protocol):
    """What the program needs of a subcommand: any object with the attributes of :class:`Command`.

    The local server offers one of its own make, because it does not import the client.
    """

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def extra(self) -> str | None: ...
    @property
    def configure(self) -> Callable[[ArgumentParser], None]: ...
    @property
    def run(self) -> Callable[[Namespace], int]: ...


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
