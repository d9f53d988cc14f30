"""Closing, resetting, checking again, and several sessions side by side."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_entities import Task, User
from ftrack_typed import Session
from ftrack_typed.errors import ServerCompatibilityError

LEFT_OPEN = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(message)s")
from ftrack_entities import User
from ftrack_typed import Session
session = Session(*sys.argv[1:], schema_cache_path=False)
close = session.close
def closing():
    close()
    print("closed", session.closed)
session.close = closing
session.create(User, username="never")
print("exits")
"""


def test_a_session_left_open_is_closed_when_the_interpreter_exits(
    server_url: str, server_key: str, server_user: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, server_url, server_key, server_user],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    after = done.stdout.partition("exits\n")[2]
    assert after.count("closed True") == 1
    assert "with 1 operations not committed" in after


def test_a_reset_forgets_entities_and_pending_work(
    session: Session, calls: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    user = session.query(User).first()
    assert user is not None
    key = user.id
    user.first_name = "Changed"
    session.create(User, username="never")
    before = calls()
    with caplog.at_level(logging.WARNING):
        session.reset()
    assert "reset with 2 operations" in caplog.text
    assert calls() == before, "a reset asks nothing"
    assert not session.recorded_operations
    assert session.created == session.modified == session.deleted == []
    again = session.get(User, key)
    assert again is not None
    assert again is not user
    assert calls() == before + 1
    assert again.first_name != "Changed"
    assert not session.closed


def test_an_untouched_session_is_reset_silently(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        session.reset()
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("information", "compatible"),
    [
        ({}, False),
        ({"version": "3.3.10"}, False),
        ({"version": "3.3.11"}, True),
        ({"version": "3.4"}, True),
        ({"version": "dev"}, True),
        ({"version": "4.13.8"}, True),
    ],
)
def test_compatibility_can_be_checked_again(
    scripted: Session, monkeypatch: pytest.MonkeyPatch, information: dict[str, Any], compatible: bool
) -> None:
    scripted.check_server_compatibility()
    monkeypatch.setattr(scripted, "_information", information)
    if compatible:
        scripted.check_server_compatibility()
        assert scripted.server_information == information
    else:
        with pytest.raises(ServerCompatibilityError):
            scripted.check_server_compatibility()


def test_sessions_side_by_side_keep_to_themselves(session: Session, other_session: Session) -> None:
    mine, theirs = (each.query(Task).order_by(Task.id).first() for each in (session, other_session))
    assert mine is not None
    assert theirs is not None
    assert mine == theirs
    assert mine is not theirs
    mine.bid = 123.0
    assert other_session.modified == []
    assert theirs.bid != 123.0
    session.close()
    assert not other_session.closed
    assert other_session.query(Task).first() is not None
