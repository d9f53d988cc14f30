"""Methods of entities: lists and reviews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from tests.runtime.entity_helpers.conftest import some

from ftrack_entities import (
    AssetVersion,
    AssetVersionList,
    Project,
    ReviewSession,
    ReviewSessionInvitee,
    Shot,
    Task,
    TypedContextList,
)
from ftrack_typed import Session
from ftrack_typed.errors import EntityTypeError

# Lists -------------------------------------------------------


def a_list(session: Session, entity_type: Any) -> Any:
    example: Any = session.query(entity_type).first()
    made = session.create(
        entity_type, name=f"helped {uuid4()}", project=example.project, category=example.category
    )
    session.commit()
    return made


def test_lists_get_and_lose_items(session: Session, other_session: Session, calls: Callable[[], int]) -> None:
    listed = a_list(session, AssetVersionList)
    one, two, three = session.query(AssetVersion).limit(3).all()
    listed.add_items(one, two, one)
    listed.add_items(two)
    session.commit()
    assert listed.items_ == [one, two]
    before = calls()
    listed.add_items(two, three)
    listed.remove_items(one)
    listed.remove_items(one)
    assert calls() == before + 3
    session.commit()
    found = other_session.get(AssetVersionList, listed.id)
    assert found is not None
    assert set(found.items_) == {two, three}


def test_what_others_put_on_a_list_stays(session: Session, other_session: Session) -> None:
    listed = a_list(session, TypedContextList)
    shots = session.query(Shot).limit(2).all()
    assert list(listed.items_) == []
    theirs = other_session.get(TypedContextList, listed.id)
    assert theirs is not None
    theirs.add_items(shots[0])
    other_session.commit()
    listed.add_items(shots[1])
    session.commit()
    assert set(listed.items_) == set(shots)


def test_new_lists_are_filled_without_asking(session: Session, calls: Callable[[], int]) -> None:
    example = some(session, AssetVersionList)
    version = some(session, AssetVersion)
    facts = {"project_id": example["project_id"], "category_id": example["category_id"]}
    before = calls()
    listed = session.create("AssetVersionList", {"name": f"new {uuid4()}", **facts})
    listed.add_items(version)
    listed.remove_items(version)
    listed.add_items(version)
    assert calls() == before
    session.commit()
    assert listed["items"] == [version]


def test_lists_take_what_they_are_for(session: Session, task: Task) -> None:
    listed = some(session, AssetVersionList)
    with pytest.raises(EntityTypeError, match="A AssetVersion is needed here"):
        listed.add_items(task)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert not session.recorded_operations


# Reviews -----------------------------------------------------


@pytest.fixture
def review(session: Session) -> ReviewSession:
    project = some(session, Project)
    made = session.create(ReviewSession, name=f"helped {uuid4()}", project=project)
    session.commit()
    return made


def test_versions_are_put_into_a_review(
    session: Session, other_session: Session, review: ReviewSession, calls: Callable[[], int]
) -> None:
    version = some(session, AssetVersion)
    assert list(review.review_session_objects) == []
    before = calls()
    shown = review.create_object(version, description="Look at the sky")
    assert calls() <= before + 1
    named = review.create_object(version, name="again", label="v2")
    session.commit()
    assert shown.name == version.asset.name
    assert shown.version == f"Version {version.version}"
    assert (named.name, named.version, named.description) == ("again", "v2", "")
    assert review.review_session_objects == [shown, named]
    found = other_session.get("ReviewSessionObject", shown.id)
    assert found["asset_version"] == version
    assert found["description"] == "Look at the sky"


def test_new_versions_can_be_shown_at_once(
    session: Session, other_session: Session, review: ReviewSession, calls: Callable[[], int]
) -> None:
    published = some(session, AssetVersion)
    session.prefetch(published, AssetVersion.asset.name)
    before = calls()
    version = session.create(AssetVersion, asset=published.asset)
    shown = review.create_object(version)
    assert calls() == before
    assert (shown.name, shown.version) == (published.asset.name, "")
    session.commit()
    found = other_session.get("ReviewSessionObject", shown.id)
    assert found["asset_version"] == version
    session.delete(version)
    session.commit()


def test_versions_of_other_sessions_are_shown(
    session: Session, other_session: Session, review: ReviewSession
) -> None:
    version = some(other_session, AssetVersion)
    shown = review.create_object(version)
    session.commit()
    assert shown.asset_version is session.get(AssetVersion, version.id)
    assert shown.version == f"Version {version.version}"


def test_only_versions_are_reviewed(session: Session, review: ReviewSession, task: Task) -> None:
    with pytest.raises(EntityTypeError, match="A AssetVersion is needed here"):
        review.create_object(task)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_people_are_asked_to_a_review(
    session: Session, other_session: Session, review: ReviewSession
) -> None:
    one = review.create_invitee("One", "one@example.com")
    two = review.create_invitee("Two", "two@example.com")
    session.commit()
    three = review.create_invitee("Three", "three@example.com")
    session.commit()

    def asked() -> set[str]:
        invitees = other_session.query(ReviewSessionInvitee)
        mailed = ReviewSessionInvitee.last_sent_at.is_not(None)
        found = invitees.where(ReviewSessionInvitee.review_session_id == review.id, mailed)
        return {each.name for each in found.load(ReviewSessionInvitee.name)}

    one.send_invite()
    assert asked() == {"One"}
    review.send_invites([two])
    assert asked() == {"One", "Two"}
    review.send_invites()
    assert asked() == {"One", "Two", three.name}


def test_nobody_is_invited_without_a_call(
    session: Session, review: ReviewSession, calls: Callable[[], int]
) -> None:
    review.review_session_invitees  # noqa: B018 - loads them
    before = calls()
    review.send_invites()
    assert calls() == before
