"""Progress: seen on a terminal, silent anywhere else."""

from __future__ import annotations

import io

from ftrack_codegen.progress import shown


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_steps() -> None:
    stream = Terminal()
    with shown(stream) as step, step("Working out types"):
        pass
    assert stream.getvalue() != ""


def test_anything_else_stays_empty() -> None:
    stream = io.StringIO()
    with shown(stream) as step, step("Working out types"):
        pass
    assert stream.getvalue() == ""
