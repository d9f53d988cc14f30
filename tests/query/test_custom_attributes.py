"""Custom attributes at run time: which there are, their values, and where these come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from tests.sparse_rows import with_sparse_rows

from ftrack_entities import Asset, AssetBuild, AssetVersion, Episode, Project, Sequence, Shot, Task, User
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.custom_attributes import AttributeConfiguration, Place
from ftrack_typed.entity.custom_attributes import ValueSource
from ftrack_typed.errors import InvalidStateError, OperationError, UnknownCustomAttributeError, ValueTypeError

CONTEXTS = "ContextCustomAttributeValue"
OTHERS = tuple(
    f"{name}CustomAttributeValue" for name in ("Asset", "AssetVersion", "List", "ListObject", "User")
)


@pytest.fixture(scope="module", params=["dense", "sparse", "dense contexts", "sparse contexts"])
def values_schema(request: pytest.FixtureRequest, stock_documents: list[dict[str, Any]]) -> Any:
    """The stock schema, and those of servers that have rows only for values that were set, of all types or some."""
    return {
        "dense": stock_documents,
        "sparse": with_sparse_rows(stock_documents),
        "dense contexts": with_sparse_rows(stock_documents, dense=[CONTEXTS]),
        "sparse contexts": with_sparse_rows(stock_documents, dense=OTHERS),
    }[request.param]


@pytest.fixture(scope="module")
def local_server(values_schema: Any) -> Iterator[LocalServer]:
    with LocalServer(schema=values_schema) as server:
        yield server


@pytest.fixture
def own_server(local_server: LocalServer) -> Iterator[LocalServer]:
    """The server, with its rows as they were when the test is over."""
    local_server.snapshot()
    yield local_server
    local_server.restore()


@pytest.fixture
def sparse(values_schema: Any) -> bool:
    """Whether the server has rows of contexts only for values that were set."""
    return CONTEXTS not in {one["id"] for one in values_schema}


@pytest.fixture
def own_session(own_server: LocalServer) -> Iterator[Session]:
    with Session(own_server.url, own_server.api_key, own_server.api_user, schema_cache_path=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def reader(own_server: LocalServer) -> Iterator[Session]:
    """Another session with the same server."""
    with Session(own_server.url, own_server.api_key, own_server.api_user, schema_cache_path=False) as session:
        yield session


def first(session: Session, cls: type[Any]) -> Any:
    found = session.query(cls).first()
    assert found is not None
    return found


class TestWhich:
    def test_each_type_has_its_own(self, session: Session) -> None:
        assert {"fstart", "tags", "fps", "bid_code"} <= set(first(session, Shot).custom_attributes)
        assert "fstart" not in first(session, Task).custom_attributes
        assert "new_ingest" in first(session, Project).custom_attributes
        assert set(first(session, User).custom_attributes) == {"desk"}
        for cls in (Asset, AssetVersion, Episode):
            assert "colorspace" in first(session, cls).custom_attributes, "hierarchical ones are everywhere"

    @pytest.mark.parametrize("cls", [Project, Shot, Task, AssetBuild, Asset, AssetVersion, User])
    def test_the_client_knows_what_the_server_gives(self, session: Session, cls: type[Any]) -> None:
        entity = first(session, cls)
        assert set(session.custom_attribute_configurations.of(entity)) == set(entity.custom_attributes)

    def test_they_are_fetched_once_and_when_needed(
        self, session: Session, calls: Callable[[], int], sparse: bool
    ) -> None:
        if sparse:
            pytest.skip("such a server sends no types with the values")
        shot = session.query(Shot).load(Shot.custom_attributes).first()
        assert shot is not None
        before = calls()
        assert shot.custom_attributes["fstart"] >= 0
        assert calls() == before, "values arrive with their types"
        shot.custom_attributes["fstart"] = 5
        shot.custom_attributes["fend"] = 6
        assert calls() == before + 1

    def test_a_new_one_is_found_without_a_new_session(self, own_session: Session, reader: Session) -> None:
        sequence = first(own_session, Sequence)
        shot = own_session.create(Shot, name="s1", parent=sequence)
        assert "look" not in shot.custom_attributes
        text = reader.query("CustomAttributeType where name is text").one()
        kind = reader.query("ObjectType where name is Shot").one()
        values = {"key": "look", "label": "Look", "type": text, "entity_type": "task", "object_type": kind}
        reader.create("CustomAttributeConfiguration", {**values, "config": "{}", "default": "plain"})
        reader.commit()
        shot.custom_attributes["look"] = "rough"
        own_session.commit()
        again = reader.get(Shot, shot.id)
        assert again is not None
        assert again.custom_attributes["look"] == "rough"
        configurations = own_session.custom_attribute_configurations
        known = len(configurations)
        configurations.refresh()
        assert len(configurations) == known

    @pytest.mark.parametrize(
        ("facts", "place", "applies"),
        [
            ({"entity_type": "task", "object_type_id": "shot"}, Place("task", "shot", "p"), True),
            ({"entity_type": "task", "object_type_id": "shot"}, Place("task", "sequence", "p"), False),
            ({"entity_type": "task"}, Place("task", "sequence", "p"), True),
            ({"entity_type": "task"}, Place("show", None, "p"), False),
            ({"entity_type": "show", "is_hierarchical": True}, Place("task", "shot", "p"), True),
            ({"entity_type": "show", "is_hierarchical": True}, Place("assetversion", None, "p"), True),
            ({"entity_type": "show", "is_hierarchical": True}, Place("user"), False),
            ({"entity_type": "task", "project_id": "p"}, Place("task", "shot", "p"), True),
            ({"entity_type": "task", "project_id": "p"}, Place("task", "shot", "q"), False),
            ({"entity_type": "task", "project_id": "p"}, Place("task", "shot"), True),
        ],
    )
    def test_rules(self, facts: dict[str, Any], place: Place, applies: bool) -> None:
        configuration = AttributeConfiguration(id="c", key="k", type="text", **facts)
        assert configuration.applies(place) is applies


class TestReading:
    def test_values_have_their_types(self, session: Session) -> None:
        shot, build = first(session, Shot), first(session, AssetBuild)
        assert isinstance(shot.custom_attributes["fstart"], int)
        assert isinstance(shot.custom_attributes["fps"], float)
        assert isinstance(shot.custom_attributes["tags"], list)
        assert build.custom_attributes["delivery_date"].tzinfo is timezone.utc

    def test_keys_are_attributes_too(self, session: Session) -> None:
        shot = first(session, Shot)
        values: Any = shot.custom_attributes
        assert values.fstart == values["fstart"]
        values.fstart = 4711
        assert values["fstart"] == 4711
        with pytest.raises(UnknownCustomAttributeError, match="Did you mean 'fstart'"):
            values.fstrat  # noqa: B018

    def test_an_unknown_key_names_the_nearest(self, session: Session) -> None:
        shot = first(session, Shot)
        uses: list[Callable[[], object]] = [
            lambda: shot.custom_attributes["fsp"],
            lambda: shot.custom_attributes.source("fsp"),
            lambda: shot.custom_attributes.update(fsp=1),
            lambda: session.create(Shot, name="new", parent=shot, custom_attributes={"fsp": 1}),
        ]
        for use in uses:
            for kind in (KeyError, ValueError):
                with pytest.raises(kind, match="Did you mean 'fps'"):
                    use()
        assert shot.custom_attributes.get("fsp") is None

    def test_an_entity_without_a_session_has_what_it_was_given(self) -> None:
        shot = Shot(name="a", custom_attributes={"fps": 25.0})
        assert dict(shot.custom_attributes) == {"fps": 25.0}
        with pytest.raises(KeyError):
            shot.custom_attributes["tags"]
        collection: Any = shot.custom_attributes
        with pytest.raises(InvalidStateError):
            collection.source("fps")


class TestWriting:
    @pytest.mark.parametrize(
        ("cls", "key", "value", "read"),
        [
            (Shot, "fstart", 1009, 1009),
            (Shot, "fstart", None, None),
            (Shot, "fps", 23.976, 23.976),
            (Shot, "fps", 24, 24.0),
            (Shot, "tags", ["hero", "crowd"], ["hero", "crowd"]),
            (Shot, "tags", "hero", ["hero"]),
            (Shot, "nle", 'say "hi"', 'say "hi"'),
            (Project, "new_ingest", False, False),
            (
                AssetBuild,
                "delivery_date",
                datetime(2031, 5, 4, 10, tzinfo=timezone.utc),
                datetime(2031, 5, 4, 10, tzinfo=timezone.utc),
            ),
            (AssetBuild, "delivery_date", "2031-05-04", datetime(2031, 5, 4, tzinfo=timezone.utc)),
            (AssetVersion, "qc_passed", True, True),
        ],
    )
    def test_values_are_kept(
        self, own_session: Session, reader: Session, cls: type[Any], key: str, value: Any, read: Any
    ) -> None:
        entity = first(own_session, cls)
        entity.custom_attributes[key] = value
        assert entity.custom_attributes[key] == read
        own_session.commit()
        again = reader.get(cls, entity.id)
        assert again is not None
        assert again.custom_attributes[key] == read

    @pytest.mark.parametrize(
        ("cls", "key", "value", "expected"),
        [
            (Shot, "fstart", "1001", "a whole number or None"),
            (Shot, "fstart", 10.5, "a whole number or None"),
            (Shot, "fstart", True, "a whole number or None"),
            (Shot, "fps", "24", "a number or None"),
            (Shot, "tags", ["hero", 1], "an option, a list of options or None"),
            (Shot, "nle", 5, "a str or None"),
            (Project, "new_ingest", 1, "a bool or None"),
            (AssetBuild, "delivery_date", "soon", "a datetime, a date or None"),
        ],
    )
    def test_values_of_the_wrong_type_are_refused(
        self, session: Session, cls: type[Any], key: str, value: Any, expected: str
    ) -> None:
        entity = first(session, cls)
        with pytest.raises(ValueTypeError, match=expected) as caught:
            entity.custom_attributes[key] = value
        assert caught.value.attribute == f"custom_attributes[{key!r}]"
        assert not session.recorded_operations

    def test_at_creation_they_follow_in_the_same_batch(
        self, own_session: Session, reader: Session, calls: Callable[[], int]
    ) -> None:
        sequence = first(own_session, Sequence)
        given = {"fps": 25.0, "tags": "hero", "bid_code": "B7"}
        shot = own_session.create(Shot, name="s1", parent=sequence, custom_attributes=given)
        assert shot.custom_attributes["tags"] == ["hero"]
        assert shot.custom_attributes["handles"] == 8, "the default"
        assert set(shot.custom_attributes) == set(first(own_session, Shot).custom_attributes)
        shot.custom_attributes["fstart"] = 1005
        before = calls()
        own_session.commit()
        assert calls() == before + 1
        assert (shot.custom_attributes["bid_code"], shot.custom_attributes["handles"]) == ("B7", 8)
        again = reader.get(Shot, shot.id)
        assert again is not None
        assert {key: again.custom_attributes[key] for key in ("fps", "tags", "bid_code", "fstart")} == {
            "fps": 25.0,
            "tags": ["hero"],
            "bid_code": "B7",
            "fstart": 1005,
        }

    def test_by_wire_names_too(self, own_session: Session, reader: Session) -> None:
        project = first(own_session, Project)
        task = own_session.create(
            "Task", {"name": "t1", "parent_id": project.id, "custom_attributes": {"difficulty": "hard"}}
        )
        own_session.commit()
        again = reader.get(Task, task["id"])
        assert again is not None
        assert again["custom_attributes"]["difficulty"] == ["hard"]

    @pytest.mark.parametrize(
        ("given", "error"),
        [({"fps": 25.0, "fsp": 1}, KeyError), ({"fps": 25.0, "fstart": "x"}, ValueTypeError)],
    )
    def test_nothing_is_made_with_a_wrong_one(
        self, session: Session, given: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            session.create(Shot, name="s1", parent=first(session, Sequence), custom_attributes=given)
        assert not session.recorded_operations
        assert not session.created

    def test_rollback_and_delete_before_the_commit(self, own_session: Session, reader: Session) -> None:
        shot = first(own_session, Shot)
        before = shot.custom_attributes["fstart"]
        shot.custom_attributes["fstart"] = before + 1
        made = own_session.create(Task, name="t1", parent=shot, custom_attributes={"difficulty": "easy"})
        own_session.rollback()
        assert shot.custom_attributes["fstart"] == before
        assert not own_session.recorded_operations
        made = own_session.create(Task, name="t2", parent=shot, custom_attributes={"difficulty": "easy"})
        made.metadata["colour"] = "red"
        own_session.delete(made)
        own_session.commit()
        assert reader.get(Task, made.id) is None

    def test_a_value_that_is_taken_away_leaves_the_default(
        self, own_session: Session, reader: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        shot = first(own_session, Shot)
        values: Any = shot.custom_attributes
        keys = set(values)
        values["fps"] = 12.0
        own_session.commit()
        del values["fps"]
        inherited = ValueSource("inherited", 24.0, first(own_session, Project))
        assert (values["fps"], values.source("fps")) == (24.0, inherited)
        own_session.rollback()
        assert values.source("fps") == ValueSource("own", 12.0, shot)
        del values["fps"]
        own_session.commit()
        assert not own_session.recorded_operations
        assert not own_session.modified
        assert (values["fps"], values.source("fps"), set(values)) == (24.0, inherited, keys)
        again = reader.get(Shot, shot.id)
        assert again is not None
        assert again.custom_attributes["fps"] == 24.0
        caplog.clear()
        del values["fps"]
        assert "has its default already" in caplog.text
        assert not own_session.recorded_operations

    def test_taken_away_and_set_again(self, own_session: Session, reader: Session) -> None:
        shot = first(own_session, Shot)
        values = shot.custom_attributes
        del values["fstart"]
        values["fstart"] = 77
        values["handles"] = 3
        del values["handles"]
        own_session.commit()
        values["fend"] = 78
        own_session.commit()
        assert (values["fstart"], values["handles"], values["fend"]) == (77, 8, 78)
        again = reader.get(Shot, shot.id)
        assert again is not None
        assert [again.custom_attributes[key] for key in ("fstart", "handles", "fend")] == [77, 8, 78]
        values["fstart"] = 79
        own_session.rollback()
        assert values["fstart"] == 77

    def test_taken_away_before_the_entity_exists(self, own_session: Session, reader: Session) -> None:
        shot = own_session.create(
            Shot, name="s1", parent=first(own_session, Sequence), custom_attributes={"fps": 12.0, "fend": 3}
        )
        del shot.custom_attributes["fps"]
        assert shot.custom_attributes["fps"] == 24.0
        own_session.commit()
        again = reader.get(Shot, shot.id)
        assert again is not None
        assert (again.custom_attributes["fps"], again.custom_attributes["fend"]) == (24.0, 3)

    def test_they_can_not_be_emptied(self, session: Session) -> None:
        shot = first(session, Shot)
        with pytest.raises(OperationError, match="can't be emptied"):
            shot.custom_attributes.clear()
        with pytest.raises(KeyError, match="Did you mean 'fps'"):
            del shot.custom_attributes["fsp"]

    def test_a_mapping_sets_what_is_in_it(self, own_session: Session, reader: Session) -> None:
        shot = first(own_session, Shot)
        shot.custom_attributes = {"fstart": 1, "fend": 9}
        own_session.commit()
        again = reader.get(Shot, shot.id)
        assert again is not None
        values = again.custom_attributes
        assert (values["fstart"], values["fend"], values["handles"]) == (1, 9, 8)


class TestSource:
    def test_own_inherited_and_default(self, own_session: Session) -> None:
        shot, project = first(own_session, Shot), first(own_session, Project)
        values: Any = shot.custom_attributes
        assert values.source("fstart") == ValueSource("own", values["fstart"], shot)
        assert values.source("handles") == ValueSource("default", 8)
        assert values.source("colorspace") == ValueSource("default", "acescg")
        project.custom_attributes["fps"] = 30.0
        assert values.source("fps") == ValueSource("inherited", 30.0, project), "before the commit, too"
        own_session.commit()
        assert values.source("fps") == ValueSource("inherited", 30.0, project)
        shot.parent.custom_attributes["fps"] = 48.0
        own_session.commit()
        assert values.source("fps") == ValueSource("inherited", 48.0, shot.parent)
        values["fps"] = 12.0
        assert values.source("fps") == ValueSource("own", 12.0, shot)
        own_session.commit()
        assert values.source("fps") == ValueSource("own", 12.0, shot)

    def test_an_entity_that_is_not_committed_inherits(self, own_session: Session) -> None:
        project, sequence = first(own_session, Project), first(own_session, Sequence)
        project.custom_attributes["colorspace"] = "log"
        own_session.commit()
        shot = own_session.create(Shot, name="s1", parent=sequence)
        values: Any = shot.custom_attributes
        assert values.source("colorspace") == ValueSource("inherited", "log", project)
        assert values.source("handles") == ValueSource("default", 8)
        values["colorspace"] = "raw"
        assert values.source("colorspace") == ValueSource("own", "raw", shot)

    def test_versions_inherit_through_their_asset(self, own_session: Session) -> None:
        version, project = first(own_session, AssetVersion), first(own_session, Project)
        project.custom_attributes["colorspace"] = "log"
        own_session.commit()
        values: Any = version.custom_attributes
        assert values.source("colorspace") == ValueSource("inherited", "log", project)


class TestAsking:
    def test_by_value(self, own_session: Session, reader: Session, sparse: bool) -> None:
        if sparse:
            pytest.skip("the stock classes ask by keys that the rows of such a server don't have")
        shot = first(own_session, Shot)
        shot.custom_attributes.update({"fstart": 7, "tags": ["hero"], "nle": "reel %1"})
        own_session.commit()
        for criterion in (
            Shot.custom_attributes["fstart"] == 7,
            Shot.custom_attributes["fstart"] < 8,
            Shot.custom_attributes["fstart"].in_([7, 8]),
            Shot.custom_attributes["nle"].contains("l %"),
            (Shot.custom_attributes["tags"] == "hero") & (Shot.custom_attributes["fstart"] < 100),
        ):
            assert [found.id for found in reader.query(Shot).where(criterion)] == [shot.id]

    def test_for_values_there_are_or_are_not(self, session: Session, sparse: bool) -> None:
        if sparse:
            pytest.skip("the stock classes ask by keys that the rows of such a server don't have")
        everything = len(session.query(AssetBuild))
        with_date = session.query(AssetBuild).where(
            AssetBuild.custom_attributes["delivery_date"].is_not(None)
        )
        without = session.query(AssetBuild).where(AssetBuild.custom_attributes["delivery_date"].is_(None))
        assert len(with_date) + len(without) == everything
        assert len(with_date) > 0
