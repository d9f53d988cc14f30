"""Which way imports run, what importing costs, and that it does nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

PROBE = """
import sys
import json

happened = []
watched = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.", "os.system", "os.putenv", "os.mkdir")
sys.addaudithook(lambda event, arguments: happened.append(event) if event.startswith(watched) else None)

import locale, logging, os, signal, threading, warnings

def state():
    return {
        "root handlers": [repr(handler) for handler in logging.getLogger().handlers],
        "root level": logging.getLogger().level,
        "logging disabled": logging.root.manager.disable,
        "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "environment": dict(os.environ),
        "threads": threading.active_count(),
        "directory": os.getcwd(),
        "warning filters": len(warnings.filters),
        "hooks": [repr(sys.excepthook), repr(threading.excepthook)],
        "locale": locale.setlocale(locale.LC_ALL),
        "path": list(sys.path),
    }

before = state()
happened.clear()
exec(sys.argv[1])
after = state()
print(json.dumps({
    "changed": sorted(name for name in before if before[name] != after[name]),
    "happened": sorted(set(happened)),
    "modules": sorted(sys.modules),
}))
"""

STATEMENTS = (
    "import ftrack_typed",
    "from ftrack_typed import Session",
    "import ftrack_entities",
    "from ftrack_entities import Task, AssetVersion",
    "import ftrack_local",
    "import ftrack_codegen",
)


def imported(statement: str) -> dict[str, Any]:
    """What a fresh interpreter tells after running `statement`."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, statement],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def own(modules: list[str], *packages: str) -> list[str]:
    return [name for name in modules if name.partition(".")[0] in packages]


def test_imports_run_in_the_directions_the_contracts_state() -> None:
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("statement", STATEMENTS)
def test_importing_does_nothing_else(statement: str) -> None:
    seen = imported(statement)
    # pydantic adds a filter for its own warnings.
    assert set(seen["changed"]) <= {"warning filters"}
    assert seen["happened"] == []


def test_the_program_starts_without_the_rest() -> None:
    modules = imported("import ftrack_typed.cli")["modules"]
    assert not {"pydantic", "requests", "ftrack_entities", "ftrack_local", "ftrack_codegen"} & set(modules)


def test_the_runtime_brings_neither_generator_nor_server_nor_entities() -> None:
    modules = imported("from ftrack_typed import Session")["modules"]
    assert own(modules, "ftrack_entities", "ftrack_local", "ftrack_codegen") == []
    assert not {"sqlalchemy", "starlette", "uvicorn", "lark", "yaml", "jinja2"} & set(modules)


def test_the_local_server_brings_nothing_of_the_client() -> None:
    modules = imported("from ftrack_local import LocalServer")["modules"]
    assert own(modules, "ftrack_typed", "ftrack_entities", "ftrack_codegen") == []


def test_a_generated_package_loads_entities_when_they_are_used() -> None:
    assert own(imported("import ftrack_entities")["modules"], "ftrack_entities") == ["ftrack_entities"]
    assert own(imported("from ftrack_entities import Task")["modules"], "ftrack_entities") == [
        "ftrack_entities",
        "ftrack_entities._context",
        "ftrack_entities._task",
        "ftrack_entities._typed_context",
    ]


def test_the_number_of_modules_stays_in_bounds() -> None:
    bare = set(imported("from pydantic import BaseModel; import requests, platformdirs")["modules"])
    added = set(imported("from ftrack_typed import Session")["modules"]) - bare
    assert len(own(sorted(added), "ftrack_typed")) <= 115
    assert added == set(own(sorted(added), "ftrack_typed")) | {"gc"}
    rare = {
        "ftrack_typed.custom_attributes.values",
        "ftrack_typed.delivery.inquiry",
        "ftrack_typed.entity.building",
        "ftrack_typed.entity.faces",
        "ftrack_typed.entity.names",
        "ftrack_typed.errors.journal",
        "ftrack_typed.events",
        "ftrack_typed.presentation",
        "ftrack_typed.query.checking",
        "ftrack_typed.query.collation",
        "ftrack_typed.schema.model",
        "ftrack_typed.unit_of_work.batch",
        "ftrack_typed.unit_of_work.savepoint",
    }
    assert not rare & added


def test_importing_an_entity_brings_nothing_to_talk_to_servers_with() -> None:
    bare = set(imported("from pydantic import BaseModel")["modules"])
    added = set(imported("from ftrack_entities import Task")["modules"]) - bare
    assert not {"json", "logging", "requests", "ssl", "ftrack_typed.session"} & added
    # What pydantic loads when it makes a model class.
    assert not {"annotated_types", "pydantic.fields", "pydantic.types"} & added
    assert len(own(sorted(added), "ftrack_typed")) <= 23
    # Paths are what classes are read as, values are checked when they are assigned.
    assert not {"ftrack_typed.entity.validation", "ftrack_typed.query.paths"} & added
