"""Servers that have rows for all custom attributes of some types, and only for set values of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.query.packages import imported
from tests.runtime.conftest import Loopback
from tests.sparse_rows import with_sparse_rows

import ftrack_entities
from ftrack_codegen import regenerate
from ftrack_entities import AssetVersion, Shot
from ftrack_local import LocalServer
from ftrack_typed import Session

PACKAGE = "studio_of_mixed_tests"
CONTEXTS = "ContextCustomAttributeValue"

Open = Callable[..., Session]
Calls = Callable[[], int]


@pytest.fixture(scope="module")
def documents(stock_documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows for all custom attributes of contexts, and for those of others that were set."""
    return with_sparse_rows(stock_documents, dense=[CONTEXTS])


@pytest.fixture(scope="module")
def local_server(documents: list[dict[str, Any]]) -> Iterator[LocalServer]:
    with LocalServer(schema=documents) as server:
        yield server


@pytest.fixture(autouse=True)
def _as_it_was(local_server: LocalServer) -> Iterator[None]:
    local_server.snapshot()
    yield
    local_server.restore()


@pytest.fixture(scope="module")
def studio(documents: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Classes generated from such a server."""
    out = tmp_path_factory.mktemp("studio")
    regenerate(documents, PACKAGE, out)
    with imported(PACKAGE, out) as package:
        yield package


@pytest.fixture(params=["stock", "studio"])
def entities(request: pytest.FixtureRequest) -> Any:
    """The stock classes, which know rows of all types, and those of such a server."""
    return ftrack_entities if request.param == "stock" else request.getfixturevalue("studio")


def first(session: Session, cls: type[Any]) -> Any:
    found = session.query(cls).first()
    assert found is not None
    return found


def test_rows_are_of_the_type_the_server_has_for_each(session: Session) -> None:
    version, shot = first(session, AssetVersion), first(session, Shot)
    version.custom_attributes["qc_passed"] = True
    shot.custom_attributes["handles"] = 3
    operations = {type(one).__name__: one.entity_type for one in session.recorded_operations}
    assert operations == {
        "CreateEntityOperation": "CustomAttributeValue",
        "UpdateEntityOperation": CONTEXTS,
    }
    session.commit()
    assert (version.custom_attributes["qc_passed"], shot.custom_attributes["handles"]) == (True, 3)


def test_values_of_both_kinds_are_read_written_and_taken_away(
    entities: Any, open_session: Open, calls: Calls
) -> None:
    session, reader = open_session(entities=entities), open_session(entities=entities)
    for cls, key, value, default in (
        (entities.AssetVersion, "render_hours", 2.5, 0.0),
        (entities.Shot, "handles", 3, 8),
        (entities.Project, "colorspace", "log", "acescg"),
        (entities.Asset, "colorspace", "log", "acescg"),
        (entities.User, "desk", "4.2", ""),
    ):
        entity = first(session, cls)
        entity.custom_attributes[key] = value
        session.commit()
        assert entity.custom_attributes.source(key).kind == "own"
        other = first(reader, cls)
        assert other.custom_attributes[key] == value
        del other.custom_attributes[key]
        reader.commit()
        assert other.custom_attributes[key] == default
        assert other.custom_attributes.source(key).kind != "own"
        assert first(open_session(entities=entities), cls).custom_attributes[key] == default


def test_a_loop_over_both_kinds_costs_as_much_as_one(session: Session, calls: Calls) -> None:
    versions = session.query(AssetVersion).load(AssetVersion.id).limit(20).all()
    shots = session.query(Shot).load(Shot.id).limit(20).all()
    len(session.custom_attribute_configurations)
    before = calls()
    assert {len(shot.custom_attributes) for shot in shots} == {10}
    assert calls() - before == 1
    assert all(version.custom_attributes["render_hours"] >= 0 for version in versions)
    assert calls() - before == 3, "the values, and what decides which defaults apply"
    for version, shot in zip(versions, shots, strict=True):
        version.custom_attributes["render_hours"] = 4.5
        shot.custom_attributes["handles"] = 4
    session.commit()
    assert calls() - before == 4


def test_entities_of_both_kinds_are_loaded_together(session: Session, calls: Calls) -> None:
    found: list[Any] = [*session.query(AssetVersion).limit(3), *session.query(Shot).limit(3)]
    session.prefetch(found, "custom_attributes")
    before = calls()
    assert all("custom_attributes" in vars(entity) for entity in found)
    assert all(row["value"] is not None for entity in found for row in entity.custom_attributes.rows)
    assert calls() == before


def test_criteria_ask_for_the_key_as_each_has_it(studio: Any, open_session: Open) -> None:
    session = open_session(entities=studio)
    version, shot = first(session, studio.AssetVersion), first(session, studio.Shot)
    version.custom_attributes["render_hours"] = 47.5
    shot.custom_attributes["handles"] = 47
    session.commit()
    of_version = studio.AssetVersion.custom_attributes["render_hours"] == 47.5
    of_shot = studio.Shot.custom_attributes["handles"] == 47
    assert str(of_version) == 'custom_attributes any (configuration.key is "render_hours" and value is 47.5)'
    assert str(of_shot) == 'custom_attributes any (key is "handles" and value is 47)'
    reader = open_session(entities=studio)
    versions: Any = reader.query(studio.AssetVersion)
    shots: Any = reader.query(studio.Shot)
    assert [found.id for found in versions.where(of_version)] == [version.id]
    assert [found.id for found in shots.where(of_shot)] == [shot.id]


@pytest.mark.parametrize(
    ("entity_type", "path", "asked"),
    [
        ("AssetVersion", "custom_attributes", True),
        ("Shot", "custom_attributes", False),
        ("AssetVersion", "task.custom_attributes", False),
        ("AssetVersion", "asset.custom_attributes", True),
        ("Task", "parent[Shot].custom_attributes", False),
        ("Task", "assignments.resource[User].custom_attributes", True),
        ("Task", "assignments.resource.custom_attributes", False),
        ("AssetVersion", "custom_attributes.entity_id", False),
    ],
)
def test_values_are_asked_for_where_servers_send_only_the_keys_of_rows(
    entities: Any, documents: list[dict[str, Any]], entity_type: str, path: str, asked: bool
) -> None:
    """Real servers do so; the local one sends them in any case."""
    loopback = Loopback()
    try:
        loopback.answer([{"version": "4.13.8"}])
        loopback.answer([documents])
        loopback.answer([{"action": "query", "data": []}])
        with Session(loopback.url, "k3y", "ada", schema_cache_path=False, entities=entities) as session:
            session.query(f"select {path} from {entity_type}").all()
    finally:
        loopback.close()
    sent = loopback.received[-1].operations[0]["expression"].partition(" from ")[0]
    names = ("configuration_id", "entity_id", "value")
    assert sent == "select " + (", ".join(f"{path}.{name}" for name in names) if asked else path)
