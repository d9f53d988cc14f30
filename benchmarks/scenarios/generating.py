"""What generating a package costs, against the engine it is built on."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.answers import SCHEMA
from benchmarks.bench import Bench, run
from benchmarks.figures import Measured

_PACKAGE = "measured_entities"
_KINDS = {"mapped_array": "array", "variable": None}
"""Kinds of ftrack's schemas that JSON Schema does not have."""
_KEPT = ("type", "format", "$ref", "items", "enum", "description")


def regen(bench: Bench) -> Measured:
    """The stock schema to a formatted package, each time from nothing; the engine makes one module of it."""
    with tempfile.TemporaryDirectory(prefix="ftrack-typed-bench-") as directory:
        scratch = Path(directory)
        document = scratch / "schema.json"
        document.write_text(json.dumps(json_schema()), encoding="utf-8", newline="\n")
        python = Path(sys.executable)
        engine = (
            *("-m", "datamodel_code_generator", "--input", str(document), "--input-file-type", "jsonschema"),
            *("--output", "models.py", "--output-model-type", "pydantic_v2.BaseModel"),
        )
        jobs: dict[str, Callable[[], float]] = {
            "ours": lambda: run(python, *_regen(Path(tempfile.mkdtemp(dir=scratch))), cwd=scratch),
            "limit": partial(run, python, *engine, cwd=scratch),
        }
        best = bench.best(jobs)
    return Measured.from_best(best, 1.0)


def _regen(out: Path) -> tuple[str, ...]:
    return (
        *("-m", "ftrack_typed", "regen"),
        *("--schema", str(SCHEMA), "--package", _PACKAGE, "--out", str(out)),
    )


def json_schema() -> dict[str, Any]:
    """The stock schema as one document of JSON Schema."""
    documents: list[dict[str, Any]] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    definitions = {
        document["id"]: {
            "type": "object",
            "properties": {name: _property(value) for name, value in document["properties"].items()},
        }
        for document in documents
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}


def _property(wire: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in wire.items() if name in _KEPT}
    kind = found.get("type")
    if kind in _KINDS:
        del found["type"]
        if _KINDS[kind] is not None:
            found["type"] = _KINDS[kind]
    if "items" in found:
        found["items"] = _property(found["items"])
    if "$ref" in found:
        return {"$ref": f"#/$defs/{found['$ref']}"}
    return found
