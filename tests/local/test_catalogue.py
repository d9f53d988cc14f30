"""The schema language, its reader, and models built from schemas of any origin."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_local.catalogue import (
    CatalogueError,
    build_documents,
    build_model,
    load_catalogue,
    read_catalogue,
)
from ftrack_local.catalogue.definitions import AttributeDefinition
from ftrack_local.catalogue.language import FLAGS, OPTIONS, parse_attribute
from ftrack_local.model import (
    Collection,
    Inverse,
    OnDelete,
    Reference,
    Scalar,
    ScalarAttribute,
    Through,
    Unrelated,
    Walk,
)

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "server_a" / "query_schemas.json"

Documents = list[dict[str, Any]]

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "properties", "$mixin", "$ref", "type", "items", "primary_key", "alias_for"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.fixture
def stock() -> Documents:
    """A copy of the stock document to change freely."""
    return copy.deepcopy(build_documents(load_catalogue()))


def find(documents: Documents, name: str) -> dict[str, Any]:
    return next(document for document in documents if document["id"] == name)


def entity(name: str, properties: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A wire type as a studio's server may announce it."""
    return {
        "id": name,
        "type": "object",
        "properties": {"id": {"type": "string", "default": "{uid}"}, **properties},
        "primary_key": ["id"],
        "required": ["id"],
        "immutable": ["id"],
        "default_projections": ["id"],
        **facts,
    }


def key(target: str) -> dict[str, Any]:
    return {"type": "string", "format": "foreign_key", "description": f"Foreign key(s): {target}.id"}


def many(target: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": target}}


class TestLanguage:
    def test_a_relation_declares_its_key(self) -> None:
        line = parse_attribute("author", "-> User.user_id key=user_id column=userid required cascade -- Who.")
        assert (line.target, line.target_attribute, line.key_name) == ("User", "user_id", "user_id")
        assert line.declares_key
        assert line.column == "userid"
        assert line.flags == {"required", "cascade"}
        assert line.doc == "Who."

    def test_by_uses_a_key_declared_elsewhere(self) -> None:
        line = parse_attribute("user", "-> User by=resource_id")
        assert line.key_name == "resource_id"
        assert not line.declares_key

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("string default=main", "main"),
            ('string default="New review session"', "New review session"),
            ('string default=""', ""),
            ("integer default=0", 0),
            ("boolean default=false", False),
            ("string default=null", None),
        ],
    )
    def test_defaults_are_json_or_bare_words(self, text: str, expected: object) -> None:
        assert parse_attribute("name", text).default == expected

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "the line is empty"),
            ("strin required", "unknown kind 'strin'; did you mean 'string'"),
            ("string requird", "unknown word 'requird'; did you mean 'required'"),
            ("string colum=x", "unknown option 'colum'; did you mean 'column'"),
            ("->", "'->' needs a target"),
            ("many List via=ListObject", "must look like via=Name"),
            ("many List where=type", "must look like where=attribute:value"),
        ],
    )
    def test_a_mistake_is_named_with_its_fix(self, text: str, message: str) -> None:
        with pytest.raises(CatalogueError, match=message):
            parse_attribute("name", text)

    @given(
        st.lists(
            st.sampled_from(
                [*FLAGS, *(f"{option}=x" for option in OPTIONS), "many", "->", "string", "X.y", " -- "]
            )
            | st.text(max_size=8),
            max_size=6,
        )
    )
    def test_any_text_is_parsed_or_refused(self, words: list[str]) -> None:
        with contextlib.suppress(CatalogueError):
            assert isinstance(parse_attribute("name", " ".join(words)), AttributeDefinition)


class TestReader:
    def write(self, directory: Path, text: str) -> Path:
        (directory / "things.yaml").write_text(text, encoding="utf-8")
        return directory

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("Thing: [", "things.yaml: not valid YAML"),
            ("- Thing", "things.yaml: must be a mapping"),
            ("Thing: x", "things.yaml: Thing: must be a mapping"),
            (
                "Thing: {atributes: {}}",
                "things.yaml: Thing: unknown key 'atributes'; did you mean 'attributes'",
            ),
            (
                "Thing: {attributes: {id: uuid}}",
                "things.yaml: Thing.id: unknown kind 'uuid'; did you mean 'uid'",
            ),
            (
                "Thing: {base: Thin}",
                "things.yaml: Thing: base: unknown entity type 'Thin'; did you mean 'Thing'",
            ),
            ("Thing: {attributes: {to: -> Thin}}", "things.yaml: Thing.to: unknown entity type 'Thin'"),
            (
                "Thing: {attributes: {parent: -> Thing, all: many Thing.paren}}",
                "Thing.all: unknown attribute 'paren'; did you mean 'parent'",
            ),
            ("Thing: {attributes: {all: many Thing}}", "Thing.all: needs a route"),
            ("Thing: {base: Other}\nOther: {base: Thing}", "run in a circle"),
        ],
    )
    def test_errors_name_file_type_and_attribute(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(CatalogueError, match=message):
            read_catalogue(self.write(tmp_path, text))

    def test_a_type_defined_twice_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("Thing: {attributes: {id: uid}}", encoding="utf-8")
        (tmp_path / "b.yaml").write_text("Thing: {attributes: {id: uid}}", encoding="utf-8")
        with pytest.raises(CatalogueError, match=r"b.yaml: Thing: also defined in a.yaml"):
            read_catalogue(tmp_path)


class TestForeignSchemas:
    def test_the_document_is_kept_as_given(self, stock: Documents) -> None:
        stock.append(entity("Vendor", {"name": {"type": "string"}}))
        before = json.dumps(stock)
        model = build_model(stock)
        assert model.wire is stock
        assert json.dumps(model.wire) == before

    def test_a_custom_object_type_joins_the_family(self, stock: Documents) -> None:
        reel = copy.deepcopy(find(stock, "Folder"))
        reel["id"] = "Reel"
        reel["alias_for"]["classifiers"] = {"object_typeid": "reel-type"}
        reel["properties"]["reel_number"] = {"type": "integer"}
        del reel["$mixin"]
        model = build_model([*stock, reel])
        built = model.types["Reel"]
        assert (built.base, built.root, built.table) == ("TypedContext", "Context", model.types["Task"].table)
        assert built.classifier == {"context_type": "task", "object_type_id": "reel-type"}
        assert built.always == ("id", "context_type", "project_id", "object_type_id")
        assert "Reel" in model.types["Context"].subtypes
        assert built.attributes["parent"] == model.types["Task"].attributes["parent"]
        number = built.attributes["reel_number"]
        assert isinstance(number, ScalarAttribute)
        assert (number.scalar, number.column) == (Scalar.INTEGER, "reel_number")
        object_type = built.attributes["object_type_id"]
        assert isinstance(object_type, ScalarAttribute)
        assert object_type.default == "reel-type"

    def test_older_servers_have_no_mixin(self, stock: Documents) -> None:
        modern = build_model(copy.deepcopy(stock))
        for document in stock:
            document.pop("$mixin", None)
        older = build_model(stock)
        assert {name: built.base for name, built in older.types.items()} == {
            name: built.base for name, built in modern.types.items()
        }
        assert older.types["Shot"].attributes == modern.types["Shot"].attributes

    def test_a_missing_base_type_is_skipped(self, stock: Documents) -> None:
        documents = [document for document in stock if document["id"] not in ("BaseUser", "Collaborator")]
        for document in documents:
            document.pop("$mixin", None)
            for prop in document["properties"].values():
                if prop.get("$ref") == "BaseUser":
                    prop["$ref"] = "User"
        model = build_model(documents)
        assert model.types["User"].base == "Resource"
        author = model.types["Note"].attributes["author"]
        assert author == Reference("author", "User", "user_id")

    def test_unknown_types_get_storage_from_the_schema_alone(self, stock: Documents) -> None:
        vendor = entity(
            "Vendor",
            {
                "name": {"type": "string", "default": "unnamed"},
                "rate": {"type": "number"},
                "settings": {"type": "object"},
                "url": {"type": "object"},
                "score": {"type": "integer"},
                "project_id": key("Project"),
                "project": {"$ref": "Project"},
                "contact": {"$ref": "User"},
                "owner_key": key("Group"),
                "owner": {"$ref": "Group"},
                "contracts": many("Contract"),
                "studios": many("Location"),
                "notes": many("Note"),
                "rivals": many("Vendor"),
                "metadata": {"type": "mapped_array", "items": {"$ref": "Metadata"}},
            },
            computed=["score"],
        )
        contract = entity(
            "Contract", {"vendor_id": key("Vendor"), "signed": {"type": "string", "format": "date-time"}}
        )
        pair = entity("VendorLocation", {"vendor_id": key("Vendor"), "location_id": key("Location")})
        pair["primary_key"] = ["vendor_id", "location_id"]
        del pair["properties"]["id"]
        model = build_model([*stock, vendor, contract, pair])
        built = model.types["Vendor"].attributes
        assert built["contact"] == Reference("contact", "User", "contact_id")
        assert set(model.types["Vendor"].hidden) == {"contact_id"}
        assert built["project"] == Reference("project", "Project", "project_id")
        assert built["owner"] == Reference("owner", "Group", "owner_key")
        routes = {name: a.route for name, a in built.items() if isinstance(a, Collection)}
        assert routes == {
            "contracts": Inverse("vendor_id"),
            "studios": Through("vendor_location", "vendor_id", "location_id"),
            "notes": Inverse("parent_id"),
            "rivals": Unrelated(),
            "metadata": Inverse("parent_id"),
        }
        scalars = {name: a for name, a in built.items() if isinstance(a, ScalarAttribute)}
        assert scalars["name"].default == "unnamed"
        assert scalars["settings"].scalar is Scalar.VARIABLE
        assert (scalars["url"].column, scalars["url"].computed) == (None, "url")
        assert (scalars["score"].column, scalars["score"].computed) == (None, "score")
        assert scalars["project_id"].references == "Project"
        assert scalars["id"].fill == "uid"
        signed = model.types["Contract"].attributes["signed"]
        assert isinstance(signed, ScalarAttribute)
        assert signed.scalar is Scalar.DATETIME

    def test_types_that_differ_by_spelling_get_tables_of_their_own(self, stock: Documents) -> None:
        model = build_model([*stock, entity("Asset_Version", {}), entity("ASSET", {})])
        tables = [model.types[name].table for name in ("AssetVersion", "Asset_Version", "Asset", "ASSET")]
        assert len(set(tables)) == 4

    def test_hidden_columns_cannot_be_taken_by_attributes(self, stock: Documents) -> None:
        model = build_model(
            [*stock, entity("Odd", {"_type": {"type": "string"}, "_order": {"type": "string"}})]
        )
        columns = {a.column for a in model.types["Odd"].attributes.values() if isinstance(a, ScalarAttribute)}
        assert not columns & {"_type", "_order"}

    @pytest.mark.skipif(not RECORDED.exists(), reason="the recorded server schema is not part of a checkout")
    def test_a_recorded_schema_gets_the_stock_relations(self) -> None:
        recorded = build_model(json.loads(RECORDED.read_text(encoding="utf-8")))
        stock = build_model()
        site_made = {"Scene", "Image", "Information"}
        assert set(recorded.types) == set(stock.types)
        for name, built in stock.types.items():
            if name not in site_made:
                assert recorded.types[name].attributes == built.attributes, name
            assert recorded.types[name].table == built.table


class TestBrokenDocuments:
    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ({"exception": "ServerError", "content": "x"}, "not a server error"),
            ({"data": []}, "not an object"),
            ("<html>", "not a text"),
            ([1], "entry 0: must be an object"),
            ([{"type": "object"}], "entry 0: has no 'id'"),
            ([{"id": "Thing"}], "'Thing': 'properties' must be an object"),
            ([entity("Thing", {}), entity("Thing", {})], "'Thing': is there twice"),
            ([entity("Thing", {"to": {"$ref": "Nowhere"}})], "'to' leads to 'Nowhere'"),
            ([entity("Thing", {"all": many("Nowhere")})], "'all' leads to 'Nowhere'"),
            ([entity("Thing", {"all": {"type": "array"}})], "'all' does not say what it holds"),
            ([entity("Thing", {}, **{"$mixin": {"$ref": "Nowhere"}})], "its base 'Nowhere'"),
            ([entity("Thing", {}, **{"$mixin": {"$ref": "Thing"}})], "circle"),
            ([entity("Thing", {}, primary_key=["key"])], "primary key 'key' is no property"),
            ([entity("Thing", {}, required="id")], "'required' must be a list"),
        ],
    )
    def test_one_clear_error(self, document: Any, message: str) -> None:
        with pytest.raises(CatalogueError, match=message):
            build_model(document)

    @given(ANY_JSON)
    def test_any_json_is_built_or_refused(self, document: Any) -> None:
        if document is not None:
            with contextlib.suppress(CatalogueError):
                assert build_model(document).wire == document

    @given(st.data())
    def test_any_broken_place_is_built_or_refused(self, data: st.DataObject) -> None:
        documents: Any = [
            entity("Task", {"parent": {"$ref": "Task"}, "parent_id": key("Task"), "all": many("Task")}),
            entity("Reel", {"n": {"type": "integer"}}, alias_for={"id": "Task", "classifiers": {"n": "1"}}),
            entity("Note", {"parent_id": {"type": "string"}}, **{"$mixin": {"$ref": "Task"}}),
        ]
        node = documents
        while True:
            place = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            below = node[place]
            if not isinstance(below, (dict, list)) or not below or data.draw(st.booleans()):
                break
            node = below
        node[place] = data.draw(ANY_JSON)
        with contextlib.suppress(CatalogueError):
            assert build_model(documents).wire is documents


class TestModel:
    def test_special_routes(self) -> None:
        types = build_model().types

        def route(name: str, attribute: str) -> object:
            found = types[name].attributes[attribute]
            assert isinstance(found, Collection)
            return found.route

        assert route("Task", "ancestors") == Walk("parent_id", "up")
        assert route("Project", "descendants") == Walk("parent_id", "down")
        assert route("Asset", "ancestors") == Walk("parent_id", "up", "context_id")
        assert route("Task", "assignments") == Inverse("context_id", {"type": "assignment"})
        assert route("User", "allocations") == Inverse("resource_id", {"type": "allocation"})
        assert route("Task", "notes") == Inverse("parent_id")
        assert route("AssetVersion", "uses_versions") == Through("asset_version_link", "to_id", "from_id")
        assert route("AssetVersion", "used_in_versions") == Through("asset_version_link", "from_id", "to_id")
        assert route("Task", "incoming_links") == Inverse("to_id")
        assert route("Task", "lists") == Through("list_object", "entity_id", "list_id")
        assert route("TypedContextList", "items") == Through("list_object", "list_id", "entity_id")
        assert route("ProjectSchema", "object_types") == Through(
            "project_schema_object_type", "project_schema_id", "object_type_id"
        )
        assert route("CustomAttributeConfiguration", "read_security_roles") == Through(
            "custom_configuration_read_role", "configuration_id", "security_role_id"
        )

    def test_relations_declared_as_task_hold_any_context(self) -> None:
        types = build_model().types
        for name, attribute in (("ObjectType", "tasks"), ("Type", "tasks"), ("TypedContextList", "items")):
            found = types[name].attributes[attribute]
            assert isinstance(found, Collection)
            assert found.target == "TypedContext"

    def test_every_route_leads_over_columns_that_exist(self) -> None:
        model = build_model()
        joins = {join.name: {join.near, join.far} for join in model.joins}
        stored: dict[str, set[str]] = {}
        for built in model.types.values():
            columns = stored.setdefault(built.table, set())
            columns.update(built.hidden)
            for attribute in built.attributes.values():
                if isinstance(attribute, ScalarAttribute) and attribute.column is not None:
                    columns.add(attribute.column)
        for built in model.types.values():
            for attribute in built.attributes.values():
                where = f"{built.name}.{attribute.name}"
                if isinstance(attribute, Reference) and attribute.column is not None:
                    assert attribute.column in stored[built.table], where
                if not isinstance(attribute, Collection):
                    continue
                table = model.types[attribute.target].table
                match attribute.route:
                    case Inverse(column=column, where=conditions):
                        assert {column, *conditions} <= stored[table], where
                    case Through(table=join, near=near, far=far):
                        assert {near, far} <= (joins.get(join) or stored[join]), where
                    case Walk(column=column):
                        assert column in stored[table], where
                    case Unrelated():
                        pytest.fail(f"{where} has no route")

    def test_keys_of_many_types_name_their_owners(self) -> None:
        parent = build_model().types["Note"].attributes["parent_id"]
        assert isinstance(parent, ScalarAttribute)
        assert parent.references is None
        assert parent.owners == ("Context", "AssetVersion", "ReviewSessionObject")
        assert parent.on_delete is OnDelete.CASCADE

    def test_a_link_is_of_two_types_at_once(self) -> None:
        model = build_model()
        values = {"from_entity_type": "show", "to_entity_type": "user"}
        assert model.concrete_types(model.types["UserCustomAttributeLink"], values) == {
            "_type": "UserCustomAttributeLink",
            "_type_from": "ContextCustomAttributeLinkFrom",
        }
        assert (
            model.concrete_types(model.types["CustomAttributeLink"], values)["_type"]
            == "UserCustomAttributeLink"
        )
        assert model.concrete_types(model.types["Task"], {}) == {"_type": "Task"}

    def test_computed_attributes_name_their_computation(self) -> None:
        types = build_model().types
        assert types["Asset"].attributes["latest_version"] == Reference(
            "latest_version", "AssetVersion", None, computed="latest_version"
        )
        for name in ("link", "_link", "thumbnail_url", "time_logged", "bid_time_logged_difference"):
            found = types["Shot"].attributes[name]
            assert isinstance(found, ScalarAttribute)
            assert (found.column, found.computed) == (None, name.lstrip("_"))
