from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import (
    MalformedResponseError,
    SchemaError,
    ServerCompatibilityError,
    UnrecognisedEntityTypeError,
)
from ftrack_typed.schema import (
    MISSING,
    UID,
    ForeignKey,
    Kind,
    Schema,
    SchemaCache,
    check_compatibility,
    fetch_information,
    load_schema,
    schema_hash,
)
from ftrack_typed.transport import HttpTransport

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "server_a" / "query_schemas.json"


def entity(name: str = "Foo", **changes: Any) -> dict[str, Any]:
    """Return a schema document; *changes* replace its fields, None removes them."""
    document = {
        "id": name,
        "type": "object",
        "properties": {"id": {"type": "string", "default": "{uid}"}, "name": {"type": "string"}},
        "primary_key": ["id"],
        "required": ["id"],
        "immutable": ["id"],
        "default_projections": ["id", "name"],
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


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


# Cache and source


@pytest.fixture
def transport(loopback: Loopback) -> Iterator[HttpTransport]:
    transport = HttpTransport(Configuration.resolve(loopback.url, "key", "ada", environment={}))
    yield transport
    transport.close()


DOCUMENTS = [entity("Größe"), entity("Bar")]
CURRENT = {"version": "4.13.0", "schema_hash": schema_hash(DOCUMENTS)}


def load(transport: HttpTransport, cache: SchemaCache, information: Any = CURRENT) -> bool:
    documents, cached = load_schema(transport, information, cache)
    assert documents == DOCUMENTS
    return cached


def test_the_second_time_comes_from_the_cache(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path
) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(tmp_path / "new" / "folder")
    assert not load(transport, cache)
    assert load(transport, cache)
    assert [request.operations for request in loopback.received] == [[{"action": "query_schemas"}]]
    assert [path.suffix for path in (tmp_path / "new" / "folder").iterdir()] == [".json"]


@pytest.mark.parametrize("announced", [None, "", "0" * 32])
def test_without_a_matching_hash_the_server_is_asked(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, announced: str | None
) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(tmp_path)
    assert not load(transport, cache, {"schema_hash": announced})
    assert not load(transport, cache, {"schema_hash": announced})
    assert not load(transport, SchemaCache(tmp_path / "other"), {})
    assert load(transport, cache)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b"null", b"[1]", b"{}", b"[]", b"[" * 100_000])
def test_a_corrupt_cache_is_replaced(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, content: bytes
) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(tmp_path)
    path = cache.path(loopback.url)
    assert path is not None
    path.write_bytes(content)
    assert not load(transport, cache)
    assert load(transport, cache)


def test_a_cache_that_cannot_be_used_is_only_logged(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loopback.answer([DOCUMENTS])
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING, "ftrack_typed.schema"):
        assert not load(transport, SchemaCache(blocked))
    assert "cannot be written" in caplog.text
    cache = SchemaCache(tmp_path)
    path = cache.path(loopback.url)
    assert path is not None
    path.mkdir()
    assert not load(transport, cache)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["file", path.name])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows folders have no write permission of this kind")
def test_an_unwritable_directory(loopback: Loopback, transport: HttpTransport, tmp_path: Path) -> None:
    loopback.answer([DOCUMENTS])
    tmp_path.chmod(0o500)
    try:
        load(transport, SchemaCache(tmp_path))
    finally:
        tmp_path.chmod(0o700)


def test_no_cache(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([DOCUMENTS])
    cache = SchemaCache(None)
    assert cache.path(loopback.url) is None
    assert not load(transport, cache)
    assert not load(transport, cache)


def test_servers_do_not_share_a_file(tmp_path: Path) -> None:
    cache = SchemaCache(tmp_path)
    urls = [
        "https://studio.example",
        "http://studio.example",
        "https://studio.example:8080",
        "https://studio.example/b",
    ]
    paths = [cache.path(url) for url in urls]
    assert len(set(paths)) == len(urls)
    for path in paths:
        assert path is not None
        assert path.name.startswith("schema-studio.example")
    assert cache.path("https://ada:s3cret@studio.example") == cache.path("https://studio.example")


def test_concurrent_writers_never_leave_half_a_file(tmp_path: Path) -> None:
    cache = SchemaCache(tmp_path)
    versions = [[entity("Foo", description=str(index) * 5000)] for index in range(4)]
    hashes = [schema_hash(version) for version in versions]
    cache.store("http://h", versions[0])
    torn: list[bytes] = []

    def write(version: list[dict[str, Any]]) -> None:
        for _ in range(10):
            cache.store("http://h", version)

    writers = [threading.Thread(target=write, args=(version,)) for version in versions]
    for writer in writers:
        writer.start()
    path = cache.path("http://h")
    assert path is not None
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes()
        kept = json.loads(content)
        if kept["schema_hash"] not in hashes or schema_hash(kept["schemas"]) != kept["schema_hash"]:
            torn.append(content)
    assert torn == []
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("answer", [[], [[]], [None], [[1]], [DOCUMENTS, DOCUMENTS]])
def test_an_answer_that_is_no_schema(
    loopback: Loopback, transport: HttpTransport, tmp_path: Path, answer: object
) -> None:
    loopback.answer(answer)
    with pytest.raises(MalformedResponseError, match="no schema"):
        load_schema(transport, CURRENT, SchemaCache(tmp_path))
    assert list(tmp_path.iterdir()) == []


# Server information


def test_server_information(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([CURRENT])
    assert fetch_information(transport) == CURRENT
    assert loopback.received[0].operations == [{"action": "query_server_information"}]


@pytest.mark.parametrize("answer", [[], [None], [[]], [{}, {}]])
def test_an_answer_that_is_no_information(
    loopback: Loopback, transport: HttpTransport, answer: object
) -> None:
    loopback.answer(answer)
    with pytest.raises(MalformedResponseError, match="about itself"):
        fetch_information(transport)


@pytest.mark.parametrize("version", ["3.3.11", "3.4", "3.10.0", "4.13.5.1234", "dev", "4.0.0-rc1"])
def test_versions_this_client_works_with(version: str) -> None:
    check_compatibility({"version": version})


@pytest.mark.parametrize("version", ["3.3.10", "2.99.99", "3.2.12-rc1", "", None])
def test_versions_this_client_does_not_work_with(version: str | None) -> None:
    with pytest.raises(ServerCompatibilityError, match="version"):
        check_compatibility({} if version is None else {"version": version})
