"""The whole product at work: what ``make demo`` runs.

Starts a local server with the demo studio, fetches and caches its schema, generates a package from it,
type-checks ``pipeline.py`` against that package, runs it, and shows a misspelt script being refused.
Everything happens in a scratch directory that is removed at the end. Exit code 1 when a step fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ftrack_typed import Session
from ftrack_typed.errors import Error

EXAMPLES = Path(__file__).parent
PACKAGE = "studio_entities"
STOCK_IMPORT = "import ftrack_entities as studio"
STUDIO_IMPORT = f"import {PACKAGE} as studio"
STEP_SECONDS = 120.0
"""Seconds after which a step is given up."""


class StepFailedError(Exception):
    """A step of the demo did not do what it should."""


def main() -> int:
    """Run all steps; return the exit code."""
    started = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="ftrack-typed-demo-") as scratch:
            _run(Path(scratch))
    except StepFailedError as error:
        print(f"demo: failed: {error}", file=sys.stderr)
        return 1
    print(f"demo: ok ({time.perf_counter() - started:.1f} s)")
    return 0


def _run(scratch: Path) -> None:
    cache = scratch / "schema-cache"
    with _Server(scratch / "server.log") as server:
        with _step("start a local server with the demo studio"):
            server.wait_until_ready()
            print(f"  {server.variables['FTRACK_SERVER']} as {server.variables['FTRACK_API_USER']}")
        environment = _environment(server.variables, cache)

        with _step("fetch and cache the schema"):
            _fetch_schema(server.variables, cache)
        with _step(f"generate the package {PACKAGE}"):
            regen = ["-m", "ftrack_typed", "regen", "--schema-cache-path", str(cache)]
            output = _python([*regen, "--package", PACKAGE, "--out", str(scratch)], scratch, environment)
            _show(output.replace(str(scratch) + os.sep, ""))
        with _step("mypy --strict examples/pipeline.py, against that package"):
            _take("pipeline.py", scratch)
            _show(_python([*_MYPY, "pipeline.py"], scratch, environment))
        with _step("run examples/pipeline.py"):
            _show(_python(["pipeline.py"], scratch, environment))
        with _step("mypy --strict examples/pipeline_with_typo.py, which must be refused"):
            _take("pipeline_with_typo.py", scratch)
            output = _python([*_MYPY, "pipeline_with_typo.py"], scratch, environment, expected=1)
            _show(output)
            for misspelt in ('"staus"', '"priorty"'):
                if f"has no attribute {misspelt}" not in output:
                    raise StepFailedError(f"mypy did not notice the misspelt {misspelt}")


_MYPY = ["-m", "mypy", "--strict", "--config-file="]


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Announce a step; afterwards tell how long it took."""
    print(f"> {what}", flush=True)
    started = time.perf_counter()
    try:
        yield
    except (StepFailedError, Error) as error:
        raise StepFailedError(f"{what}: {error}") from None
    print(f"  done in {time.perf_counter() - started:.1f} s", flush=True)


class _Server:
    """``ftrack-typed serve`` in a process of its own, ended with the ``with`` block."""

    def __init__(self, log: Path) -> None:
        self.variables: dict[str, str] = {}
        self._log = log

    def __enter__(self) -> _Server:
        command = [sys.executable, "-m", "ftrack_typed", "serve", "--port", "0", "--seed", "demo"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def wait_until_ready(self) -> None:
        """Read what the server announces once it answers."""
        assert self._process.stdout is not None
        watchdog = threading.Timer(STEP_SECONDS, self._process.kill)
        watchdog.start()
        names = {"url": "FTRACK_SERVER", "user": "FTRACK_API_USER", "key": "FTRACK_API_KEY"}
        try:
            for line in self._process.stdout:
                word, _, value = line.partition(":")
                if word in names:
                    self.variables[names[word]] = value.strip()
                if len(self.variables) == len(names):
                    return
        finally:
            watchdog.cancel()
        raise StepFailedError(self._log.read_text(encoding="utf-8").strip() or "it ended without a word")


def _environment(variables: Mapping[str, str], cache: Path) -> dict[str, str]:
    foreign = ("FTRACK_", "PYTHONPATH", "MYPY")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **own,
        **variables,
        "FTRACK_API_SCHEMA_CACHE_PATH": str(cache),
        "PYTHONIOENCODING": "utf-8",
        "NO_COLOR": "1",
    }


def _fetch_schema(variables: Mapping[str, str], cache: Path) -> None:
    for source in ("from the server", "from the cache"):
        started = time.perf_counter()
        with Session(
            variables["FTRACK_SERVER"],
            variables["FTRACK_API_KEY"],
            variables["FTRACK_API_USER"],
            schema_cache_path=cache,
        ) as session:
            milliseconds = (time.perf_counter() - started) * 1000
            print(f"  {len(session.schemas)} entity types {source}, session ready in {milliseconds:.0f} ms")
    if not any(cache.iterdir()):
        raise StepFailedError("no schema was cached")


def _take(name: str, scratch: Path) -> None:
    """Copy an example, with its one import line naming the generated package."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if text.count(STOCK_IMPORT) != 1:
        raise StepFailedError(f"{name} does not say {STOCK_IMPORT!r} once")
    (scratch / name).write_text(text.replace(STOCK_IMPORT, STUDIO_IMPORT), encoding="utf-8", newline="\n")


def _python(
    arguments: Sequence[str], directory: Path, environment: Mapping[str, str], expected: int = 0
) -> str:
    """Run Python and return what it prints.

    Raises:
        StepFailedError: when it exits with another code than `expected`, or not in time.
    """
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=STEP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StepFailedError(f"not finished after {STEP_SECONDS:.0f} seconds") from None
    if done.returncode != expected:
        raise StepFailedError(f"exit code {done.returncode} instead of {expected}\n{done.stdout.rstrip()}")
    return done.stdout


def _show(output: str) -> None:
    for line in output.splitlines():
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
