"""Generated modules as they were reviewed. A change of the generator shows here, in code people can read.

After a change that is meant: ``UPDATE_GOLDEN=1 pytest tests/codegen/test_golden.py``, and review the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_codegen import generate
from ftrack_codegen.studio import read_studio

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"

STOCK = ("_task.py", "_shot.py", "_typed_context.py", "_job.py", "_metadata.py")
STUDIO = (
    "_context_custom_attributes.py",
    "_shot_custom_attributes.py",
    "_project_custom_attributes.py",
    "_statuses.py",
    "_workflows.py",
    "constants.py",
)


@pytest.fixture(scope="module")
def files(stock_documents: list[dict[str, Any]]) -> dict[str, str]:
    """The stock schema with the configuration of a small studio."""
    studio = read_studio(json.loads((HERE / "studio.json").read_text(encoding="utf-8")))
    return generate(stock_documents, "studio_entities", studio=studio, schema_hash="0" * 32)[0]


@pytest.mark.parametrize("name", [*STOCK, *STUDIO])
def test_a_module_is_as_it_was_reviewed(files: dict[str, str], name: str) -> None:
    reviewed = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        reviewed.write_text(files[name], encoding="utf-8", newline="\n")
    assert files[name] == reviewed.read_text(encoding="utf-8")
