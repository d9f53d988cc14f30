"""Every public symbol of what users import has a type that all checkers agree on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT = 300


@pytest.mark.parametrize("package", ["ftrack_typed", "ftrack_entities"])
def test_the_public_types_are_complete(package: str, tmp_path: Path) -> None:
    # For this check pyright looks packages up with the interpreter it finds first.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    finished = subprocess.run(
        [sys.executable, "-m", "pyright", "--verifytypes", package, "--ignoreexternal", "--outputjson"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    report = json.loads(finished.stdout)["typeCompleteness"]
    incomplete = [
        f"{symbol['name']}: {finding['message']}"
        for symbol in report["symbols"]
        if not symbol["isTypeKnown"] and symbol["isExported"]
        for finding in symbol["diagnostics"] or [{"message": "its type is not known"}]
    ]
    assert incomplete == []
    assert report["completenessScore"] == 1
