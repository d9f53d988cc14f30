"""Relations and foreign keys whose names differ: an ``author`` is a ``user_id``."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ftrack_entities
from ftrack_entities import Asset, Note, Recipient, ReviewSessionObject, Shot, Status, Task, User
from ftrack_local import LocalServer
from ftrack_typed import Session, errors
from ftrack_typed.entity import Entity
from ftrack_typed.identity.pairs import pair_of


@pytest.fixture
def people(session: Session) -> list[User]:
    return session.query(User).load(User.username).order_by(User.username).limit(3).all()


@pytest.fixture
def note(session: Session, people: list[User]) -> Note:
    task = session.query(Task).first()
    assert task is not None
    made = session.create(Note, content="seen", author=people[0], parent_id=task.id, parent_type="task")
    session.commit()
    return made


def test_both_halves_stay_in_step(
    session: Session, other_session: Session, note: Note, people: list[User]
) -> None:
    first, second, _ = people
    assert note.user_id == first.id
    note.author = second
    assert note.user_id == second.id
    note.user_id = first.id
    assert note.author is first
    session.rollback()
    assert (note.author, note.user_id) == (first, first.id)
    note.author = second
    session.commit()
    found = other_session.query(Note).where(Note.id == note.id).load(Note.author, Note.user_id).one()
    assert (found.author.id, found.user_id) == (second.id, second.id)


def test_the_last_of_both_is_sent(
    session: Session, other_session: Session, note: Note, people: list[User]
) -> None:
    note.user_id = people[1].id
    note.author = people[2]
    session.commit()
    assert other_session.query(Note).where(Note.id == note.id).one().author == people[2]


def test_a_relation_follows_the_key_that_arrives(
    session: Session, other_session: Session, note: Note, people: list[User]
) -> None:
    assert note.author is people[0]
    there = other_session.get(Note, note.id)
    assert there is not None
    there.user_id = people[1].id
    other_session.commit()
    session.query(Note).where(Note.id == note.id).load(Note.user_id).one()
    assert note.author is people[1]


def test_taking_one_half_back_takes_the_other_along(
    session: Session, note: Note, people: list[User], calls: Callable[[], int]
) -> None:
    first, second, third = people
    note.author = second
    del note.author
    assert (note.author, note.user_id) == (first, first.id)
    note.user_id = second.id
    note.author = third
    del note["user_id"]
    assert (note.author, note.user_id) == (first, first.id)
    task = session.query(Task).load(Task.status, Task.status_id).first()
    assert task is not None
    before = (task.status, task.status_id)
    task.status = session.query(Status).where(Status.id != task.status_id)[0]
    del task.status
    assert (task.status, task.status_id) == before
    assert session.modified == []
    sent = calls()
    session.commit()
    assert calls() == sent


def test_both_may_be_given_at_creation_when_they_agree(session: Session, people: list[User]) -> None:
    first, second, _ = people
    assert session.create(Note, content="x", author=first, user_id=first.id).author is first
    for wrong in (second, None):
        with pytest.raises(ValueError, match=r"Note\.user_id takes .*, as author says, not"):
            session.create("Note", {"content": "x", "author": wrong, "user_id": first.id})
    assert len(session.created) == 1
    session.rollback()


def test_a_relation_to_a_base_type_counts(session: Session) -> None:
    asset = session.query(Asset).load(Asset.context_id).first()
    assert asset is not None
    shot = session.query(Shot).where(Shot.id != asset.context_id).first()
    assert shot is not None
    asset.parent = shot
    assert asset.context_id == shot.id


def test_the_key_of_an_entity_does_not_change_with_its_relations(
    session: Session, note: Note, people: list[User]
) -> None:
    recipient = session.create(Recipient, note=note, recipient=people[2])
    assert recipient.resource_id == people[2].id
    session.commit()
    key = recipient.primary_key
    with pytest.raises(errors.ImmutableAttributeError, match=r"Recipient\.recipient cannot change"):
        recipient.recipient = people[1]
    other = session.query(Note).where(Note.id != note.id).first()
    assert other is not None
    with pytest.raises(errors.ImmutableAttributeError, match=r"Recipient\.note cannot change"):
        recipient.note = other
    recipient.recipient = people[2]
    session.rollback()
    assert recipient.primary_key == key
    assert session.modified == []


@pytest.mark.parametrize(
    ("entity_class", "relation", "foreign_key"),
    [
        (Note, "author", "user_id"),
        (Note, "completed_by", "completed_by_id"),
        (Asset, "parent", "context_id"),
        (ReviewSessionObject, "asset_version", "version_id"),
        (Recipient, "recipient", "resource_id"),
        (ftrack_entities.List, "owner", "user_id"),
        (ftrack_entities.SchemaStatus, "task_status", "status_id"),
        (ftrack_entities.ReviewSessionObjectStatus, "invitee", "review_session_invitee_id"),
    ],
)
def test_pairs(entity_class: type[Entity], relation: str, foreign_key: str) -> None:
    for half in (relation, foreign_key):
        assert pair_of(entity_class, entity_class.__attributes__[half]) == (relation, foreign_key)


@pytest.mark.parametrize(
    ("entity_class", "alone"), [(Asset, "latest_version"), (Recipient, "user"), (Task, "thumbnail_source_id")]
)
def test_what_nothing_else_says_stands_alone(entity_class: type[Entity], alone: str) -> None:
    assert pair_of(entity_class, entity_class.__attributes__[alone]) is None


def test_types_that_only_the_server_knows_have_such_pairs_where_nothing_else_can_be_meant(
    stock_documents: list[dict[str, Any]], tmp_path: Path
) -> None:
    def key(to: str) -> dict[str, Any]:
        return {"type": "string", "format": "foreign_key", "description": f"Foreign key(s): {to}.id"}

    documents = copy.deepcopy(stock_documents)
    documents.append(
        {
            "id": "Rental",
            "type": "object",
            "primary_key": ["id"],
            "required": ["id"],
            "immutable": ["id"],
            "computed": [],
            "default_projections": ["id"],
            "properties": {
                "id": {"type": "string", "default": "{uid}"},
                "by": {"$ref": "User"},
                "user_id": key("User"),
                "from_place": {"$ref": "Shot"},
                "to_place": {"$ref": "Shot"},
                "from_shot_id": key("Shot"),
                "to_shot_id": key("Shot"),
                "account": {
                    "type": "integer",
                    "format": "foreign_key",
                    "description": "Foreign key(s): User.id",
                },
            },
        }
    )
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(documents), encoding="utf-8")
    with (
        LocalServer(schema=path, seed="demo") as server,
        Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session,
    ):
        cls = session.types["Rental"]
        user = session.query(User)[0]
        rental = session.create("Rental", {"by": user})
        assert rental["user_id"] == user.id
        assert [pair_of(cls, cls.__attributes__[name]) for name in ("to_place", "to_shot_id", "account")] == [
            None
        ] * 3
