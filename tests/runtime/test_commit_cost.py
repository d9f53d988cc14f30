"""What a commit costs depends on what changed, not on what the session holds."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from ftrack_entities import User

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

    from ftrack_typed import Session


def steps_of_a_commit(session: Session, loopback: Loopback, held: int) -> int:
    """Calls, also of builtins, that the commit of one change takes while this many entities are held."""
    rows = [
        {"__entity_type__": "User", "id": f"u{number}", "first_name": "Ada", "username": f"user{number}"}
        for number in range(held)
    ]
    loopback.answer_once([{"action": "query", "data": rows, "metadata": {}}])
    users = session.query(User).load(User.first_name, User.username).all()
    assert len(users) == held
    users[0].first_name = "Grace"
    loopback.answer_once([{"action": "update", "data": {**rows[0], "first_name": "Grace"}}])
    steps = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        session.commit()
    finally:
        sys.setprofile(before)
    assert not session.recorded_operations
    assert users[0].first_name == "Grace"
    session.reset()
    return steps


def test_a_commit_costs_what_changed(scripted: Session, loopback: Loopback) -> None:
    steps_of_a_commit(scripted, loopback, 2)  # what is made once is made here
    few = steps_of_a_commit(scripted, loopback, 10)
    many = steps_of_a_commit(scripted, loopback, 900)
    assert many < few + 300, "nothing is done for each of the entities that are held"
