"""Progress on a terminal; silence anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TextIO

from .pipeline import Step


@contextmanager
def shown(stream: TextIO) -> Iterator[Step]:
    """Give a function that shows a step for as long as it lasts, if `stream` is a terminal."""
    if not stream.isatty():
        yield lambda name: nullcontext()
        return

    from rich.console import Console

    console = Console(file=stream)
    with console.status("Starting") as status:

        @contextmanager
        def step(name: str) -> Iterator[None]:
            status.update(f"{name} …")
            yield

        yield step
