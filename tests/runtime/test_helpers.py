"""Invitations, widgets and resets."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_entities import Project, ReviewSession, ReviewSessionInvitee, Task, User
from ftrack_typed import Session
from ftrack_typed.errors import (
    EntityTypeError,
    MalformedResponseError,
    MissingKeyError,
    ServerCompatibilityError,
    ServerError,
)

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


def sent(loopback: Loopback) -> Any:
    return json.loads(loopback.received[-1].body)


def test_users_are_invited_in_one_request(session: Session, calls: Callable[[], int]) -> None:
    users = [
        session.create(User, username=f"invited-{each}", email=f"{each}@example.com") for each in ("a", "b")
    ]
    session.commit()
    before = calls()
    session.send_user_invites(users)
    session.send_user_invite(users[0])
    session.send_user_invites([])
    assert calls() == before + 2


def test_what_an_invitation_sends(scripted: Session, loopback: Loopback) -> None:
    loopback.answer_once([{"sent": True}, {"sent": True}])
    scripted.send_user_invites([User(id="u1"), User(id="u2")])
    assert sent(loopback) == [
        {"action": "send_user_invite", "user_id": "u1"},
        {"action": "send_user_invite", "user_id": "u2"},
    ]
    scripted.send_review_session_invite(ReviewSessionInvitee(id="i1"))
    assert sent(loopback) == [{"action": "send_review_session_invite", "review_session_invitee_id": "i1"}]


def test_wrong_guests_are_refused_before_anything_is_sent(scripted: Session, loopback: Loopback) -> None:
    with pytest.raises(EntityTypeError, match="needs a User, not <Task"):
        scripted.send_user_invites([User(id="u1"), Task(id="t")])
    with pytest.raises(MissingKeyError, match="User has no id"):
        scripted.send_user_invite(User())
    assert loopback.received == []


def test_people_are_invited_to_a_review(session: Session, other_session: Session) -> None:
    project = session.query(Project).first()
    assert project is not None
    review = session.create(ReviewSession, name="dailies", project=project)
    invitee = session.create(
        ReviewSessionInvitee, name="Guest", email="guest@example.com", review_session=review
    )
    session.commit()
    session.send_review_session_invites([invitee])
    found = other_session.get(ReviewSessionInvitee, invitee.id)
    assert found is not None
    assert found.last_sent_at is not None


def test_the_address_of_a_widget_can_be_opened(session: Session) -> None:
    task = session.query(Task).first()
    for url in (
        session.get_widget_url("tasks"),
        session.get_widget_url("info", entity=task, theme="dark"),
    ):
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.status == 200
    with pytest.raises(ServerError):
        session.get_widget_url("no such widget")


def test_each_reset_makes_another_key(session: Session) -> None:
    user = session.create(User, username="reset-key")
    session.commit()
    keys = {session.reset_api_key(user) for _ in range(3)}
    keys.add(session.reset_remote("api_key", user)["api_key"])
    assert len(keys) == 4
    with pytest.raises(ServerError):
        session.reset_remote("api_key", session.query(Task).first())


def test_what_a_reset_sends(scripted: Session, loopback: Loopback) -> None:
    loopback.answer_once([{"action": "reset_remote", "data": {"api_key": "fresh"}}])
    assert scripted.reset_api_key(User(id="u1")) == "fresh"
    assert sent(loopback) == [
        {"action": "reset_remote", "entity_key": "u1", "entity_type": "User", "reset_type": "api_key"}
    ]


@pytest.mark.parametrize("quoted", ["Invalid action u'get_widget_url'", 'Invalid action "get_widget_url"'])
def test_a_server_that_lacks_an_action_is_too_old(scripted: Session, loopback: Loopback, quoted: str) -> None:
    loopback.answer_once({"exception": "InvalidAction", "content": quoted})
    with pytest.raises(ServerCompatibilityError, match=r"can't get_widget_url"):
        scripted.get_widget_url("info")


def test_an_answer_without_what_was_asked_is_told(scripted: Session, loopback: Loopback) -> None:
    loopback.answer_once([{}])
    with pytest.raises(MalformedResponseError, match="get_widget_url without widget_url"):
        scripted.get_widget_url("info")
