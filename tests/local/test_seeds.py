"""Seeds: the demo studio, the empty site and files."""

from __future__ import annotations

import copy
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from ftrack_local.catalogue import build_documents, build_model, load_catalogue
from ftrack_local.model import Model, ScalarAttribute
from ftrack_local.seeds import SeedError, demo_rows, empty_rows, load_seed, seed
from ftrack_local.seeds.ids import (
    CUSTOM_ATTRIBUTE_TYPES,
    LOCATIONS,
    OBJECT_TYPES,
    PRIORITIES,
    STATES,
    make_id,
)
from ftrack_local.seeds.system import system_rows
from ftrack_local.storage import Storage, build_tables
from ftrack_local.tables import Tables

if TYPE_CHECKING:
    from tests.local.conftest import Client

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "server_a" / "query_schemas.json"

Row = dict[str, Any]


@pytest.fixture(scope="module")
def model() -> Model:
    return build_model()


@pytest.fixture(scope="module")
def tables(model: Model) -> Tables:
    return build_tables(model)


@pytest.fixture
def storage(tables: Tables) -> Iterator[Storage]:
    opened = Storage()
    opened.create_all(tables)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def studio(model: Model) -> list[Row]:
    return [*system_rows(model), *demo_rows()]


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.integers(), min_size=1))
def test_ids_are_standard_name_based_uuids(parts: list[str | int]) -> None:
    namespace = uuid.uuid5(uuid.NAMESPACE_DNS, "ftrack-typed")
    assert make_id(*parts) == str(uuid.uuid5(namespace, "/".join(map(str, parts))))


class TestBuiltIn:
    def test_the_demo_is_the_same_every_time(self, studio: list[Row], model: Model) -> None:
        assert [*system_rows(model), *demo_rows()] == studio

    def test_the_demo_has_what_a_studio_has(self, studio: list[Row]) -> None:
        counts = Counter(row.get("__entity_type__") for row in studio)
        assert counts["Task"] >= 950
        for name in (
            "Project Episode Sequence Shot AssetBuild Folder Milestone Status State Type Priority ObjectType "
            "ProjectSchema User Group Membership SecurityRole UserSecurityRole Appointment TypedContextLink "
            "Asset AssetVersion AssetVersionLink FileComponent SequenceComponent ComponentLocation Location "
            "Note NoteLabel NoteLabelLink Recipient TypedContextList AssetVersionList ListObject Timelog "
            "ReviewSession ReviewSessionObject ReviewSessionInvitee ReviewSessionObjectStatus Job Metadata "
            "CustomAttributeConfiguration CustomAttributeValue CustomAttributeGroup Setting CalendarEvent"
        ).split():
            assert counts[name] > 0, name

    def test_custom_attributes_of_every_type_have_values(self, studio: list[Row]) -> None:
        configurations = {
            r["id"]: r for r in studio if r.get("__entity_type__") == "CustomAttributeConfiguration"
        }
        assert {r["type_id"] for r in configurations.values()} == set(CUSTOM_ATTRIBUTE_TYPES.values())
        assert {r["entity_type"] for r in configurations.values()} >= {
            "task",
            "show",
            "assetversion",
            "asset",
            "user",
        }
        assert any(r["is_hierarchical"] for r in configurations.values())
        assert any(r.get("project_id") for r in configurations.values())
        decimals = {json.loads(r["config"]).get("isdecimal") for r in configurations.values()}
        assert decimals >= {True, False}
        used = {
            configurations[r["configuration_id"]]["key"]
            for r in studio
            if r.get("configuration_id") in configurations
            and r.get("__entity_type__") == "CustomAttributeValue"
        }
        assert used >= {
            "fstart",
            "fend",
            "tags",
            "nle",
            "fps",
            "new_ingest",
            "wiki",
            "delivery_date",
            "difficulty",
        }

    def test_well_known_ids(self, studio: list[Row]) -> None:
        ids = {row["id"] for row in studio if "id" in row}
        for known in (OBJECT_TYPES, STATES, PRIORITIES, CUSTOM_ATTRIBUTE_TYPES, LOCATIONS):
            assert set(known.values()) <= ids

    def test_every_reference_leads_somewhere(self, studio: list[Row], model: Model) -> None:
        ids: dict[str, set[Any]] = {}
        keys: Counter[tuple[str, tuple[Any, ...]]] = Counter()
        rows = [row for row in studio if "__entity_type__" in row]
        for row in rows:
            entity_type = model.types[row["__entity_type__"]]
            ids.setdefault(entity_type.root, set()).add(row.get("id"))
            keys[entity_type.root, tuple(row[part] for part in entity_type.primary_key)] += 1
        assert [key for key, count in keys.items() if count > 1] == []
        for row in rows:
            entity_type = model.types[row["__entity_type__"]]
            for name, value in row.items():
                attribute = entity_type.hidden.get(name) or entity_type.attributes.get(name)
                if value is None or not isinstance(attribute, ScalarAttribute):
                    continue
                where = f"{entity_type.name}.{name} of {row}"
                if attribute.references is not None:
                    assert value in ids[model.types[attribute.references].root], where
                elif attribute.owners:
                    roots = {model.types[owner].root for owner in attribute.owners}
                    assert any(value in ids.get(root, ()) for root in roots), where

    def test_required_values_are_there(self, studio: list[Row], model: Model) -> None:
        for row in studio:
            if "__entity_type__" not in row:
                continue
            entity_type = model.types[row["__entity_type__"]]
            for name, attribute in entity_type.attributes.items():
                if isinstance(attribute, ScalarAttribute) and attribute.column and not attribute.nullable:
                    assert row.get(name, attribute.default) is not None, f"{entity_type.name}.{name} of {row}"

    def test_versions_count_up(self, studio: list[Row]) -> None:
        versions = Counter(
            (r["asset_id"], r["version"]) for r in studio if r.get("__entity_type__") == "AssetVersion"
        )
        assert set(versions.values()) == {1}

    def test_the_api_user_has_tasks(self, studio: list[Row]) -> None:
        user = next(r["id"] for r in studio if r.get("username") == "supervisor")
        assert sum(r.get("resource_id") == user and r.get("type") == "assignment" for r in studio) > 10

    def test_size_scales_the_tasks(self) -> None:
        def tasks(size: int) -> int:
            return sum(row.get("__entity_type__") == "Task" for row in demo_rows(size))

        assert tasks(5) == pytest.approx(5 * tasks(1), rel=0.02)
        projects = [row for row in demo_rows(5) if row.get("__entity_type__") == "Project"]
        assert len({row["name"] for row in projects}) == len(projects) == 2

    @pytest.mark.parametrize("size", [0, -3])
    def test_a_size_below_one_is_refused(self, storage: Storage, model: Model, size: int) -> None:
        with pytest.raises(SeedError, match="at least 1"):
            seed(storage, model, "demo", size=size)

    def test_the_demo_is_stored(
        self, storage: Storage, model: Model, tables: Tables, studio: list[Row]
    ) -> None:
        result = seed(storage, model, "demo", tables=tables)
        assert result.api_user == "supervisor"
        assert result.rows == len(studio)
        with storage.reading() as connection:
            stored = sum(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables.by_name.values()
            )
        assert stored == len(studio)

    def test_the_empty_site_has_one_user(self, storage: Storage, model: Model, tables: Tables) -> None:
        result = seed(storage, model, "empty", tables=tables)
        assert result.api_user == "admin"
        with storage.reading() as connection:
            resource = tables["resource"]
            assert connection.execute(select(resource.c["username"])).scalars().all() == ["admin"]
        assert sum(row["__entity_type__"] == "User" for row in empty_rows(model)) == 1

    def test_a_schema_that_lacks_types_and_attributes(self, model: Model) -> None:
        documents = copy.deepcopy(build_documents(load_catalogue()))
        kept = [
            d for d in documents if d["id"] not in ("Timelog", "SplitTaskPart", "UserType", "CalendarEvent")
        ]
        gone = {"Timelog", "SplitTaskPart", "UserType", "CalendarEvent"}
        for document in kept:
            document["properties"].pop("color", None)
            for name, prop in list(document["properties"].items()):
                if (prop.get("$ref") or prop.get("items", {}).get("$ref")) in gone:
                    del document["properties"][name]
        kept = [d for d in kept if d["id"] != "CalendarEventResource"]
        smaller = build_model(kept)
        tables = build_tables(smaller)
        storage = Storage()
        storage.create_all(tables)
        result = seed(storage, smaller, "demo", tables=tables)
        assert 0 < result.rows < len([*system_rows(model), *demo_rows()])
        storage.close()

    @pytest.mark.skipif(not RECORDED.exists(), reason="the recorded server schema is not part of a checkout")
    def test_a_recorded_schema_gets_its_own_object_types(self) -> None:
        recorded = build_model(json.loads(RECORDED.read_text(encoding="utf-8")))
        ids = {row["id"] for row in empty_rows(recorded) if row["__entity_type__"] == "ObjectType"}
        assert ids == {
            built.classifier["object_type_id"]
            for built in recorded.types.values()
            if "object_type_id" in built.classifier
        }


USER: Row = {"__entity_type__": "User", "id": "u-1", "username": "td"}


class TestFile:
    @pytest.fixture
    def load(self, tmp_path: Path, model: Model) -> Any:
        def load(rows: Any) -> list[Row]:
            path = tmp_path / "rows.json"
            path.write_text(rows if isinstance(rows, str) else json.dumps(rows), encoding="utf-8")
            known = {
                "ObjectType": frozenset(OBJECT_TYPES.values()),
                "Priority": frozenset(PRIORITIES.values()),
            }
            return load_seed(path, model, known)

        return load

    @staticmethod
    def one(rows: list[Row], name: str) -> Row:
        return next(row for row in rows if row.get("__entity_type__") == name)

    def test_references_in_any_form_and_order(self, load: Any) -> None:
        rows = load(
            [
                {
                    "__entity_type__": "Task",
                    "name": "comp",
                    "parent": {"__entity_type__": "Shot", "id": "s-1"},
                    "status_id": {"__entity_type__": "Status", "id": "st-1", "name": "WIP"},
                    "start_date": {"__type__": "datetime", "value": "2031-05-04T10:00:00+02:00"},
                    "end_date": "2031-05-05",
                },
                {"__entity_type__": "Shot", "id": "s-1", "name": "sh010", "parent_id": "p-1"},
                {"__entity_type__": "Project", "id": "p-1", "name": "orbit", "project_schema": "ps-1"},
                {"__entity_type__": "ProjectSchema", "id": "ps-1"},
                USER,
            ]
        )
        task = self.one(rows, "Task")
        assert (task["parent_id"], task["status_id"], task["project_id"]) == ("s-1", "st-1", "p-1")
        assert self.one(rows, "Status")["name"] == "WIP"
        assert self.one(rows, "Project")["project_id"] == "p-1"
        assert len(task["id"]) == 36

    def test_ids_are_made_the_same_every_time(self, load: Any) -> None:
        rows = [{"__entity_type__": "Group", "name": "a"}, {"__entity_type__": "Group", "name": "b"}]
        first, second = load(rows), load(rows)
        assert first == second
        assert first[0]["id"] != first[1]["id"]

    def test_collections(self, load: Any) -> None:
        rows = load(
            [
                {
                    "__entity_type__": "CustomAttributeConfiguration",
                    "id": "c-1",
                    "key": "k",
                    "read_security_roles": [{"__entity_type__": "SecurityRole", "id": "r-1"}],
                },
                {"__entity_type__": "SecurityRole", "id": "r-1", "name": "API"},
                {
                    **USER,
                    "metadata": {"desk": "4"},
                    "memberships": [{"__entity_type__": "Membership", "group": "g-1"}],
                    "assignments": [{"__entity_type__": "Appointment", "context_id": "p-1"}],
                },
                {"__entity_type__": "Group", "id": "g-1", "name": "Shots"},
                {"__entity_type__": "ProjectSchema", "id": "ps-1", "object_types": [OBJECT_TYPES["Shot"]]},
                {"__entity_type__": "Project", "id": "p-1", "name": "orbit", "project_schema_id": "ps-1"},
                {"__entity_type__": "Group", "id": "g-2", "name": "All", "children": ["g-1"]},
            ]
        )
        assert {
            "__join__": "custom_configuration_read_role",
            "configuration_id": "c-1",
            "security_role_id": "r-1",
        } in rows
        metadata = self.one(rows, "Metadata")
        assert (metadata["parent_id"], metadata["parent_type"], metadata["value"]) == ("u-1", "User", "4")
        assert self.one(rows, "Membership")["user_id"] == "u-1"
        assert self.one(rows, "Appointment")["type"] == "assignment"
        assert self.one(rows, "ProjectSchemaObjectType")["object_type_id"] == OBJECT_TYPES["Shot"]
        assert self.one(rows, "Group")["parent_id"] == "g-2"

    def test_a_general_type_becomes_the_one_its_classifiers_tell(self, load: Any) -> None:
        rows = load(
            [
                {"__entity_type__": "TypedContext", "name": "a", "object_type_id": OBJECT_TYPES["Shot"]},
                {"__entity_type__": "Component", "name": "b", "system_type": "sequence"},
                {
                    "__entity_type__": "Context",
                    "name": "c",
                    "context_type": "task",
                    "object_type_id": OBJECT_TYPES["Folder"],
                },
            ]
        )
        assert [row["__entity_type__"] for row in rows] == ["Shot", "SequenceComponent", "Folder"]

    def test_versions_are_counted(self, load: Any) -> None:
        rows = load(
            [
                {"__entity_type__": "Asset", "id": "a-1"},
                {"__entity_type__": "AssetVersion", "asset_id": "a-1", "version": 4},
                {"__entity_type__": "AssetVersion", "asset_id": "a-1"},
                {"__entity_type__": "AssetVersion", "asset_id": "a-1"},
            ]
        )
        assert [row["version"] for row in rows[1:]] == [4, 5, 6]

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ("{", r"rows.json: line 1: not valid JSON"),
            ({}, "must be a list"),
            ([3], "seed row 1: must be an object, not int"),
            ([{"name": "x"}], "seed row 1: has no '__entity_type__'"),
            (
                [USER, {"__entity_type__": "Tsk"}],
                "seed row 2: unknown entity type 'Tsk'; did you mean 'Task'",
            ),
            (
                [{**USER, "usrname": "x"}],
                r"seed row 1 \(User\).usrname: unknown attribute; did you mean 'username'",
            ),
            ([{**USER, "is_active": "maybe"}], r"seed row 1 \(User\).is_active: expected true or false"),
            ([{"__entity_type__": "Timelog", "start": "noon"}], r"\(Timelog\).start: expected a date"),
            ([USER, USER], r"seed row 2 \(User\): seed row 1 \(User\) already defines key 'u-1'"),
            (
                [{"__entity_type__": "AssetType", "short": "x"}],
                r"\(AssetType\): 'name' is required and missing",
            ),
            ([{"__entity_type__": "Membership", "group_id": "g", "user_id": "u"}], "no Group has the id 'g'"),
            ([{"__entity_type__": "Metadata", "key": "k"}], "'parent_id' is part of the key"),
            ([{**USER, "memberships": 4}], r"\(User\).memberships: must be a list of references"),
            ([{"__entity_type__": "Task", "name": "x", "ancestors": ["y"]}], "is derived and cannot be set"),
            ([{**USER, "user_type": {"id": "x"}}], r"\(User\).user_type: has no '__entity_type__'"),
            ([{**USER, "user_type": {"__entity_type__": "UserType"}}], "the reference has no 'id'"),
            (
                [
                    {
                        "__entity_type__": "Metadata",
                        "parent_id": "u-1",
                        "key": "k",
                        "value": "v",
                        "parent_type": "Usr",
                    }
                ],
                "unknown entity type 'Usr'; did you mean 'User'",
            ),
        ],
    )
    def test_a_mistake_is_named_with_its_place(self, load: Any, rows: Any, message: str) -> None:
        with pytest.raises(SeedError, match=message):
            load(rows)

    def test_a_file_that_is_not_there(self, tmp_path: Path, model: Model) -> None:
        with pytest.raises(SeedError, match="cannot be read"):
            load_seed(tmp_path / "none.json", model)

    def test_the_first_active_user_is_the_api_user(
        self, tmp_path: Path, storage: Storage, model: Model, tables: Tables
    ) -> None:
        path = tmp_path / "rows.json"
        rows = [
            {"__entity_type__": "User", "username": "gone", "is_active": False},
            {"__entity_type__": "User", "username": "td"},
            {"__entity_type__": "Priority", "id": PRIORITIES["Low"], "name": "Whenever"},
        ]
        path.write_text(json.dumps(rows), encoding="utf-8")
        result = seed(storage, model, path, tables=tables)
        assert result.api_user == "td"
        with storage.reading() as connection:
            priority = tables["priority"]
            names = set(connection.execute(select(priority.c["name"])).scalars())
            assert names == {"Urgent", "High", "Medium", "Whenever", "None"}

    def test_a_file_without_an_active_user_is_refused(
        self, tmp_path: Path, storage: Storage, model: Model
    ) -> None:
        path = tmp_path / "rows.json"
        path.write_text("[]", encoding="utf-8")
        with pytest.raises(SeedError, match="has no active User"):
            seed(storage, model, path)


SHIPPED_QUERIES = (
    'User where username is "supervisor"',
    "Project where status is active",
    "User where not timelogs any ()",
    'Task where name is "layout" and parent.name is "ep01_sq010_sh0010" and project.full_name is "Orbit"',
    'TypedContext where ancestors any (name is "ep01")',
    'Component where version.asset.parent.ancestors.name is "ep01" '
    'and component_locations.location.name is "ftrack.server"',
    'AssetVersion where asset.name is "comp" and is_latest_version is True',
    'Task where assignments any (resource.username = "supervisor") '
    'and status.name not_in ("Omitted", "On Hold", "Completed")',
    "CustomAttributeValue where configuration.key is fstart",
    'Shot where custom_attributes any (key is "tags" and value in ("hero"))',
    'Project where custom_attributes any (key is "new_ingest" and value is True)',
    'User where custom_attributes any (key is "desk" and value is_not "")',
    'AssetVersionList where custom_attributes any (key is "delivered" and value is True)',
    'Project where custom_attribute_links any (configuration.key is "director" and user.username is "supervisor")',
    'User where custom_attribute_links_from any (configuration.key is "director" and context.name is "orbit")',
    'Metadata where key is "preferred_player" and parent_type is "User"',
    'Setting where name is "storage_scenario" and group is "STORAGE"',
    'Job where status in ("queued", "running")',
    'Note where parent_type is "asset_version"',
    "Note where not in_reply_to has () order by thread_activity desc limit 10",
    'ReviewSessionObject where asset_version.asset.name is "comp"',
    "AssetVersion where used_in_versions any ()",
    "TypedContextList where items any (object_type.name is Shot)",
    'Task where outgoing_links any (to.name is "animation")',
    'Status where state.short is "BLOCKED"',
)


@pytest.mark.parametrize("expression", SHIPPED_QUERIES)
def test_the_demo_answers_queries_of_real_pipelines(demo: Client, expression: str) -> None:
    assert demo.query(expression)
