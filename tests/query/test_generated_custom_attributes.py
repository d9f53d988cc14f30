"""Custom attributes of a package that was generated with a studio's configurations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.query.packages import imported

from ftrack_codegen import regenerate
from ftrack_codegen.studio import read_studio
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import UnknownAttributeError

PACKAGE = "studio_of_query_tests"


@pytest.fixture(scope="module")
def studio(local_server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package of the demo studio."""
    out = tmp_path_factory.mktemp("studio")
    columns = (
        "id, key, label, entity_type, object_type_id, project_id, is_hierarchical, default, config, type.name"
    )
    expression = f"select {columns} from CustomAttributeConfiguration"
    with Session(
        local_server.url, local_server.api_key, local_server.api_user, schema_cache_path=False
    ) as session:
        rows = [
            {
                **{name: row[name] for name in columns.split(", ") if "." not in name},
                "type": {"name": row["type"]["name"]},
            }
            for row in session.query(expression)
        ]
        regenerate(session.schemas, PACKAGE, out, studio=read_studio({"custom_attributes": rows}))
    with imported(PACKAGE, out) as package:
        yield package


@pytest.fixture
def studio_session(local_server: LocalServer, studio: Any) -> Iterator[Session]:
    with Session(
        local_server.url,
        local_server.api_key,
        local_server.api_user,
        schema_cache_path=False,
        entities=studio,
    ) as session:
        yield session
        session.rollback()


def test_criteria_by_spelling(studio: Any, studio_session: Session) -> None:
    criterion = studio.Shot.custom_attributes.fstart > 1000
    assert str(criterion) == 'custom_attributes any (key is "fstart" and value > 1000)'
    shots: Any = studio_session.query(studio.Shot)
    assert len(shots.where(criterion)) > 0
    assert {"fstart", "fps"} <= set(dir(studio.Shot.custom_attributes))


def test_operators_know_the_type(studio: Any) -> None:
    faces = studio.Shot.custom_attributes
    uses: list[Callable[[], object]] = [lambda: faces.fstart.like("1%"), lambda: faces["fps"].contains("2")]
    for use in uses:
        with pytest.raises(TypeError, match="float, not text"):
            use()
    with pytest.raises(TypeError, match="no order"):
        studio.AssetVersion.custom_attributes.qc_passed > True  # noqa: B015
    assert (
        str(faces["only on the server"] > 1)
        == 'custom_attributes any (key is "only on the server" and value > 1)'
    )


def test_a_misspelt_one_names_the_nearest(studio: Any) -> None:
    with pytest.raises(UnknownAttributeError, match="Did you mean 'fstart'"):
        studio.Shot.custom_attributes.fstrat  # noqa: B018
    with pytest.raises(UnknownAttributeError):
        studio.Task.custom_attributes.fstart  # noqa: B018


def test_values_by_spelling(studio: Any, studio_session: Session) -> None:
    shot = studio_session.query(studio.Shot).first()
    assert shot is not None
    values = shot.custom_attributes
    assert values.fstart == values["fstart"]
    values.tags = "hero"
    assert values["tags"] == ["hero"]
    assert "tags" in dir(values)
    sequence = shot.parent
    made = studio_session.create(studio.Shot, name="s1", parent=sequence, custom_attributes={"fps": 12.0})
    assert made.custom_attributes.fps == 12.0
