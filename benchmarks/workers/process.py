"""The parent's side of a worker."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

from typing_extensions import Self

ROOT = Path(__file__).parents[2]

_JOB_SECONDS = 600.0
_STOP_SECONDS = 10.0
_FOREIGN = ("FTRACK_", "PYTHON")
"""Settings of a user's shell that must not reach a worker."""


class WorkerError(Exception):
    """A job failed, or the worker ended."""


class Worker:
    """A process that does jobs, one at a time.

    Args:
        python: The interpreter of the client's environment.
        module: What it runs: a module that serves jobs.
    """

    def __init__(self, python: Path, module: str) -> None:
        self.module: str = module
        """What the process runs."""
        self._process = subprocess.Popen(
            [str(python), "-m", module],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, job: str, **arguments: Any) -> Any:
        """Have a job done and return its result.

        Raises:
            WorkerError: when it failed, took too long, or the process ended.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        guard = threading.Timer(_JOB_SECONDS, process.kill)
        guard.start()
        try:
            process.stdin.write(json.dumps({"job": job, "arguments": arguments}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            guard.cancel()
        if not line:
            raise WorkerError(f"{self.module} ended while it did {job!r}.")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.module} could not do {job!r}:\n{answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """End the process, which ends when its input does."""
        try:
            self._process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate(timeout=_STOP_SECONDS)


def environment() -> dict[str, str]:
    """The environment that programs are measured in."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return own | {"PYTHONIOENCODING": "utf-8", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
