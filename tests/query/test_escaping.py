"""Values reach the server as they are, whatever they contain."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ftrack_entities import Metadata, Project, Task
from ftrack_local import LocalServer
from ftrack_typed import Session

# NUL ends a text for some databases' `like`; they keep and compare it well enough otherwise.
NASTY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.text(
    "%_\\\"'(),[] \n\tand is in not x", max_size=30
)


@pytest.fixture(scope="module")
def scratch(local_server: LocalServer) -> Iterator[tuple[Session, str, str]]:
    """A session, and the id and key of a metadata row that may be changed at will."""
    with Session(
        local_server.url, local_server.api_key, local_server.api_user, schema_cache_path=False
    ) as session:
        project = session.query(Project).one()
        key = f"escaping-{uuid4()}"
        row = session.create(Metadata, parent_id=project.id, parent_type="Project", key=key, value="")
        session.commit()
        yield session, project.id, key
        session.delete(row)
        session.commit()


def store(scratch: tuple[Session, str, str], value: str) -> None:
    session, parent, key = scratch
    update = {"__entity_type__": "Metadata", "parent_id": parent, "key": key, "value": value}
    session.call(
        [{"action": "update", "entity_type": "Metadata", "entity_key": [parent, key], "entity_data": update}]
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NASTY, NASTY)
@example('"', "'")
@example("\\", '\\"')
@example("%", "_")
@example('x" or key is "y', "x")
@example("line\nbreak", "line break")
def test_equality_finds_exactly_the_value(scratch: tuple[Session, str, str], value: str, other: str) -> None:
    session, parent, key = scratch
    store(scratch, value)
    mine = (Metadata.parent_id == parent) & (Metadata.key == key)
    rows = session.query(Metadata).where(mine)
    assert rows.where(Metadata.value == value).select(Metadata.value).all() == [(value,)]
    assert bool(rows.where(Metadata.value.in_([other, "?"]))) == (value in (other, "?"))
    assert bool(rows.where(Metadata.value != other)) == (value != other)
    by_key = session.query(Project).where(Project.metadata[key] == value)
    assert [project.id for project in by_key] == [parent]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NASTY, st.integers(0, 30), st.integers(0, 30), NASTY)
@example("100% sure", 0, 4, "100_")
@example("a\\b", 1, 2, "a\\%")
def test_parts_of_a_text_are_no_patterns(
    scratch: tuple[Session, str, str], value: str, start: int, length: int, other: str
) -> None:
    session, parent, key = scratch
    store(scratch, value)
    rows = session.query(Metadata).where(Metadata.parent_id == parent, Metadata.key == key)
    part = value[start : start + length]
    assert bool(rows.where(Metadata.value.contains(part)))
    assert bool(rows.where(Metadata.value.startswith(value[:length])))
    assert bool(rows.where(Metadata.value.endswith(value[start:])))
    # The server may ignore the case of letters in patterns, not any other character.
    if not bool(rows.where(Metadata.value.contains(other))):
        assert other not in value
    elif other.isascii() and value.isascii():
        assert other.lower() in value.lower()


def test_a_list_holds_what_a_comparison_would(session: Session) -> None:
    names = ['a", "b', "c') or (name is 'd", "e\\"]
    assert session.query(Task).where(Task.name.in_(names)).all() == []
