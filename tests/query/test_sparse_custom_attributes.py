"""Servers that have rows of custom attributes only for values that were set."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.query.packages import imported

from ftrack_codegen import regenerate
from ftrack_entities import AssetVersion, Project, Sequence, Shot
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.cache import FileCache
from ftrack_typed.errors import UnknownAttributeError

PACKAGE = "studio_of_sparse_tests"

Open = Callable[..., Session]
Calls = Callable[[], int]


@pytest.fixture(scope="module")
def local_server(sparse_documents: list[dict[str, Any]]) -> Iterator[LocalServer]:
    with LocalServer(schema=sparse_documents) as server:
        yield server


@pytest.fixture(autouse=True)
def _as_it_was(local_server: LocalServer) -> Iterator[None]:
    local_server.snapshot()
    yield
    local_server.restore()


@pytest.fixture(scope="module")
def studio(sparse_documents: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Classes generated from such a server."""
    out = tmp_path_factory.mktemp("studio")
    regenerate(sparse_documents, PACKAGE, out)
    with imported(PACKAGE, out) as package:
        yield package


def first(session: Session, cls: type[Any]) -> Any:
    found = session.query(cls).first()
    assert found is not None
    return found


def test_a_loop_costs_as_much_as_one(session: Session, calls: Calls) -> None:
    shots = session.query(Shot).load(Shot.name).limit(30).all()
    before = calls()
    values = [
        (shot.custom_attributes["fstart"], shot.custom_attributes["handles"], len(shot.custom_attributes))
        for shot in shots
    ]
    assert len(values) == 30
    assert {(handles, count) for _, handles, count in values} == {(8, 10)}
    assert calls() - before <= 4, "the values, the configurations, and what decides which ones apply"
    before = calls()
    for shot in shots:
        shot.custom_attributes["handles"] = 12
        shot.custom_attributes["fstart"] = 5
    session.commit()
    assert calls() - before == 1


def test_loaded_along_with_the_query(session: Session, other_session: Session, calls: Calls) -> None:
    shots = session.query(Shot).load(Shot.custom_attributes).limit(20).all()
    before = calls()
    assert all(shot.custom_attributes["fend"] > 1000 for shot in shots)
    assert calls() - before == 1, "the configurations"
    others = other_session.query(Shot).load(Shot.name).limit(20).all()
    other_session.prefetch(others, Shot.custom_attributes)
    assert [shot.custom_attributes["fend"] for shot in others] == [
        shot.custom_attributes["fend"] for shot in shots
    ]
    assert calls() - before == 4
    (version,) = session.query("select asset.parent.custom_attributes from AssetVersion limit 1").all()
    before = calls()
    assert version["asset"]["parent"]["custom_attributes"]["fps"] == 24.0
    assert calls() - before <= 2


def test_what_is_sent(session: Session, local_server: LocalServer) -> None:
    shot = first(session, Shot)
    values: Any = shot.custom_attributes
    values["handles"] = 5
    [operation] = session.recorded_operations
    assert (operation.entity_type, type(operation).__name__) == (
        "CustomAttributeValue",
        "CreateEntityOperation",
    )
    session.commit()
    local_server.requests.clear()
    values["handles"] = 6
    session.commit()
    del values["handles"]
    session.commit()
    assert local_server.requests.actions() == ["update", "delete"]
    values["handles"] = 8
    del values["handles"]
    session.commit()
    assert local_server.requests.actions() == ["update", "delete"], "what came and went leaves no trace"


def test_none_is_a_value(session: Session, open_session: Open) -> None:
    shot = first(session, Shot)
    shot.custom_attributes["handles"] = None
    session.commit()
    assert shot.custom_attributes["handles"] is None
    assert first(open_session(), Shot).custom_attributes["handles"] is None


@pytest.mark.parametrize("owner", [Shot, Project, AssetVersion])
def test_a_failing_block_takes_everything_back(session: Session, owner: type[Any]) -> None:
    entity = first(session, owner)
    values: Any = entity.custom_attributes
    before = dict(values)
    rows = len(values.rows)

    def block() -> None:
        with session.unit_of_work():
            values["fps"] = 59.94
            values["colorspace"] = "log"
            del values["fps"]
            raise LookupError

    with pytest.raises(LookupError):
        block()
    assert (dict(values), len(values.rows)) == (before, rows)
    assert not session.recorded_operations
    values["colorspace"] = "log"
    session.rollback()
    assert dict(values) == before


def test_a_new_entity_may_inherit_what_is_not_committed(session: Session) -> None:
    project, sequence = first(session, Project), first(session, Sequence)
    project.custom_attributes["colorspace"] = "log"
    shot: Any = session.create(Shot, name="s1", parent=sequence)
    source = shot.custom_attributes.source("colorspace")
    assert (source.kind, source.value, source.entity) == ("inherited", "log", project)
    session.commit()
    del project.custom_attributes["colorspace"]
    assert shot.custom_attributes.source("colorspace").kind == "default"
    session.rollback()
    assert shot.custom_attributes.source("colorspace").kind == "inherited"


def test_showing_them_asks_for_nothing(session: Session, calls: Calls) -> None:
    shot = first(session, Shot)
    values: Any = shot.custom_attributes
    before = calls()
    assert repr(values) == "{}"
    assert calls() == before
    assert values["fstart"] == 1001
    assert repr(values).startswith("{'fstart': 1001")


def test_values_of_hidden_configurations_are_not_shown(
    session: Session, open_session: Open, calls: Calls
) -> None:
    shot = first(session, Shot)
    dict(shot.custom_attributes)
    other = open_session()
    kind = other.query("CustomAttributeType where name is text").one()
    made = other.create(
        "CustomAttributeConfiguration",
        {"key": "look", "label": "Look", "type": kind, "entity_type": "task", "config": "{}", "default": ""},
    )
    other.commit()
    other.create(
        "CustomAttributeValue", {"configuration_id": made["id"], "entity_id": shot.id, "value": "rough"}
    )
    other.commit()
    session.populate(shot, "custom_attributes.configuration_id, custom_attributes.value")
    assert shot.custom_attributes["look"] == "rough", "the configuration is new and was fetched"
    with pytest.raises(UnknownAttributeError, match="Did you mean 'look'"):
        del shot.custom_attributes["loook"]


def test_caches_keep_and_renew_them(open_session: Open, calls: Calls, tmp_path: Path) -> None:
    with closing(FileCache(tmp_path / "entities.db")) as store:
        shot = first(open_session(cache=store), Shot)
        assert (shot.custom_attributes["fstart"], shot.custom_attributes["handles"]) == (1001, 8)
        again = open_session(cache=store)
        before = calls()
        held = again.get(Shot, shot.id)
        assert held is not None
        assert held.custom_attributes["fstart"] == 1001
        assert calls() - before <= 1, "the configurations"
        held.custom_attributes["handles"] = 3
        again.commit()
        for expected in (3, 8):
            fresh = open_session(cache=store).get(Shot, shot.id)
            assert fresh is not None
            assert fresh.custom_attributes["handles"] == expected
            del held.custom_attributes["handles"]
            again.commit()


def test_taking_away_what_is_not_there_is_told(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    shot = first(session, Shot)
    with caplog.at_level(logging.WARNING, "ftrack_typed.session"):
        del shot.custom_attributes["handles"]
    assert "has its default already" in caplog.text
    assert not session.recorded_operations


def test_generated_classes_ask_by_configuration(studio: Any, open_session: Open) -> None:
    session = open_session(entities=studio)
    shot = first(session, studio.Shot)
    shot.custom_attributes["handles"] = 4711
    session.commit()
    criterion = studio.Shot.custom_attributes["handles"] == 4711
    assert str(criterion) == 'custom_attributes any (configuration.key is "handles" and value is 4711)'
    shots: Any = session.query(studio.Shot)
    assert [found.id for found in shots.where(criterion)] == [shot.id]
