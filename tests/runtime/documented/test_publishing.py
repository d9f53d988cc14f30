"""Documented examples: versions, components, lists and reviews."""

from __future__ import annotations

import json

from tests.runtime.documented.conftest import seen, some

from ftrack_entities import (
    Asset,
    AssetType,
    AssetVersion,
    AssetVersionLink,
    AssetVersionList,
    FileComponent,
    ListCategory,
    Project,
    ReviewSession,
    ReviewSessionInvitee,
    ReviewSessionObject,
    ReviewSessionObjectStatus,
    Shot,
    Task,
    TypedContextLink,
    TypedContextList,
)
from ftrack_typed import Session

# Versions ----------------------------------------------------


def test_publishing(session: Session, other_session: Session, shot: Shot, task: Task) -> None:
    kind = session.query(AssetType).where(AssetType.short == "comp").first() or some(session, AssetType)
    asset = session.ensure(Asset, {"name": "slate", "type": kind, "parent": shot})
    for comment in ("first", "second"):
        version = session.create(AssetVersion, asset=asset, task=task, comment=comment)
        session.create(FileComponent, name="main", file_type=".exr", size=10, version=version)
        session.commit()
    found = seen(other_session, asset)
    assert [(each.version, each.comment) for each in found.versions] == [(1, "first"), (2, "second")]
    assert found.latest_version == version
    assert [each.name for each in seen(other_session, version).components] == ["main"]
    assert session.ensure(Asset, {"name": "slate", "type": kind, "parent": shot}) is asset


def test_versions_that_use_each_other(
    session: Session, other_session: Session, version: AssetVersion
) -> None:
    asset = session.create(Asset, name="plate", type=version.asset.type, parent=version.asset.parent)
    plate = session.create(AssetVersion, asset=asset)
    session.create(AssetVersionLink, from_=plate, to=version)
    session.commit()
    assert seen(other_session, version).uses_versions == [plate]
    assert seen(other_session, plate).used_in_versions == [version]


def test_tasks_that_wait_for_each_other(session: Session, other_session: Session, task: Task) -> None:
    after = session.create(Task, name="grade", parent=task.parent)
    session.create("TypedContextLink", {"from": task, "to": after, "lag": 3600})
    session.commit()
    assert [link["to"] for link in seen(other_session, task)["outgoing_links"]] == [after]
    (link,) = seen(other_session, after).incoming_links
    assert isinstance(link, TypedContextLink)
    assert (link.from_, link.lag) == (task, 3600)


def test_thumbnails_are_shared_by_id(
    session: Session, other_session: Session, version: AssetVersion, task: Task
) -> None:
    component = session.create(FileComponent, name="thumbnail", file_type=".jpg")
    version.thumbnail = component
    session.commit()
    task.thumbnail_id = version.thumbnail_id
    session.commit()
    assert seen(other_session, task).thumbnail == component


def test_what_the_web_player_needs_to_know(
    session: Session, other_session: Session, version: AssetVersion
) -> None:
    movie = session.create(FileComponent, name="ftrackreview-mp4", file_type=".mp4", version=version)
    movie.metadata["ftr_meta"] = json.dumps({"frameIn": 0, "frameOut": 150, "frameRate": 25})
    session.commit()
    assert json.loads(seen(other_session, movie).metadata["ftr_meta"])["frameRate"] == 25


def test_lists(
    session: Session, other_session: Session, project: Project, shot: Shot, version: AssetVersion
) -> None:
    category = some(session, ListCategory)
    versions = session.create(AssetVersionList, name="dailies", project=project, category=category)
    contexts = session.create(TypedContextList, name="trailer", project=project, category=category)
    versions["items"].append(version)
    contexts.items_.append(shot)
    session.commit()
    assert seen(other_session, versions)["items"] == [version]
    assert seen(other_session, contexts).items_ == [shot]
    on_list = f'AssetVersion where lists.id is "{versions.id}"'
    assert other_session.query(on_list).all() == [version]
    versions.items_.remove(version)
    session.commit()
    assert other_session.query(on_list).all() == []


# Reviews -----------------------------------------------------


def test_reviews(session: Session, other_session: Session, project: Project, version: AssetVersion) -> None:
    review = session.create(
        ReviewSession, name="Client", description="Opening", project=project, availability="always"
    )
    shown = session.create(
        ReviewSessionObject, name="sh010", version="Version 1", asset_version=version, review_session=review
    )
    guest = session.create(
        ReviewSessionInvitee, name="Guest", email="guest@example.com", review_session=review
    )
    session.commit()
    session.send_review_session_invite(guest)
    session.create(ReviewSessionObjectStatus, review_session_object=shown, invitee=guest, status="approved")
    shown.create_note("Lovely.")
    session.commit()
    found = seen(other_session, review)
    assert found.review_session_objects == [shown]
    assert found.review_session_invitees[0].last_sent_at is not None
    assert [each.status for each in found.review_session_objects[0].statuses] == ["approved"]
    assert [each.content for each in found.review_session_objects[0].notes] == ["Lovely."]
    where = f'ReviewSessionObject where asset_version.id is "{version.id}"'
    assert other_session.query(where).all() == [shown]
