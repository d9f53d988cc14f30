"""What tests of entities' methods begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

import pytest

from ftrack_entities import Project, Shot, Task, User
from ftrack_typed import Entity, Session

E = TypeVar("E", bound=Entity)
OpenSession = Callable[..., Session]


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """A session that has the server's schema, as most have it cached: calls are counted without it."""
    opened = open_session()
    assert opened.schemas
    return opened


@pytest.fixture
def shot(session: Session) -> Shot:
    """A shot of the test's own."""
    project = some(session, Project)
    made = session.create(Shot, name=f"helped_{uuid4().hex}", parent=project, project=project)
    session.commit()
    return made


@pytest.fixture
def task(session: Session, shot: Shot) -> Task:
    made = session.create(Task, name="helped", parent=shot)
    session.commit()
    return made


@pytest.fixture
def user(session: Session) -> User:
    """A user without a timer."""
    made = session.create(User, username=f"helped-{uuid4()}", email="helped@example.com")
    session.commit()
    return made


def some(session: Session, entity_type: type[E]) -> E:
    """Any entity of the demo studio."""
    (found,) = session.query(entity_type).limit(1).all()
    return found


def people(session: Session, number: int) -> list[User]:
    return session.query(User).limit(number).all()
