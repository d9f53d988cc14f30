"""What examples of the documentation begin with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TypeVar
from uuid import uuid4

import pytest

from ftrack_entities import Asset, AssetType, AssetVersion, Project, ProjectSchema, Sequence, Shot, Task
from ftrack_typed import Entity, Session

E = TypeVar("E", bound=Entity)


def unique(word: str) -> str:
    return f"{word}_{uuid4().hex}"


def some(session: Session, entity_type: type[E]) -> E:
    """Any entity of the demo studio."""
    (found,) = session.query(entity_type).limit(1)
    return found


def seen(session: Session, entity: E) -> E:
    """The same entity, as another session reads it from the server."""
    found = session.get(type(entity), entity.primary_key)
    assert found is not None
    return found


@pytest.fixture
def project(session: Session) -> Iterator[Project]:
    """A project of the test's own."""
    made = session.create(
        Project,
        name=unique("documented"),
        full_name="Documented",
        project_schema=some(session, ProjectSchema),
        start_date=datetime(2031, 5, 1, tzinfo=timezone.utc),
    )
    session.commit()
    yield made
    session.rollback()
    session.delete(made)
    session.commit()


@pytest.fixture
def shot(session: Session, project: Project) -> Shot:
    sequence = session.create(Sequence, name="sq010", parent=project)
    made = session.create(Shot, name="sh010", parent=sequence)
    session.commit()
    return made


@pytest.fixture
def task(session: Session, shot: Shot) -> Task:
    made = session.create(Task, name="comp", parent=shot)
    session.commit()
    return made


@pytest.fixture
def version(session: Session, shot: Shot, task: Task) -> AssetVersion:
    asset = session.create(Asset, name="comp", type=some(session, AssetType), parent=shot)
    made = session.create(AssetVersion, asset=asset, task=task, comment="first")
    session.commit()
    return made
