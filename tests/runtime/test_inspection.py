"""Keys, identities and states of entities."""

from __future__ import annotations

import pickle

import pytest

from ftrack_entities import Metadata, Task, User
from ftrack_typed import Session, inspection
from ftrack_typed.errors import MissingKeyError
from ftrack_typed.symbol import CREATED, DELETED, MODIFIED, NOT_SET


def test_keys_are_texts_in_the_order_of_the_schema(session: Session) -> None:
    task = session.query(Task).first()
    assert task is not None
    assert inspection.primary_key(task) == {"id": task.id}
    row = Metadata(parent_id="p", key="k", value="v")
    assert list(inspection.primary_key(row).items()) == [("parent_id", "p"), ("key", "k")]


def test_an_identity_leads_back_to_the_entity(session: Session) -> None:
    task = session.query(Task).first()
    assert task is not None
    assert inspection.identity(task) == ("Task", [task.id])
    assert session.get(*inspection.identity(task)) is task


def test_a_missing_key_is_named() -> None:
    with pytest.raises(MissingKeyError, match=r"Metadata has no key") as caught:
        inspection.primary_key(Metadata(parent_id="p"))
    assert isinstance(caught.value, KeyError)
    assert pickle.loads(pickle.dumps(caught.value)).attribute == "key"


def test_states(session: Session) -> None:
    made = session.create(User, username="inspection-made")
    assert inspection.state(made) is CREATED
    made.first_name = "Ada"
    assert inspection.state(made) is CREATED, "what was created stays so when it is changed"
    changed, gone = session.query(Task).limit(2).all()
    assert inspection.state(changed) is NOT_SET
    changed.bid = 7.0
    session.delete(gone)
    gone.bid = 8.0
    assert inspection.state(gone) is DELETED, "what was deleted stays deleted"
    several = [gone, made, changed, gone, Task()]
    assert inspection.states(several) == [DELETED, CREATED, MODIFIED, DELETED, NOT_SET]
    assert inspection.states([]) == []
    session.rollback()
    assert inspection.states([changed, gone]) == [NOT_SET, NOT_SET]
