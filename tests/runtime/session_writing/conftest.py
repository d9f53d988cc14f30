"""What tests of changes begin with."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_entities import Shot, Task
from ftrack_typed import Session


@pytest.fixture
def shot(session: Session) -> Shot:
    found = session.query(Shot).first()
    assert found is not None
    return found


@pytest.fixture
def task(session: Session, shot: Shot) -> Task:
    made = session.create(Task, name=f"task of {id(session)}", parent=shot)
    session.commit()
    return made


def read_again(other: Session, entity: Any, *names: str) -> Any:
    """The entity as another session sees it now."""
    found = other.get(entity.entity_type, list(entity.primary_key.values()))
    if found is not None and names:
        other.populate(found, list(names))
    return found
