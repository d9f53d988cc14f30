"""Formatting by ruff: one process for a whole package, deaf to the user's own configuration."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import GenerationError

_TIMEOUT = 120.0
"""Seconds after which a hanging formatter is given up."""

_OPTIONS = (
    "--isolated",
    "--no-cache",
    "--no-respect-gitignore",
    "--quiet",
    "--line-length=110",
    "--target-version=py310",
    "--config=format.line-ending='lf'",
    "--config=exclude=[]",
)


def formatted(sources: Mapping[str, str]) -> dict[str, str]:
    """Format the Python modules `sources`, file name → text.

    Raises:
        GenerationError: when ruff refuses, which it does for text that is no Python.
    """
    from ruff import find_ruff_bin  # type: ignore[import-untyped]

    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    with tempfile.TemporaryDirectory(prefix="ftrack-codegen-") as scratch:
        directory = Path(scratch)
        for name, text in sources.items():
            (directory / name).write_text(text, encoding="utf-8", newline="\n")
        try:
            subprocess.run(
                [find_ruff_bin(), "format", *_OPTIONS, "."],
                cwd=directory,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=_TIMEOUT,
            )
        except subprocess.CalledProcessError as error:
            raise GenerationError(
                f"The formatter refused the generated code: {error.stderr.strip()}"
            ) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GenerationError(f"The formatter could not be run: {error}") from error
        return {name: (directory / name).read_text(encoding="utf-8") for name in sources}
