"""The same schema gives the same bytes, whatever the order, the process or the machine."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ftrack_entities._provenance as committed
from ftrack_codegen import generate, regenerate
from ftrack_typed.schema import schema_hash

ROOT = Path(__file__).resolve().parents[2]
Documents = list[dict[str, Any]]

_LISTS = ("required", "immutable", "computed", "default_projections", "system_projections")


def shuffled(documents: Documents, seed: int) -> Documents:
    """The same schema as a server in another mood would send it; the primary key's order means something."""
    order = random.Random(seed)
    documents = copy.deepcopy(documents)
    order.shuffle(documents)
    for document in documents:
        properties = list(document["properties"].items())
        order.shuffle(properties)
        document["properties"] = dict(properties)
        for name in _LISTS:
            if name in document:
                order.shuffle(document[name])
    return documents


@pytest.fixture(scope="module")
def stock_files(stock_documents: Documents) -> dict[str, str]:
    """What comes of the stock schema as it stands."""
    return generate(stock_documents, "made", schema_hash="x")[0]


def test_the_committed_package_is_current(stock_documents: Documents) -> None:
    report = regenerate(
        stock_documents,
        "ftrack_entities",
        ROOT / "generated",
        server_version=committed.SERVER_VERSION,
        check=True,
    )
    assert report.current, f"run `make regen`: {report.changes}"


def test_the_package_tells_which_schema_it_is_of(stock_documents: Documents) -> None:
    assert schema_hash(stock_documents) == committed.SCHEMA_HASH


@given(st.integers())
@settings(max_examples=3, deadline=None)
def test_the_order_of_the_server_means_nothing(
    stock_documents: Documents, stock_files: dict[str, str], seed: int
) -> None:
    files, _ = generate(shuffled(stock_documents, seed), "made", schema_hash="x")
    assert files == stock_files


_SCRIPT = """
import hashlib, json, sys
from ftrack_codegen import generate
files, _ = generate(json.load(open(sys.argv[1], encoding="utf-8")), "made")
text = json.dumps(files, sort_keys=True)
print(hashlib.sha256(text.encode("utf-8")).hexdigest())
"""


def test_the_hash_seed_means_nothing() -> None:
    digests = set()
    for seed in ("1", "2"):
        finished = subprocess.run(
            [sys.executable, "-c", _SCRIPT, str(ROOT / "schemas" / "stock.json")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        digests.add(finished.stdout.strip())
    assert len(digests) == 1


def test_versions_change_only_the_provenance(stock_documents: Documents, stock_files: dict[str, str]) -> None:
    newer, _ = generate(stock_documents, "made", server_version="4.14.0", schema_hash="b")
    assert [name for name in newer if newer[name] != stock_files[name]] == ["_provenance.py"]


def test_a_new_attribute_changes_only_the_types_that_have_it(
    stock_documents: Documents, stock_files: dict[str, str]
) -> None:
    documents = copy.deepcopy(stock_documents)
    timer = next(document for document in documents if document["id"] == "Timer")
    timer["properties"]["mood"] = {"type": "string"}
    after, _ = generate(documents, "made", schema_hash="x")
    assert [name for name in after if after[name] != stock_files[name]] == ["_timer.py"]


@pytest.mark.parametrize("recorded", [False, True])
def test_generating_twice_writes_once(request: pytest.FixtureRequest, tmp_path: Path, recorded: bool) -> None:
    documents = request.getfixturevalue("recorded_documents" if recorded else "stock_documents")
    first = regenerate(documents, "made", tmp_path)
    second = regenerate(json.loads(json.dumps(documents)), "made", tmp_path)
    assert len(first.changes.added) == first.types + 3
    assert second.current
