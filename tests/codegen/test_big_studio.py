"""A studio ten times as big as most: 400 entity types, 3,000 custom attributes."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ftrack_codegen.render_studio import MAX_OVERLOADS

Documents = list[dict[str, Any]]
TYPES, ATTRIBUTES = 400, 3000
SECONDS = 240
"""Far more than it takes; what it took when every type cost time for every other was much more."""


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory, stock_documents: Documents) -> Path:
    """Directory of a package generated from a snapshot of such a studio."""
    directory = tmp_path_factory.mktemp("big")
    (directory / "snapshot.json").write_text(json.dumps(snapshot(stock_documents)), encoding="utf-8")
    subprocess.run(
        [
            *(sys.executable, "-m", "ftrack_typed", "regen", "--schema", "snapshot.json"),
            *("--package", "big_entities", "--out", "."),
        ],
        cwd=directory,
        check=True,
        timeout=SECONDS,
    )
    return directory


def snapshot(stock_documents: Documents) -> dict[str, Any]:
    documents = list(stock_documents)
    shot = next(document for document in documents if document["id"] == "Shot")
    object_types = []
    for number in range(TYPES - len(documents)):
        document = copy.deepcopy(shot)
        key = f"object-type-{number}"
        document["id"] = f"Custom{number}"
        document["alias_for"]["classifiers"] = dict.fromkeys(shot["alias_for"]["classifiers"], key)
        document["properties"]["object_type_id"]["default"] = key
        documents.append(document)
        object_types.append(key)
    return {
        "schemas": documents,
        "custom_attributes": [
            {
                "id": f"configuration-{number}",
                "key": f"attribute_{number}",
                "label": f"Attribute {number}",
                "type": {"name": ("enumerator", "number", "text")[number % 3]},
                "entity_type": "task",
                "object_type_id": object_types[number // 200 * 17 % len(object_types)],
                "is_hierarchical": number % 50 == 0,
                "default": [],
                "config": json.dumps({"data": [{"value": f"v{number}"}, {"value": "other"}]}),
            }
            for number in range(ATTRIBUTES)
        ],
    }


def test_all_of_it_is_there(big: Path) -> None:
    modules = list((big / "big_entities").glob("_*.py"))
    declared = sum(path.read_text(encoding="utf-8").count("CustomAttributeInfo(") for path in modules)
    # Hierarchical ones stand on contexts, assets and versions.
    assert declared == ATTRIBUTES + 2 * (ATTRIBUTES // 50)
    assert len([path for path in modules if "CustomAttributes(" not in path.name]) >= TYPES


def test_no_class_makes_checkers_try_more_than_a_few_overloads(big: Path) -> None:
    most = max(
        len(re.findall(r"def __getitem__\(", path.read_text(encoding="utf-8")))
        for path in (big / "big_entities").glob("*_custom_attributes.py")
    )
    assert MAX_OVERLOADS < most <= MAX_OVERLOADS + 3


def test_five_types_cost_five(big: Path) -> None:
    script = (
        "from big_entities import Custom1, Custom2, Shot, Status, Task\n"
        "import sys; print(*sys.modules); print(Custom1.__registry__.custom_attributes('Custom1') is not None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=big, check=True, capture_output=True, text=True, timeout=SECONDS
    )
    loaded = [name for name in done.stdout.split() if name.startswith("big_entities._")]
    assert sorted(loaded) == [
        f"big_entities.{name}"
        for name in ("_context", "_custom1", "_custom2", "_shot", "_status", "_task", "_typed_context")
    ]
    assert done.stdout.split()[-1] == "True"
