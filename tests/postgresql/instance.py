"""A PostgreSQL server of the machine's own packages, started for the tests and thrown away after them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PACKAGES = Path("/usr/lib/postgresql")
_OLDEST = 15  # brought the option --locale-provider
_SECONDS = 60
_USER = "studio"


class UnavailableError(Exception):
    """There is no PostgreSQL to start here; the message tells what is missing."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server that listens on a socket in a directory of its own; gives the URL up to the database."""
    programs = _programs()
    identity = _unprivileged()
    # Not pytest's directory: another user has to reach it, and a socket's path has 107 bytes at most.
    directory = Path(tempfile.mkdtemp(prefix="ftrack-pg-"))
    data = directory / "data"
    try:
        if identity:
            shutil.chown(directory, identity["user"])
        initialise = [str(programs / "initdb"), "-D", str(data), "-U", _USER, "-A", "trust", "--no-sync"]
        # A studio's database has the order of a language, not that of bytes.
        _run([*initialise, "-E", "UTF8", "--locale-provider=icu", "--icu-locale=en-US"], identity, directory)
        # Nothing has to survive a crash.
        settings = f"-k {directory} -c listen_addresses= -c fsync=off -c full_page_writes=off"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", str(_SECONDS), "-s"]
        _run([*control, "-o", settings, "-l", str(directory / "log"), "start"], identity, directory)
        try:
            yield f"postgresql+psycopg://{_USER}@/{{database}}?host={directory}"
        finally:
            _run([*control, "-m", "immediate", "stop"], identity, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _programs() -> Path:
    found = sorted(_PACKAGES.glob("*/bin/pg_ctl"), key=lambda path: _version(path.parents[1].name))
    found = [path for path in found if _version(path.parents[1].name) >= _OLDEST]
    on_path = shutil.which("pg_ctl")
    if on_path is not None:
        found.append(Path(on_path).resolve())
    for path in reversed(found):
        if (path.parent / "initdb").is_file():
            return path.parent
    raise UnavailableError(f"PostgreSQL 15 or newer is not installed: no initdb below {_PACKAGES} or on PATH")


def _version(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return 0.0


def _unprivileged() -> dict[str, Any]:
    """Return the identity to start programs with: PostgreSQL refuses to run as root."""
    if os.name != "posix":
        raise UnavailableError("the tests start PostgreSQL on Unix sockets only")
    if os.geteuid() != 0:
        return {}
    import pwd

    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise UnavailableError("PostgreSQL does not run as root, and there is no user postgres") from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(command: list[str], identity: dict[str, Any], directory: Path) -> None:
    # The server keeps what it inherits open, so the output goes to a file instead of a pipe.
    with (directory / "output").open("w+", encoding="utf-8") as output:
        done = subprocess.run(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
            **identity,
        )
        if done.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{Path(command[0]).name} failed: {output.read()}")
