"""What is told when a server is not the one a package was generated from."""

from __future__ import annotations

import copy
import importlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.drift import Change, compare, read_package, report
from ftrack_typed.drift.classes import class_differences
from ftrack_typed.errors import ConfigurationTypeError, SchemaDriftError, SchemaError
from ftrack_typed.schema import Schema

Documents = list[dict[str, Any]]
STOCK = Path(__file__).resolve().parents[2] / "schemas" / "stock.json"

HEAD = "from ftrack_typed.entity import *\n"


def entity(name: str, body: str = "", base: str = "Entity", facts: str = "") -> str:
    return (
        f"class {name}({base}):\n"
        f"    __entity__: ClassVar[EntityInfo] = EntityInfo({name!r}, primary_key=('id',){facts})\n"
        f"    {body or '...'}\n"
    )


def told(old: dict[str, str], new: dict[str, str]) -> list[tuple[bool, str]]:
    return [(one.breaking, str(one)) for one in compare(read_package(old), read_package(new))]


# Packages ----------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "breaking"),
    [
        ("Attr[str]", "Attr[int]", True),
        ("Attr[str]", "ReadOnly[str]", True),
        ("ReadOnly[str]", "Attr[str]", False),
        ("ReadOnlyRef[Status]", "Ref[Status]", False),
        ("Attr[str]", "DeprecatedAttr[str]", False),
        ("Ref[Status]", "OptRef[Status]", True),
        ("Attr[Literal['a']]", "Attr[Literal['a', 'b']]", False),
        ("Attr[Literal['a', 'b']]", "Attr[Literal['a']]", True),
        ("CustomOptions[Literal['a']]", "CustomOptions[str]", False),
        ("KeyValue[Row, Any]", "KeyValue[Row, str]", True),
    ],
)
def test_whether_a_change_breaks_code(before: str, after: str, breaking: bool) -> None:
    old = {"_task.py": entity("Task", f"x: {before} = UNSET")}
    new = {"_task.py": entity("Task", f"x: {after} = UNSET")}
    assert told(old, new) == [(breaking, f"Task.x: {before} → {after}")]


def test_what_is_gone_comes_before_what_is_new() -> None:
    old = {"_a.py": entity("A", "x: Attr[str] = UNSET"), "_b.py": entity("B")}
    new = {"_a.py": entity("A", "y: Attr[str] = UNSET"), "_c.py": entity("C")}
    assert told(old, new) == [
        (True, "A.x is gone (was Attr[str])"),
        (True, "B is gone"),
        (False, "A.y is new: Attr[str]"),
        (False, "C is new"),
    ]


def test_a_base_types_change_is_told_once() -> None:
    def package(annotation: str) -> dict[str, str]:
        base = entity("Context", f"x: {annotation} = UNSET")
        return {"_c.py": base, "_t.py": entity("Task", base="Context")}

    assert told(package("Attr[str]"), package("Attr[int]")) == [(True, "Context.x: Attr[str] → Attr[int]")]


def test_an_attribute_that_moves_to_the_base_is_no_difference() -> None:
    line = "x: Attr[str] = UNSET"
    old = {"_c.py": entity("Context"), "_t.py": entity("Task", line, "Context")}
    new = {"_c.py": entity("Context", line), "_t.py": entity("Task", "", "Context")}
    assert told(old, new) == [(False, "Context.x is new: Attr[str]")]


def test_facts() -> None:
    old = {"_a.py": entity("A", facts=", required_on_create=('x',), defaults={'id': UID, 'z': 1}")}
    new = {"_a.py": entity("A", facts=", required_on_create=('y',), defaults={'id': UID, 'z': 2}")}
    assert told(old, new) == [
        (True, "A.y: has to be given at creation"),
        (False, "A.x: needn't be given at creation any more"),
        (False, "A.z: starts as 2, not as 1"),
    ]


def custom(attributes: str, keys: str) -> str:
    return (
        "class ShotCustomAttributes(CustomAttributeMapping):\n"
        f"    __custom__: ClassVar[CustomAttributesInfo] = CustomAttributesInfo('Shot', keys={keys})\n"
        f"    {attributes}\n"
    )


def test_custom_attributes_are_called_by_their_key() -> None:
    shot = {"_shot.py": entity("Shot")}
    old = {
        **shot,
        "_s.py": custom("animal_label: CustomAttr[str] = UNSET", "{'animal_label': 'animal label'}"),
    }
    new = {**shot, "_s.py": custom("animal: CustomAttr[int] = UNSET", "{'animal': 'animal label'}")}
    assert told(old, new) == [
        (True, "Shot.custom_attributes['animal label']: CustomAttr[str] → CustomAttr[int]")
    ]


def constants(*lines: str) -> dict[str, str]:
    body = "".join(f"    {line}\n" for line in lines)
    return {"_statuses.py": f"class Statuses(Constants['Status']):\n{body}"}


def test_constants() -> None:
    old = constants(
        "A: C = Constant('Status', '1', {'name': 'A', 'color': 'red'})",
        "B: C = Constant('Status', '2', {'name': 'B'})",
        "D: C = Constant('Status', '4', {'name': 'D'})",
    )
    new = constants(
        "A: C = Constant('Status', '1', {'name': 'A', 'color': 'blue'})",
        "BB: C = Constant('Status', '2', {'name': 'BB'})",
        "E: C = Constant('Status', '5', {'name': 'E'})",
    )
    assert told(old, new) == [
        (True, "Statuses.D is gone"),
        (True, "Statuses.B is now called Statuses.BB"),
        (False, "Statuses.A.color: 'red' → 'blue'"),
        (False, "Statuses.E is new"),
    ]


def test_an_edited_package_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"_a\.py"):
        read_package({"_a.py": "class A(Entity):\n    __entity__: X = f()[0]\n"})


# Reports -----------------------------------------------------

CHANGES = [Change("added", "A.x", False, after="Attr[str]"), Change("removed", "B", True)]


def test_as_text() -> None:
    assert report(CHANGES).splitlines() == [
        "breaking  B is gone",
        "harmless  A.x is new: Attr[str]",
        "",
        "2 differences, 1 breaking.",
    ]
    assert report([]) == "No differences."


def test_as_json() -> None:
    document = json.loads(report(CHANGES, "json"))
    assert document["breaking"] == 1
    assert [one["subject"] for one in document["changes"]] == ["B", "A.x"]


def test_as_markdown() -> None:
    assert report(CHANGES, "markdown").splitlines()[2:5] == ["### Breaking", "", "- `B` is gone"]


# Sessions ----------------------------------------------------


@pytest.fixture
def documents() -> Documents:
    """The stock schema, to change."""
    found: Documents = json.loads(STOCK.read_text(encoding="utf-8"))
    return copy.deepcopy(found)


def document(documents: Documents, name: str) -> dict[str, Any]:
    return next(one for one in documents if one["id"] == name)


Change_ = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d["properties"].pop("comment"), ["AssetVersion.comment is gone"]),
        (
            lambda d: d["properties"].update(comment={"type": "integer"}),
            ["AssetVersion.comment: text → number"],
        ),
        (
            lambda d: d["properties"].update(comment={"$ref": "Note"}),
            ["AssetVersion.comment: a plain value → one entity"],
        ),
        (
            lambda d: d["properties"].update(status={"$ref": "Type"}),
            ["AssetVersion.status: Status → Type"],
        ),
        (
            lambda d: d["immutable"].append("comment"),
            ["AssetVersion.comment: can't be changed after creation any more"],
        ),
        (
            lambda d: d.setdefault("computed", []).append("comment"),
            ["AssetVersion.comment: is set by the server alone now"],
        ),
        (lambda d: d["required"].append("user_id"), ["AssetVersion.user_id: is required now"]),
        (lambda d: d["properties"].update(mood={"type": "string"}), []),
        (lambda d: d["required"].remove("status_id"), []),
    ],
)
def test_what_matters_to_a_class(documents: Documents, change: Change_, expected: list[str]) -> None:
    from ftrack_entities import AssetVersion

    change(document(documents, "AssetVersion"))
    found = class_differences(AssetVersion, Schema.from_wire(documents))
    assert [str(one) for one in found] == expected


def test_the_stock_schema_is_no_difference_for_any_class(documents: Documents) -> None:
    import ftrack_entities

    schema = Schema.from_wire(documents)
    registry = ftrack_entities.REGISTRY
    assert [one for name in registry for one in class_differences(registry[name], schema)] == []


@pytest.fixture
def drifted(documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package made from a schema the server does not have: timers with a mood, and no jobs."""
    from ftrack_codegen import regenerate

    document(documents, "Timer")["properties"]["mood"] = {"type": "string"}
    regenerate(documents, "drifted_entities", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield "drifted_entities"
    import sys

    for name in [name for name in sys.modules if name.startswith("drifted_entities")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def stock_server() -> Iterator[LocalServer]:
    """A server with the stock schema."""
    with LocalServer(seed="empty") as running:
        yield running


def connected(server: LocalServer, **further: Any) -> Session:
    return Session(server.url, server.api_key, server.api_user, schema_cache_path=False, **further)


def test_a_session_warns_when_a_class_concerned_is_first_used(
    stock_server: LocalServer, drifted: str, caplog: pytest.LogCaptureFixture
) -> None:
    package = importlib.import_module(drifted)
    caplog.set_level(logging.WARNING, "ftrack_typed.schema")
    with connected(stock_server, entities=package) as session:
        session.query("select id from Task").all()
        assert caplog.messages == []
        for _ in range(2):
            session.query(package.Timer).first()
    assert len(caplog.messages) == 1
    assert "Timer.mood is gone" in caplog.messages[0]
    assert "ftrack-typed regen" in caplog.messages[0]


def test_a_session_can_refuse(stock_server: LocalServer, drifted: str) -> None:
    package = importlib.import_module(drifted)
    with connected(stock_server, entities=package, on_schema_drift="error") as session:
        for _ in range(2):
            with pytest.raises(SchemaDriftError, match=r"Timer\.mood is gone"):
                session.types["Timer"]
    _ = package.Timer  # loaded before the session starts
    with pytest.raises(SchemaDriftError, match=r"Timer\.mood is gone"):
        connected(stock_server, entities=package, on_schema_drift="error")


def test_a_session_can_look_away(
    stock_server: LocalServer, drifted: str, caplog: pytest.LogCaptureFixture
) -> None:
    package = importlib.import_module(drifted)
    with connected(stock_server, entities=package, on_schema_drift="ignore") as session:
        session.query(package.Timer).first()
    assert [one for one in caplog.records if one.name == "ftrack_typed.schema"] == []


def test_another_word_is_refused(stock_server: LocalServer) -> None:
    with pytest.raises(ConfigurationTypeError, match="Did you mean 'error'"):
        connected(stock_server, on_schema_drift="eror")
