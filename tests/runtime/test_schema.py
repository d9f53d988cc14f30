"""Schemas as data: properties, inheritance, what makes no sense, the hash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.schema_documents import entity

from ftrack_typed.errors import SchemaError, UnrecognisedEntityTypeError
from ftrack_typed.schema import MISSING, UID, ForeignKey, Kind, Schema, schema_hash

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "server_a" / "query_schemas.json"


def with_property(**properties: Any) -> Any:
    document = entity()
    document["properties"].update(properties)
    return Schema.from_wire([document])["Foo"].properties


# Properties


def test_kinds_of_properties() -> None:
    properties = with_property(
        status={"$ref": "Status", "alias_for": "taskstatus"},
        notes={"type": "array", "items": {"$ref": "Note"}},
        metadata={
            "type": "mapped_array",
            "items": {"$ref": "Metadata"},
            "key_value_attributes": {"key": "name", "value": "content"},
        },
        created_at={"type": "string", "format": "date-time"},
    )
    status, notes, metadata = (properties[name] for name in ("status", "notes", "metadata"))
    assert (status.kind, status.target, status.type, status.alias) == (
        Kind.REFERENCE,
        "Status",
        None,
        "taskstatus",
    )
    assert (notes.kind, notes.items, notes.related) == (Kind.COLLECTION, "Note", "Note")
    assert (metadata.kind, metadata.items) == (Kind.MAPPED, "Metadata")
    assert (metadata.key_attribute, metadata.value_attribute) == ("name", "content")
    assert (properties["created_at"].kind, properties["created_at"].format) == (Kind.SCALAR, "date-time")
    assert properties["created_at"].related is None


def test_defaults_tell_none_from_nothing() -> None:
    properties = with_property(a={"default": None}, b={"default": False}, c={})
    assert properties["a"].default is None
    assert properties["b"].default is False
    assert properties["c"].default is MISSING
    assert properties["id"].default == UID


def test_foreign_keys_come_from_the_description() -> None:
    properties = with_property(
        a={"type": "string", "format": "foreign_key", "description": "Foreign key(s): User.user_id"},
        b={"type": "string", "description": "Who did it. Foreign key(s): User.id"},
        c={"type": "string", "description": "The colour."},
    )
    assert (properties["a"].foreign_key, properties["a"].description) == (ForeignKey("User", "user_id"), None)
    assert (properties["b"].foreign_key, properties["b"].description) == (
        ForeignKey("User", "id"),
        "Who did it.",
    )
    assert (properties["c"].foreign_key, properties["c"].description) == (None, "The colour.")


def test_type_together_with_a_reference_is_a_foreign_key() -> None:
    prop = with_property(owner_id={"type": "string", "$ref": "User"})["owner_id"]
    assert (prop.kind, prop.type, prop.target) == (Kind.SCALAR, "string", None)
    assert prop.foreign_key == ForeignKey("User", None)


def test_quirks_of_properties() -> None:
    properties = with_property(
        untyped={},
        malformed={"type": "array", "items": {"ref": "$Bar"}},
        bare={"type": "array"},
        dangling={"$ref": "Nowhere"},
        links={"type": "mapped_array", "restricted_projection": True, "items": {"$ref": "Link"}},
        state={"type": "string", "enum": ["a", "b"]},
        parent_type={"type": "string", "transform": {"client": "{schema_id}"}},
        old={"type": "string", "description": "Deprecated, use `new`."},
        future={"type": "tensor", "shape": [1, 2]},
    )
    assert (properties["untyped"].kind, properties["untyped"].type) == (Kind.SCALAR, None)
    assert properties["malformed"].items == "Bar"
    assert properties["bare"].items is None
    assert properties["dangling"].target == "Nowhere"
    assert properties["links"].restricted
    assert properties["state"].enum == ("a", "b")
    assert properties["parent_type"].is_entity_type
    assert properties["old"].deprecated == "Deprecated, use `new`."
    assert (properties["future"].kind, properties["future"].type) == (Kind.SCALAR, "tensor")


# Entity types


def test_names_without_a_property_are_dropped() -> None:
    document = entity(
        required=["id", "ghost"],
        immutable=["id", "ghost"],
        computed=["ghost"],
        default_projections=["ghost", "name"],
    )
    schema = Schema.from_wire([document])["Foo"]
    assert (schema.required, schema.immutable, schema.computed) == (("id",), ("id",), ())
    assert schema.default_projections == ("name",)


def test_restricted_attributes_are_never_projected() -> None:
    document = entity(default_projections=["id", "links"])
    document["properties"]["links"] = {"type": "array", "restricted_projection": True}
    assert Schema.from_wire([document])["Foo"].default_projections == ("id",)


def test_internal_names_are_translated() -> None:
    document = entity(
        system_projections=["showid", "name", "nowhere", "linked"],
        alias_for={"id": "Bar", "classifiers": {"object_typeid": "11c1", "entity": "task"}},
    )
    document["properties"].update(
        project_id={"type": "string", "alias_for": "showid"},
        object_type_id={"type": "string", "alias_for": "object_typeid"},
        _link={"type": "string", "alias_for": "linked"},
        link={"type": "string", "alias_for": "linked"},
    )
    schema = Schema.from_wire([document])["Foo"]
    assert schema.system_projections == ("project_id", "name", "link")
    assert schema.classifiers == {"object_type_id": "11c1", "entity": "task"}
    assert schema.table == "Bar"


def test_a_missing_primary_key_is_the_id() -> None:
    assert Schema.from_wire([entity(primary_key=None)])["Foo"].primary_key == ("id",)


def test_composite_keys_keep_their_order() -> None:
    document = entity(primary_key=["name", "id"])
    assert Schema.from_wire([document])["Foo"].primary_key == ("name", "id")


def test_documents_need_no_type() -> None:
    assert "Foo" in Schema.from_wire([entity(type=None, metadata={"group_by": True})])


def test_an_unknown_entity_type_is_named_with_the_nearest() -> None:
    schema = Schema.from_wire([entity("Task"), entity("Shot")])
    with pytest.raises(UnrecognisedEntityTypeError, match=r"'Tsak'\. Did you mean 'Task'"):
        schema["Tsak"]
    assert list(schema) == ["Task", "Shot"]
    assert len(schema) == 2


# Inheritance


def test_inheritance_from_the_mixin() -> None:
    schema = Schema.from_wire([entity("Base"), entity("Foo", **{"$mixin": {"$ref": "Base"}})])
    assert schema.lineage("Foo") == ("Foo", "Base")
    assert schema.subtypes("Base") == ("Foo",)


def test_inheritance_from_a_shared_table() -> None:
    schema = Schema.from_wire(
        [
            entity("TypedContext", alias_for="Task"),
            entity("Spaceship", alias_for={"id": "Task", "classifiers": {}}),
            entity("Task", alias_for={"id": "Task"}),
            entity("List"),
            entity("Playlist", alias_for={"id": "List"}),
        ]
    )
    assert schema["Spaceship"].base == schema["Task"].base == "TypedContext"
    assert schema["Playlist"].base == "List"


def test_inheritance_from_the_built_in_tree_skips_absent_types() -> None:
    schema = Schema.from_wire([entity("Resource"), entity("User"), entity("Group"), entity("Shot")])
    assert schema["User"].base == "Resource"
    assert schema["Shot"].base is None


def test_an_unknown_mixin_is_passed_over() -> None:
    assert Schema.from_wire([entity("Foo", **{"$mixin": {"$ref": "Gone"}})])["Foo"].base is None


def test_circular_inheritance_is_refused() -> None:
    documents = [entity(a, **{"$mixin": {"$ref": b}}) for a, b in (("A", "B"), ("B", "C"), ("C", "A"))]
    with pytest.raises(SchemaError, match="A → B → C → A"):
        Schema.from_wire(documents)


# Nonsense


@pytest.mark.parametrize(
    ("documents", "place"),
    [
        ({"Foo": entity()}, "list of documents"),
        ("text", "list of documents"),
        ([3], "Document 0"),
        ([entity(), {"properties": {}}], "Document 1"),
        ([entity(id="")], "Document 0"),
        ([entity(), entity()], "'Foo' twice"),
        ([entity(properties=[])], "'Foo': “properties”"),
        ([entity(properties={"x": "string"})], "'Foo', property 'x'"),
        ([entity(properties={"": {}})], "'Foo'"),
        ([entity(properties={"x": {"type": ["string", "null"]}})], "'Foo', property 'x': “type”"),
        ([entity(properties={"x": {"$ref": {"id": "Bar"}}})], "'Foo', property 'x'"),
        ([entity(properties={"x": {"type": "array", "items": "Bar"}})], "'Foo', property 'x': “items”"),
        ([entity(properties={"x": {"enum": [1]}})], "'Foo', property 'x': “enum”"),
        ([entity(properties={"name": {}}, primary_key=None)], "no primary key"),
        ([entity(primary_key=["ghost"])], "property 'ghost'"),
        ([entity(primary_key="id")], "“primary_key”"),
        ([entity(required=[1])], "“required”"),
        ([entity(alias_for=3)], "“alias_for”"),
        ([entity(alias_for={"id": 3})], "“alias_for”"),
        ([entity(alias_for={"id": "T", "classifiers": {"a": 1}})], "classifier"),
        ([entity(**{"$mixin": "Base"})], "mixin"),
    ],
)
def test_nonsense_is_refused_with_its_place(documents: Any, place: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Schema.from_wire(documents)
    assert place in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("Foo"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "$ref", "type", "items", "x"]) | st.text(max_size=3), inner, max_size=3
        )
    ),
    max_leaves=8,
)
FIELDS = ["type", "properties", "primary_key", "required", "immutable", "computed", "system_projections"]
FIELDS += ["default_projections", "alias_for", "$mixin", "metadata", "deprecated"]
PROPERTY_FIELDS = [
    "type",
    "$ref",
    "items",
    "alias_for",
    "format",
    "description",
    "default",
    "enum",
    "deprecated",
]


@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON), st.dictionaries(st.sampled_from(PROPERTY_FIELDS), JSON)
)
def test_any_document_is_understood_or_refused(fields: dict[str, Any], prop: dict[str, Any]) -> None:
    document = entity(**fields)
    if isinstance(document.get("properties"), dict):
        document["properties"]["some"] = prop
    try:
        schema = Schema.from_wire([document])
    except SchemaError:
        return
    foo = schema["Foo"]
    named = (*foo.primary_key, *foo.required, *foo.immutable, *foo.computed, *foo.system_projections)
    assert set(named) <= set(foo.properties)
    assert foo.primary_key


def test_a_schema_cannot_be_changed() -> None:
    schema = Schema.from_wire([entity()])
    with pytest.raises(TypeError):
        schema.types["Bar"] = schema["Foo"]  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


# The recorded schema


@pytest.fixture
def recorded() -> list[dict[str, Any]]:
    if not RECORDED.exists():
        pytest.skip("the recorded server schema is not part of the distribution")
    documents: list[dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return documents


def test_the_recorded_schema_is_understood(recorded: list[dict[str, Any]]) -> None:
    schema = Schema.from_wire(recorded)
    assert len(schema) == len(recorded) == 130
    assert sum(len(entity.properties) for entity in schema.types.values()) == 1587
    assert schema.lineage("Task") == ("Task", "TypedContext", "Context")
    assert schema["Task"].system_projections == ("project_id", "context_type")
    assert schema["Task"].classifiers == {
        "object_type_id": schema["Task"].properties["object_type_id"].default
    }
    assert schema["TypedContextLink"].properties["type"].enum[0] == "start_to_start"


def test_the_built_in_tree_equals_the_recorded_one(recorded: list[dict[str, Any]]) -> None:
    told = Schema.from_wire(recorded)
    untold = Schema.from_wire([{k: v for k, v in document.items() if k != "$mixin"} for document in recorded])
    assert {name: untold[name].base for name in untold} == {name: told[name].base for name in told}


def test_the_hash_of_the_recorded_schema(recorded: list[dict[str, Any]]) -> None:
    assert schema_hash(recorded) == "141db3371ef979546d91af50467d47a1"


# Hash


@given(JSON)
def test_the_hash_ignores_the_order_of_keys(value: Any) -> None:
    def turned(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: turned(data[key]) for key in reversed(data)}
        return [turned(item) for item in data] if isinstance(data, list) else data

    assert schema_hash([{"a": value, "b": 1}]) == schema_hash([turned({"b": 1, "a": value})])


def test_the_hash_heeds_the_order_of_documents() -> None:
    assert schema_hash([entity("A"), entity("B")]) != schema_hash([entity("B"), entity("A")])
