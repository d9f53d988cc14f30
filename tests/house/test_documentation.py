"""The documentation is true: links lead somewhere, commands and classes exist, examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ftrack_typed.errors
from ftrack_local import LocalServer
from ftrack_typed.entity import names

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "schemas" / "README.md"])
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)

RUNNABLE = ("README.md", "docs/local-server.md", "docs/events.md")
"""Documents whose Python blocks are whole programs."""


def blocks(document: Path, *languages: str) -> list[str]:
    found = BLOCK.findall(document.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in target]
    missing = [target for target in targets if not (document.parent / target.partition("#")[0]).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_blocks_are_python(document: Path) -> None:
    for text in blocks(document, "python"):
        compile(text, document.name, "exec")


@pytest.mark.parametrize("name", RUNNABLE)
def test_programs_run(
    name: str, server: LocalServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FTRACK_SERVER", server.url)
    monkeypatch.setenv("FTRACK_API_USER", server.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", server.api_key)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    programs = blocks(ROOT / name, "python")
    assert programs
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.M))
    told = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:^|`)make (\w+)", document.read_text(encoding="utf-8"), re.M)
    }
    assert told <= targets
    assert {"demo", "regen", "test", "check", "bench", "docs", "clean"} <= targets


@pytest.mark.parametrize(("command", "document"), [("serve", "local-server.md"), ("regen", "generation.md")])
def test_options_of_commands_are_told(command: str, document: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ftrack_typed", command, "--help"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", done.stdout)) - {"--help"}
    told = set(re.findall(r"^\| `(--[a-z-]+)", (ROOT / "docs" / document).read_text(encoding="utf-8"), re.M))
    assert told == options


def test_spellings_are_as_told() -> None:
    text = (ROOT / "docs" / "naming.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \| (`.*?) \|", text, re.M)
    pairs = [
        pair
        for wire, spelling in rows
        for pair in zip(re.findall(r"`(\w+)`", wire), re.findall(r"`(\w+)`", spelling), strict=True)
    ]
    assert len(pairs) > 10
    assert {wire: names.attribute_name(wire) for wire, _ in pairs} == dict(pairs)
    assert {spelling: names.wire_name(spelling) for _, spelling in pairs} == {s: w for w, s in pairs}


def test_error_classes_exist() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    told = {
        name
        for row in re.findall(r"^\| ((?:&nbsp;)*`.*?) \|", text, re.M)
        for name in re.findall(r"`([A-Z]\w+)`", row)
    }
    assert len(told) > 20
    for name in told:
        assert issubclass(getattr(ftrack_typed.errors, name), ftrack_typed.errors.Error), name


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = (
        ROOT / "src" / "ftrack_typed",
        ROOT / "src" / "ftrack_local",
        ROOT / "codegen" / "ftrack_codegen",
    )
    rooms = [room.parent.name for package in packages for room in package.glob("*/__init__.py")]
    rooms += [module.stem for module in packages[0].glob("*.py")]
    missing = {room for room in rooms if not room.startswith("_") and f"`{room}`" not in text}
    assert missing == set()
