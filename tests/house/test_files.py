"""What may not stand in the files of the repository, and what has to agree between them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Spelt in pieces, so that this file does not match itself.
FORBIDDEN = {
    "a home directory": re.compile(r"/(?:home|Users)/" + r"[a-z]\w*/|/ro" + r"ot/|[A-Z]:\\+Us" + r"ers\\"),
    "a temporary directory of somebody's machine": re.compile(r"[\"'\s]/t" + r"mp/\w"),
    "the host of a package registry": re.compile(
        "files." + "pythonhosted" + r"\.org|pypi\.org/" + r"simple|registry\." + r"npmjs\.org"
    ),
    "a private key": re.compile("BEGIN [A-Z ]*PRIV" + "ATE KEY"),
}


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of each file that belongs to the project."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout, so it can't be told which files belong to the project")
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_text(encoding="utf-8")


def test_files_are_plain_text() -> None:
    wrong = [name for name, text in texts() if "\r" in text or ("\t" in text and name != "Makefile")]
    assert wrong == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_a_machine_stands_in_a_file(what: str) -> None:
    found = [f"{name}: {match.group()}" for name, text in texts() for match in FORBIDDEN[what].finditer(text)]
    assert found == []


def test_the_oldest_dependencies_are_the_lower_bounds() -> None:
    declared = dict(
        re.findall(r'^ {4}"([a-zA-Z0-9-]+)>=([0-9.]+)', _sections("dependencies", "codegen", "local"), re.M)
    )
    pinned = dict(
        line.split("==")
        for line in (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    assert {name: _numbers(v) for name, v in pinned.items()} == {n: _numbers(v) for n, v in declared.items()}


def _sections(*names: str) -> str:
    """The text of some lists of requirements in pyproject.toml; read so, because Python 3.10 has no TOML."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = [re.search(rf"^{name} = \[\n(.*?)^\]", text, re.M | re.S) for name in names]
    return "".join(match.group(1) for match in found if match)


def _numbers(version: str) -> list[int]:
    numbers = [int(part) for part in version.split(".")]
    return numbers + [0] * (3 - len(numbers))
