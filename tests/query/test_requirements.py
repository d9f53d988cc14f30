"""New entities are checked for what they need before they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import ftrack_entities
from ftrack_entities import (
    Appointment,
    AssetType,
    AssetVersion,
    Note,
    ReviewSession,
    ReviewSessionObject,
    Shot,
    Task,
    User,
)
from ftrack_typed import Session
from ftrack_typed.errors import ImmutableAttributeError, MissingAttributesError, ServerError
from ftrack_typed.unit_of_work.operations import CreateEntityOperation


def test_what_is_missing_is_named_and_nothing_is_sent(session: Session, calls: Callable[[], int]) -> None:
    made = session.create(AssetType)
    before = calls()
    with pytest.raises(MissingAttributesError, match="can't be created without name, short") as caught:
        session.commit()
    assert calls() == before
    assert caught.value.entity_type == "AssetType"
    assert caught.value.entity_key == (made.id,)
    assert caught.value.attributes == ("name", "short")
    assert len(session.recorded_operations) == 1, "it can still be set"
    made.name = "Test kind"
    with pytest.raises(MissingAttributesError, match="without short: set it"):
        session.commit()


def test_what_is_set_later_counts(session: Session) -> None:
    made = session.create(AssetType)
    session.create(Note, content="between")
    made.name, made.short = "Test kind", "tk"
    session.rollback()
    made = session.create(AssetType, name="Test kind", short="tk")
    session.commit()
    session.delete(made)
    session.commit()


def test_a_relation_counts_as_its_key(session: Session, other_session: Session) -> None:
    task, user = session.query(Task).first(), session.query(User).first()
    assert task is not None
    assert user is not None
    made = session.create(Appointment, context=task, resource=user, type="assignment")
    session.commit()
    session.delete(made)
    session.commit()
    other_session.create(Appointment, type="assignment")
    with pytest.raises(MissingAttributesError, match="context_id, resource_id"):
        other_session.commit()


def test_a_collection_gives_its_items_their_keys(session: Session) -> None:
    task, user = session.query(Task).load(Task.assignments).first(), session.query(User).first()
    assert task is not None
    assert user is not None
    made = session.create(Appointment, resource=user, type="assignment")
    task.assignments.append(made)
    session.commit()
    session.delete(made)
    session.commit()


def test_raw_operations_are_checked_alike(session: Session) -> None:
    session.recorded_operations.push(CreateEntityOperation("AssetType", {"id": "a"}, {"name": "x"}))
    with pytest.raises(MissingAttributesError, match="AssetType a can't be created without short"):
        session.commit()


def test_attributes_fixed_at_creation(session: Session, other_session: Session) -> None:
    parent = session.query(Shot).first()
    assert parent is not None
    shot: Any = session.create(Shot, name="fixed", parent=parent.parent, bid=3600.0)
    shot.bid = 7200.0
    session.commit()
    with pytest.raises(ImmutableAttributeError):
        shot.bid = 1.0
    again = other_session.get(Shot, shot.id)
    assert again is not None
    assert again.bid == 7200.0
    session.delete(shot)
    session.commit()


def test_relations_not_named_like_their_keys(session: Session) -> None:
    found = session.query(ReviewSession).first()
    assert found is not None
    version = session.query(AssetVersion).first()
    assert version is not None
    made = session.create(
        ReviewSessionObject, name="a", version="1", review_session=found, asset_version=version
    )
    session.commit()
    session.delete(made)
    session.commit()


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in ftrack_entities.REGISTRY
        if not (facts := ftrack_entities.REGISTRY[name].__entity__).required_on_create
        <= set(facts.primary_key)
    ),
)
def test_nothing_is_asked_for_that_the_server_does_not_need(session: Session, name: str) -> None:
    cls = ftrack_entities.REGISTRY[name]
    key = cls.__entity__.primary_key
    bare = dict.fromkeys(key, f"bare-{name}")
    data = {"__entity_type__": name, **bare}
    create = {"action": "create", "entity_type": name, "entity_key": list(bare.values()), "entity_data": data}
    with pytest.raises(ServerError):
        session.call([create])
