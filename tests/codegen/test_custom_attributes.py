"""Which custom attributes an entity type has, what they hold, and what becomes of hostile ones."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_codegen import InputError, generate, regenerate
from ftrack_codegen.intermediate import CustomAttribute, Package, build
from ftrack_codegen.render_studio import MAX_OVERLOADS
from ftrack_codegen.studio import Studio, read_studio
from ftrack_typed.entity.names import custom_attribute_name
from ftrack_typed.schema import Schema

Documents = list[dict[str, Any]]
SHOT = "bad911de-3bd6-47b9-8b46-3476e237cb36"
BUILD = "4be63b64-5010-42fb-bf1f-428af9d638f0"


def row(key: str, kind: str = "text", **further: Any) -> dict[str, Any]:
    """A configuration of shots, as the server answers it."""
    return {
        "id": further.pop("id", f"id of {key}"),
        "key": key,
        "label": key,
        "type": {"name": kind},
        "entity_type": "task",
        "object_type_id": SHOT,
        "is_hierarchical": False,
        "default": "",
        "config": "{}",
        **further,
    }


@pytest.fixture
def package(stock_documents: Documents) -> Callable[..., Package]:
    """Decides about rows, on the stock schema."""
    schema = Schema.from_wire(stock_documents)

    def make(*rows: dict[str, Any], **further: Any) -> Package:
        return build(schema, "made", read_studio({"custom_attributes": rows}), **further)

    return make


def of_shot(package: Package) -> dict[str, CustomAttribute]:
    return dict(package.custom_attributes["Shot"].attributes)


# Where they apply --------------------------------------------


def test_object_types_are_joined_by_id(package: Callable[..., Package]) -> None:
    made = package(row("a", object_type_id=BUILD, object_type={"id": BUILD, "name": "Asset Build"}))
    assert list(made.custom_attributes) == ["AssetBuild"]


def test_the_object_type_may_be_nested(package: Callable[..., Package]) -> None:
    made = package(row("a", object_type_id=None, object_type={"id": BUILD, "name": "Renamed"}))
    assert list(made.custom_attributes) == ["AssetBuild"]


@pytest.mark.parametrize(
    ("entity_type", "owner"),
    [
        ("show", "Project"),
        ("assetversion", "AssetVersion"),
        ("asset", "Asset"),
        ("user", "User"),
        ("list", "List"),
        ("task", "TypedContext"),
    ],
)
def test_other_kinds_of_entities(package: Callable[..., Package], entity_type: str, owner: str) -> None:
    made = package(row("a", entity_type=entity_type, object_type_id=None))
    assert list(made.custom_attributes) == [owner]


def test_hierarchical_ones_are_declared_once_and_inherited(package: Callable[..., Package]) -> None:
    made = package(row("fps", entity_type="show", object_type_id=None, is_hierarchical=True), row("a"))
    assert {owner: one.declared for owner, one in made.custom_attributes.items()} == {
        "Asset": ("fps",),
        "AssetVersion": ("fps",),
        "Context": ("fps",),
        "Shot": ("a",),
    }
    assert made.custom_attributes["Shot"].base == "Context"
    assert set(of_shot(made)) == {"a", "fps"}


def test_those_without_a_home_are_told(package: Callable[..., Package]) -> None:
    made = package(row("a", object_type_id="unknown"), row("b", entity_type="dashboard"))
    assert made.homeless == ("a (id of a)", "b (id of b)")
    assert not made.custom_attributes


def test_projects_can_have_their_own(package: Callable[..., Package]) -> None:
    made = package(
        row("a", project_id="p1"), row("b", project_id="p1"), row("b", "number", id="2", default=1)
    )
    assert of_shot(made)["a"].projects == ("p1",)
    assert "Only in the project p1." in of_shot(made)["a"].doc
    assert of_shot(made)["b"].projects == ()
    assert of_shot(made)["b"].scalars == ("float", "str")


def test_other_projects_can_be_left_out() -> None:
    studio = read_studio(
        {
            "custom_attributes": [row("a", project_id="p1"), row("b", project_id="p2"), row("c")],
            "projects": [{"id": "p1", "name": "meadow"}, {"id": "p2", "name": "river"}],
        }
    )
    kept = studio.of_projects(frozenset({"river"}))
    assert [one.key for one in kept.configurations] == ["b", "c"]


# What they hold ----------------------------------------------


@pytest.mark.parametrize(
    ("kind", "config", "default", "scalars", "nullable"),
    [
        ("number", {"isdecimal": True}, 1.5, ("float",), False),
        ("number", {"isdecimal": False}, 1, ("int",), False),
        ("number", {}, None, ("float",), True),
        ("number", {"isdecimal": False}, "", ("int",), True),
        ("text", {}, "", ("str",), False),
        ("url", {}, None, ("str",), True),
        ("expression", {}, "{a}", ("str",), False),
        ("boolean", {}, False, ("bool",), False),
        ("date", {}, None, ("datetime",), True),
        ("invented later", {}, 0, ("Any",), False),
    ],
)
def test_plain_values(
    package: Callable[..., Package],
    kind: str,
    config: dict[str, Any],
    default: Any,
    scalars: tuple[str, ...],
    nullable: bool,
) -> None:
    found = of_shot(package(row("a", kind, config=json.dumps(config), default=default)))["a"]
    assert (found.scalars, found.nullable, found.is_list) == (scalars, nullable, False)


@pytest.mark.parametrize(
    ("config", "options"),
    [
        ('{"data": "[{\\"menu\\": \\"A\\", \\"value\\": \\"a\\"}, {\\"value\\": \\"b\\"}]"}', ("a", "b")),
        ('{"data": [{"value": "a"}, {"value": "a"}]}', ("a",)),
        ('{"data": "no json"}', ()),
        ("no json", ()),
        ("[]", ()),
        (None, ()),
    ],
)
def test_enumerators(package: Callable[..., Package], config: Any, options: tuple[str, ...]) -> None:
    found = of_shot(package(row("a", "enumerator", config=config)))["a"]
    assert found.is_list
    assert found.options == options


# What they are called ----------------------------------------


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("fps", "fps"),
        ("animal label", "animal_label"),
        ("a - b", "a_b"),
        ("3d", "x_3d"),
        ("class", "class_"),
        ("get", "get_"),
        ("_private", "private"),
        ("Größe", "Größe"),
        ("…", None),
    ],
)
def test_spelling(key: str, name: str | None) -> None:
    assert custom_attribute_name(key) == name


@given(st.text())
def test_a_spelling_is_always_a_free_name(key: str) -> None:
    name = custom_attribute_name(key)
    assert name is None or (name.isidentifier() and custom_attribute_name(name) == name)


def test_keys_that_meet_are_items_only(package: Callable[..., Package]) -> None:
    found = of_shot(package(row("a b"), row("a-b"), row("c d"), row("c_d")))
    assert {key: one.name for key, one in found.items()} == {
        "a b": None,
        "a-b": None,
        "c d": None,
        "c_d": "c_d",
    }


def test_names_can_be_chosen(package: Callable[..., Package]) -> None:
    made = package(row("animal label"), row("fps"), spellings={"animal label": "animal"})
    assert of_shot(made)["animal label"].name == "animal"
    for name in ("fps", "class", "a b"):
        with pytest.raises(InputError, match="animal label"):
            package(row("animal label"), row("fps"), spellings={"animal label": name})


# Code --------------------------------------------------------


def test_a_changed_attribute_touches_one_file(stock_documents: Documents) -> None:
    rows = [row("a"), row("fps", entity_type="show", object_type_id=None, is_hierarchical=True)]

    def files(*rows: dict[str, Any]) -> dict[str, str]:
        studio = read_studio({"custom_attributes": list(rows)})
        return generate(stock_documents, "made", studio=studio, schema_hash="x")[0]

    before = files(*rows)
    after = files(row("a", "boolean", default=True), rows[1])
    assert [name for name in after if after[name] != before[name]] == ["_shot_custom_attributes.py"]
    assert files(*reversed(rows)) == before


def test_overloads_are_bounded(stock_documents: Documents) -> None:
    rows = [
        row(f"e{number}", "enumerator", config=json.dumps({"data": [{"value": f"v{number}"}]}))
        for number in range(3 * MAX_OVERLOADS)
    ]
    files, _ = generate(stock_documents, "made", studio=read_studio({"custom_attributes": rows}))
    text = files["_shot_custom_attributes.py"]
    assert text.count("def __getitem__(") <= MAX_OVERLOADS + 3
    assert f'e{3 * MAX_OVERLOADS - 1}: CustomOptions[Literal["v{3 * MAX_OVERLOADS - 1}"]]' in text


HOSTILE = 'x"""\nimport os; os.abort()\n\\\u2028\u202e{{ 7 * 7 }}\'] = 1 #'


def test_hostile_configurations_stay_text(
    stock_documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = read_studio(
        {
            "custom_attributes": [
                row(HOSTILE, "enumerator", label=HOSTILE, config=json.dumps({"data": [{"value": HOSTILE}]})),
                row("b", HOSTILE, default=HOSTILE, project_id=HOSTILE),
            ],
            "statuses": [{"id": HOSTILE, "name": HOSTILE, "color": HOSTILE}],
            "projects": [{"id": HOSTILE, "name": HOSTILE}],
        }
    )
    regenerate(stock_documents, "hostile_entities", tmp_path, studio=studio)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    package = importlib.import_module("hostile_entities")
    info = package.REGISTRY.custom_attributes("Shot")
    assert HOSTILE in info.configurations
    statuses = importlib.import_module("hostile_entities.constants").Statuses.all()
    assert [(one.id, one.name, one.color) for one in statuses] == [(HOSTILE, HOSTILE, HOSTILE)]


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"custom_attributes": {"a": 1}}, "custom_attributes"),
        ({"custom_attributes": ["a"]}, "'a'"),
        ({"custom_attributes": [{"id": "1", "key": "a", "entity_type": "task"}]}, "its type"),
        ({"custom_attributes": [{"key": "a", "type": {"name": "text"}}]}, "id"),
        ({"statuses": [{"name": "Done"}]}, "statuses"),
        ({"statuses": [{"id": "1", "name": "Done", "color": ["red"]}]}, "color"),
    ],
)
def test_rows_that_make_no_sense_are_refused(sections: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        read_studio(sections)


def test_nothing_configured_changes_nothing(stock_documents: Documents) -> None:
    plain, _ = generate(stock_documents, "made", schema_hash="x")
    assert generate(stock_documents, "made", schema_hash="x", studio=Studio())[0] == plain
