"""Whatever sound schema and configuration there is: the code imports, and checkers have nothing to say."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_codegen import regenerate
from ftrack_codegen.studio import read_studio
from ftrack_typed.errors import SchemaError, UnsafeNameError

TIMEOUT = 300
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
_WORDS = st.sampled_from(
    "from list id_ _link items str Task status Any self class_ x_y global None_ fps type overload Ref".split()
)
_NAMES = _WORDS | st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
_TYPE_NAMES = st.sampled_from("List Type Task Attr Constant Key str None_ Statuses Context".split()) | (
    st.from_regex(r"[A-Z][A-Za-z0-9]{0,6}", fullmatch=True)
)
_TEXT = st.text(max_size=20)
_SCALARS = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "number", "integer", "boolean", "object", "variable"])},
    optional={"description": _TEXT, "default": st.none() | _TEXT | st.integers() | st.booleans()},
)
_DATES = st.just({"type": "string", "format": "date-time"})
_CHOICES = st.lists(_TEXT, min_size=1, max_size=3, unique=True).map(
    lambda enum: {"type": "string", "enum": enum}
)


def _relations(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    target = st.sampled_from(names)
    return st.one_of(
        target.map(lambda name: {"$ref": name}),
        target.map(lambda name: {"type": "array", "items": {"$ref": name}}),
        target.map(lambda name: {"type": "array", "items": {"$ref": name}, "restricted_projection": True}),
        target.map(
            lambda name: {
                "type": "string",
                "format": "foreign_key",
                "description": f"Foreign key(s): {name}.id",
            }
        ),
    )


@st.composite
def schemas(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some entity types, with relations among them and inheritance."""
    names = draw(st.lists(_TYPE_NAMES, min_size=1, max_size=5, unique_by=str.lower))
    documents = []
    for position, name in enumerate(names):
        properties = draw(
            st.dictionaries(_NAMES, _SCALARS | _DATES | _CHOICES | _relations(names), max_size=6)
        )
        properties["id"] = {"type": "string", "default": "{uid}"}
        document: dict[str, Any] = {
            "id": name,
            "type": "object",
            "primary_key": ["id"],
            "properties": properties,
            "required": ["id", *draw(st.lists(st.sampled_from(sorted(properties)), max_size=2))],
            "immutable": ["id", *draw(st.lists(st.sampled_from(sorted(properties)), max_size=2))],
            "default_projections": ["id"],
        }
        if position and draw(st.booleans()):
            document["$mixin"] = {"$ref": names[draw(st.integers(0, position - 1))]}
        documents.append(document)
    return documents


def standing(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The schema with what custom attributes and constants hang on, lest they never occur."""
    known = {document["id"] for document in documents}
    rows = {"type": "mapped_array", "items": {"$ref": "Value"}}
    added = []
    for name in ("Context", "Shot", "Value", "Status", "State"):
        if name not in known:
            properties: dict[str, Any] = {"id": {"type": "string"}, "name": {"type": "string"}}
            properties |= {"custom_attributes": rows} if name in ("Context", "Shot") else {}
            properties |= {"state": {"$ref": "State"}} if name == "Status" else {}
            document: dict[str, Any] = {key: ["id"] for key in ("primary_key", "required", "immutable")}
            document["id"] = name
            document["properties"] = properties
            if name == "Shot":
                document["alias_for"] = {"id": "Task", "classifiers": {"object_typeid": "shot-id"}}
                document["$mixin"] = {"$ref": "Context"}
            added.append(document)
    return [*documents, *added]


_KINDS = st.sampled_from(
    ["text", "number", "date", "boolean", "url", "enumerator", "dynamic enumerator", "new"]
)


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Custom attributes and statuses called anything."""
    keys = draw(st.lists(st.text(min_size=1, max_size=12) | _WORDS, max_size=6))
    rows = []
    for position, key in enumerate(keys):
        options = json.dumps([{"menu": "a", "value": option} for option in draw(st.lists(_TEXT, max_size=3))])
        rows.append(
            {
                "id": f"configuration-{position}",
                "key": key,
                "label": draw(_TEXT),
                "type": {"name": draw(_KINDS)},
                "entity_type": "task",
                "object_type_id": "shot-id",
                "project_id": draw(st.none() | st.just("project")),
                "is_hierarchical": draw(st.booleans()),
                "default": draw(st.none() | _TEXT | st.integers()),
                "config": json.dumps({"isdecimal": draw(st.booleans()), "data": options}),
            }
        )
    names = draw(st.lists(st.text(max_size=10), max_size=5))
    return {
        "custom_attributes": rows,
        "statuses": [
            {"id": f"status-{position}", "name": name, "color": draw(_TEXT), "state": {"id": "state-0"}}
            for position, name in enumerate(names)
        ],
        "states": [{"id": "state-0", "name": draw(_TEXT), "short": "DONE"}],
    }


def made(directory: Path, number: int, documents: Any, sections: Any) -> str | None:
    """Generate; the name of the package, or None where the names of the schema meet in Python."""
    name = f"random_entities_{number}"
    try:
        regenerate(standing(documents), name, directory, studio=read_studio(sections))
    except (UnsafeNameError, SchemaError):
        assert not (directory / name).exists()
        return None
    return name


def test_the_code_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    numbers = iter(range(1000))
    imported = []

    @given(schemas(), configurations())
    @settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
    def check(documents: Any, sections: Any) -> None:
        name = made(tmp_path, next(numbers), documents, sections)
        if name is None:
            return
        importlib.invalidate_caches()
        package = importlib.import_module(name)
        imported.append(name)
        for entity_type in package.REGISTRY:
            entity_class = package.REGISTRY[entity_type]
            assert entity_class.__entity__.name == entity_type
            package.REGISTRY.custom_attributes(entity_type)
        constants = importlib.import_module(f"{name}.constants")
        statuses = constants.Statuses.all() if "Statuses" in constants.__all__ else ()
        assert [one.entity_type for one in statuses] == ["Status"] * len(sections["statuses"])

    check()
    assert imported


def test_checkers_have_nothing_to_say(tmp_path: Path) -> None:
    numbers = iter(range(1000))

    @given(schemas(), configurations())
    @settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=SLOW)
    def collect(documents: Any, sections: Any) -> None:
        made(tmp_path, next(numbers), documents, sections)

    collect()
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = True\npython_version = 3.10\n", encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"pythonVersion": "3.10"}', encoding="utf-8")
    for command in (
        ("mypy", "--cache-dir", str(tmp_path / "cache"), "."),
        ("pyright", "--pythonpath", sys.executable, "-p", "."),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, done.stdout
