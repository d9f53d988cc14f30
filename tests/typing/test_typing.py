"""What mypy and pyright say: nothing about generated packages and right code, the expected about wrong code.

Each checker runs once for everything, as a run costs seconds. Lines of the files in ``wrong/`` that must be
refused end with the codes expected of both checkers.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ftrack_codegen import regenerate
from ftrack_codegen.studio import read_studio

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STUDIO = ROOT / "tests" / "codegen" / "studio.json"
RECORDED = ROOT.parent / "shared" / "data" / "server_a" / "query_schemas.json"
TIMEOUT = 300
MYPY = "[mypy]\nstrict = True\npython_version = 3.10\nenable_error_code = deprecated\n"

Findings = Mapping[tuple[str, int], Mapping[str, str]]
"""(file below the workspace, line) → code → message."""

_MYPY_LINE = re.compile(r"(?P<file>.+?):(?P<line>\d+): error: (?P<message>.*)  \[(?P<code>[\w-]+)\]$")
_EXPECTATION = re.compile(r"# expect: mypy=(?P<mypy>[\w,-]+) pyright=(?P<pyright>\w[\w,]*)$")


def entity_type(name: str, properties: dict[str, Any], **further: Any) -> dict[str, Any]:
    """The schema document of a small entity type."""
    return {
        "id": name,
        "primary_key": ["id"],
        "properties": {"id": {"type": "string"}, **properties},
        "required": ["id"],
        "immutable": ["id"],
        **further,
    }


def many(target: str, **further: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": target}, **further}


def one(target: str) -> dict[str, Any]:
    return {"$ref": target}


DATE = {"type": "string", "format": "date-time"}
WORDS = (
    "Attr Iterable Mapping UNSET a a_ _a __a bool cls datetime dict float from in int list object overload "
    "print property self str super tuple type x_a"
)
CLASHING = [
    entity_type("Attr", dict.fromkeys(WORDS.split(), DATE)),
    entity_type("List", {"list": one("List"), "str": {"type": "string"}, "lists": many("Attr"), "x": DATE}),
    entity_type("Mapping", {"Mapping": one("Iterable"), "rows": many("Attr", type="mapped_array")}),
    entity_type("Iterable", {"items": many("Mapping")}),
    entity_type("str", {"x": one("int"), "str": DATE, "bool": {"type": "boolean"}}),
    entity_type("int", {"date": one("datetime")}),
    entity_type("datetime", {"date": DATE, "enum": {"type": "string", "enum": ["a\"'", "b\\"]}}),
    entity_type("Provenance", {"any": {"type": "variable"}, "json": {"type": "object"}}),
]
"""Types and attributes named like everything that generated code mentions."""

REFINED = [
    entity_type("Thing", {"value": {"type": "string"}}),
    entity_type("SubThing", {"value": {"type": "string"}}, **{"$mixin": one("Thing")}),
    entity_type(
        "Base",
        {
            **dict.fromkeys(("narrower", "other", "scalar", "stricter", "laxer"), one("Thing")),
            **{key: {"type": "string"} for key in ("number", "choice", "fixed", "free")},
            "count": {"type": "integer"},
            "things": many("Thing"),
            "collected": many("Thing"),
            "rows": many("Thing", type="mapped_array"),
            "asked": many("Thing", restricted_projection=True),
        },
        immutable=["id", "laxer", "free"],
    ),
    entity_type(
        "Child",
        {
            "narrower": one("SubThing"),
            "other": one("Base"),
            "scalar": {"type": "string"},
            "stricter": one("Thing"),
            "laxer": one("Thing"),
            "number": {"type": "number"},
            "choice": {"type": "string", "enum": ["a", "b"]},
            "fixed": {"type": "string"},
            "free": {"type": "string"},
            "count": {"type": "number"},
            "things": many("SubThing"),
            "collected": one("Thing"),
            "rows": many("SubThing", type="mapped_array"),
            "asked": many("SubThing", restricted_projection=True),
        },
        immutable=["id", "stricter", "fixed"],
        **{"$mixin": one("Base")},
    ),
]
"""A subtype that declares everything otherwise than its base."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with all that is checked."""
    directory = tmp_path_factory.mktemp("checked")
    for name in ("right", "wrong"):
        for source in (HERE / name, HERE / "studio" / name):
            shutil.copytree(
                source,
                directory / name,
                ignore=shutil.ignore_patterns("__pycache__"),
                dirs_exist_ok=True,
            )
    schemas = {
        "stock_entities": json.loads((ROOT / "schemas" / "stock.json").read_text(encoding="utf-8")),
        "clashing_entities": CLASHING,
        "refined_entities": REFINED,
    }
    if RECORDED.is_file():
        schemas["recorded_entities"] = json.loads(RECORDED.read_text(encoding="utf-8"))
    for name, documents in schemas.items():
        regenerate(documents, name, directory)
    regenerate(
        schemas["stock_entities"],
        "studio_entities",
        directory,
        studio=read_studio(json.loads(STUDIO.read_text(encoding="utf-8"))),
    )
    return directory


@pytest.fixture(scope="module")
def mypy(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """What ``mypy --strict`` says."""
    (workspace / "mypy.ini").write_text(MYPY, encoding="utf-8")
    cache = tmp_path_factory.mktemp("mypy-cache")
    finished = run("mypy", "--cache-dir", str(cache), "--no-error-summary", ".", directory=workspace)
    found: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for line in finished.stdout.splitlines():
        match = _MYPY_LINE.match(line)
        if match:
            found[Path(match["file"]).as_posix(), int(match["line"])][match["code"]] = match["message"]
    assert bool(found) == bool(finished.returncode), finished.stdout
    return found


@pytest.fixture(scope="module")
def pyright(workspace: Path) -> Findings:
    """What pyright says."""
    configuration = {"include": ["."], "pythonVersion": "3.10", "typeCheckingMode": "standard"}
    configuration["reportDeprecated"] = "error"
    (workspace / "pyrightconfig.json").write_text(json.dumps(configuration), encoding="utf-8")
    finished = run("pyright", "--outputjson", "--pythonpath", sys.executable, "-p", ".", directory=workspace)
    report = json.loads(finished.stdout)
    assert report["summary"]["filesAnalyzed"] >= len(list(workspace.rglob("*.py")))
    found: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for entry in report["generalDiagnostics"]:
        if entry["severity"] == "error":
            file = Path(entry["file"]).resolve().relative_to(workspace.resolve()).as_posix()
            place = (file, entry["range"]["start"]["line"] + 1)
            found[place][entry.get("rule", "syntax")] = entry["message"]
    return found


def run(checker: str, *arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    finished = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    assert finished.returncode in (0, 1), f"{checker} could not run: {finished.stderr or finished.stdout}"
    return finished


def errors_in(findings: Findings, folder: str) -> list[str]:
    return [
        f"{file}:{line}: {message} [{code}]"
        for (file, line), codes in sorted(findings.items())
        for code, message in codes.items()
        if file.startswith(f"{folder}/")
    ]


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize(
    "folder",
    [
        "right",
        "stock_entities",
        "studio_entities",
        "recorded_entities",
        "clashing_entities",
        "refined_entities",
    ],
)
def test_nothing_to_say(request: pytest.FixtureRequest, workspace: Path, checker: str, folder: str) -> None:
    findings: Findings = request.getfixturevalue(checker)
    if folder == "recorded_entities" and not RECORDED.is_file():
        pytest.skip(f"the recorded schema is not part of the repository: {RECORDED} is absent")
    assert (workspace / folder).is_dir()
    assert errors_in(findings, folder) == []


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize(
    "file",
    [
        "configured.py",
        "deprecated.py",
        "helping.py",
        "listening.py",
        "querying.py",
        "reading.py",
        "writing.py",
    ],
)
def test_mistakes_are_refused(
    request: pytest.FixtureRequest, workspace: Path, checker: str, file: str
) -> None:
    findings: Findings = request.getfixturevalue(checker)
    expected: dict[int, set[str]] = {}
    for number, line in enumerate((workspace / "wrong" / file).read_text(encoding="utf-8").splitlines(), 1):
        if "# expect:" in line:
            match = _EXPECTATION.search(line)
            assert match is not None, f"{file}:{number} expects in a form nobody reads"
            expected[number] = set(match[checker].split(","))
    found = {line: set(codes) for (name, line), codes in findings.items() if name == f"wrong/{file}"}
    assert expected
    assert found == expected
