"""What is decided about a schema before any code is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_codegen.intermediate import Access, Kind, Package, Scalar, build
from ftrack_typed.entity.info import UID
from ftrack_typed.errors import SchemaError, UnsafeNameError
from ftrack_typed.schema import Schema

Make = Callable[..., dict[str, Any]]


def package(*documents: dict[str, Any]) -> Package:
    return build(Schema.from_wire(list(documents)), "made")


@pytest.fixture(scope="module")
def stock(stock_documents: list[dict[str, Any]]) -> Package:
    return package(*stock_documents)


def test_subtypes_declare_only_what_their_base_has_not(stock: Package) -> None:
    task = stock.entities["Task"]
    assert task.base == "TypedContext"
    assert stock.entities["TypedContext"].base == "Context"
    assert "name" not in task.declared
    assert "name" in task.attributes
    assert set(task.declared) == {"object_type", "object_type_id"}


def test_a_stricter_subtype_declares_the_attribute_again(stock: Package) -> None:
    assert stock.entities["TypedContext"].attributes["bid"].access is Access.ALWAYS
    assert stock.entities["Shot"].attributes["bid"].access is Access.AT_CREATION
    assert "bid" in stock.entities["Shot"].declared
    assert "bid" in stock.entities["Shot"].overrides
    assert "bid" not in stock.entities["Task"].declared


@pytest.mark.parametrize(
    ("path", "nullable"),
    [
        ("Task.status", False),
        ("Task.type", False),
        ("Task.project", False),
        ("Task.priority", False),
        ("Task.object_type", False),
        ("Task.bid", False),
        ("Task.name", False),
        ("Task.parent", True),
        ("Task.thumbnail", True),
        ("Task.start_date", True),
        ("AssetVersion.asset", False),
        ("AssetVersion.task", True),
        ("Note.in_reply_to", True),
        ("TypedContextLink.from", False),
        ("CustomAttributeConfiguration.project_id", True),
    ],
)
def test_nullability(stock: Package, path: str, nullable: bool) -> None:
    entity_type, name = path.split(".")
    assert stock.entities[entity_type].attributes[name].nullable is nullable


def test_subtypes_agree_with_their_base_about_null(stock: Package) -> None:
    for entity in stock.entities.values():
        if entity.base is None:
            continue
        for name, inherited in stock.entities[entity.base].attributes.items():
            attribute = entity.attributes[name]
            if attribute.kind is inherited.kind:
                assert attribute.nullable is inherited.nullable, f"{entity.wire_id}.{name}"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("AssetVersion.task", "TypedContext"),
        ("ObjectType.tasks", "TypedContext"),
        ("Type.tasks", "TypedContext"),
        ("TypedContextList.items", "TypedContext"),
        ("Task.parent", "Context"),
    ],
)
def test_relations_lead_to_what_the_server_answers(stock: Package, path: str, target: str) -> None:
    entity_type, name = path.split(".")
    assert stock.entities[entity_type].attributes[name].target == target


@pytest.mark.parametrize(
    ("path", "kind", "scalar"),
    [
        ("Task.link", Kind.SCALAR, Scalar.LINK),
        ("Task.thumbnail_url", Kind.SCALAR, Scalar.JSON),
        ("Task.start_date", Kind.SCALAR, Scalar.DATETIME),
        ("Task.metadata", Kind.KEY_VALUE, Scalar.STRING),
        ("Task.custom_attributes", Kind.KEY_VALUE, Scalar.VARIABLE),
        ("Task.custom_attribute_links", Kind.FILTER_ONLY, None),
        ("Task.notes", Kind.COLLECTION, None),
        ("Task.status", Kind.REFERENCE, None),
        ("Job.data", Kind.SCALAR, Scalar.STRING),
        ("ContextCustomAttributeValue.value", Kind.SCALAR, Scalar.VARIABLE),
        ("ReviewSessionObjectAnnotationComponent.frame_number", Kind.SCALAR, Scalar.INTEGER),
    ],
)
def test_kinds_of_attributes(stock: Package, path: str, kind: Kind, scalar: Scalar | None) -> None:
    entity_type, name = path.split(".")
    attribute = stock.entities[entity_type].attributes[name]
    assert (attribute.kind, attribute.scalar) == (kind, scalar)


@pytest.mark.parametrize(
    ("path", "access"),
    [
        ("Task.time_logged", Access.NEVER),
        ("Task.link", Access.NEVER),
        ("Asset.latest_version", Access.NEVER),
        ("ComponentLocation.url", Access.NEVER),
        ("Task.id", Access.AT_CREATION),
        ("Shot.start_date", Access.AT_CREATION),
        ("Task.start_date", Access.ALWAYS),
    ],
)
def test_who_may_set_an_attribute(stock: Package, path: str, access: Access) -> None:
    entity_type, name = path.split(".")
    assert stock.entities[entity_type].attributes[name].access is access


def test_choices_and_defaults(stock: Package) -> None:
    assert stock.entities["Job"].attributes["status"].choices == ("queued", "running", "done", "failed")
    defaults = stock.entities["Task"].defaults
    assert defaults["id"] is UID
    assert defaults["object_type_id"] == "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"
    assert "status_id" not in defaults


def test_an_explicit_null_is_a_default(entity_type: Make) -> None:
    made = package(entity_type("A", {"x": {"type": "string", "default": None}, "y": {"type": "string"}}))
    assert made.entities["A"].defaults == {"id": UID, "x": None}


def test_composite_keys_keep_their_order(stock: Package) -> None:
    assert stock.entities["Metadata"].primary_key == ("parent_id", "key")


def test_internal_projections_become_public_names(stock: Package) -> None:
    assert stock.entities["Task"].system_projections == ("context_type", "project_id")


def test_relations_to_unknown_types_are_left_out_and_noted(entity_type: Make) -> None:
    made = package(
        entity_type("A", {"gone": {"$ref": "Conversation"}, "all": {"type": "array", "items": {"$ref": "B"}}})
    )
    assert made.omitted == ("A.all", "A.gone")
    assert sorted(made.entities["A"].attributes) == ["id"]


def test_properties_of_no_type_hold_anything(entity_type: Make) -> None:
    made = package(entity_type("A", {"x": {}, "y_id": {"format": "foreign_key"}, "z": {"type": "blob"}}))
    attributes = made.entities["A"].attributes
    assert attributes["x"].scalar is Scalar.VARIABLE
    assert attributes["y_id"].scalar is Scalar.STRING
    assert attributes["z"].scalar is Scalar.VARIABLE


def test_types_that_would_share_a_module_get_their_own(entity_type: Make) -> None:
    made = package(entity_type("FooBar"), entity_type("Foo_Bar"), entity_type("Provenance"))
    modules = [entity.module for entity in made.entities.values()]
    assert modules == ["_foo_bar", "_foo_bar__2", "_provenance__2"]


def test_names_that_meet_python_words(entity_type: Make) -> None:
    made = package(
        entity_type(
            "List", {name: {"type": "string"} for name in ("from", "global", "_link", "link", "items")}
        )
    )
    attributes = made.entities["List"].attributes
    assert {name: attribute.name for name, attribute in attributes.items()} == {
        "_link": "link_",
        "from": "from_",
        "global": "global_",
        "id": "id",
        "items": "items_",
        "link": "link",
    }


@pytest.mark.parametrize("name", ["a b", "x: int", "", "1a", "ﬁ", "a\n", "__init__", "x;import os"])
def test_attribute_names_that_are_none_are_refused(entity_type: Make, name: str) -> None:
    with pytest.raises(SchemaError) as caught:
        package(entity_type("A", {name: {"type": "string"}}))
    assert caught.value.entity_type == "A"


@pytest.mark.parametrize("name", ["A B", "A(object)", "_A", "A-", "ﬁ", "A\nimport os"])
def test_type_names_that_are_none_are_refused(entity_type: Make, name: str) -> None:
    with pytest.raises(UnsafeNameError):
        package(entity_type(name))


def test_an_attribute_that_would_hide_a_class_is_refused(entity_type: Make) -> None:
    with pytest.raises(SchemaError, match="'task'"):
        package(entity_type("task"), entity_type("A", {"task": {"$ref": "task"}}))
