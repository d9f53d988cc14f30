"""Methods of entities: timers and accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_entities import Task, Timelog, Timer, User
from ftrack_typed import Session
from ftrack_typed.errors import NoResultFoundError, NotUniqueError, ServerError

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


# Timers ------------------------------------------------------


def test_a_timer_becomes_a_time_log(session: Session, user: User, task: Task, other_session: Session) -> None:
    timer = user.start_timer(task, comment="comp", name="day")
    assert (timer.context, timer.comment, timer.name) == (task, "comp", "day")
    start = timer.start
    log = user.stop_timer()
    assert log.start == start
    assert log.duration == int(log.duration) >= 0
    assert (log.context, log.comment, log.name, log.user) == (task, "comp", "day", user)
    assert other_session.get(Timer, timer.id) is None
    found = other_session.get(Timelog, log.id)
    assert found is not None
    assert found.start == start
    assert log in user.timelogs


def test_the_duration_is_the_time_since_the_start(session: Session, user: User) -> None:
    start = datetime.now(timezone.utc) - timedelta(hours=2)
    session.create(Timer, user=user, start=start)
    session.commit()
    assert 7200 <= user.stop_timer().duration < 7260


def test_a_start_in_the_future_lasts_no_time(session: Session, user: User) -> None:
    session.create(Timer, user=user, start=datetime.now(timezone.utc) + timedelta(hours=1))
    session.commit()
    assert user.stop_timer().duration == 0


def test_a_second_timer_is_refused_and_leaves_nothing_pending(session: Session, user: User) -> None:
    timer = user.start_timer()
    with pytest.raises(NotUniqueError, match=r"has a timer running: stop_timer\(\) first"):
        user.start_timer()
    assert not session.recorded_operations
    assert session.query(Timer).where(Timer.user_id == user.id).one() == timer


def test_other_doubles_in_the_batch_stay_what_they_are(session: Session, user: User) -> None:
    session.create(User, username=user.username)
    with pytest.raises(ServerError) as caught:
        user.start_timer()
    assert "timer" not in str(caught.value).lower()
    assert len(session.recorded_operations) == 1


def test_force_stops_what_is_running_in_the_same_batch(
    session: Session, user: User, calls: Callable[[], int]
) -> None:
    first = user.start_timer(comment="first")
    before = calls()
    second = user.start_timer(comment="second", force=True)
    assert calls() == before + 2
    assert session.query(Timer).where(Timer.user_id == user.id).all() == [second] != [first]
    assert [log.comment for log in user.timelogs] == ["first"]


def test_force_needs_nothing_running(session: Session, user: User) -> None:
    assert user.start_timer(force=True).user == user
    assert list(user.timelogs) == []


def test_nothing_running_can_not_be_stopped(session: Session, user: User) -> None:
    with pytest.raises(NoResultFoundError, match="has no timer running"):
        user.stop_timer()
    assert not session.recorded_operations


def test_a_unit_of_work_commits_the_timer(session: Session, user: User, calls: Callable[[], int]) -> None:
    before = calls()
    with session.unit_of_work():
        user.start_timer()
        assert calls() == before
    assert calls() == before + 1


@pytest.mark.parametrize(("in_utc", "told"), [(True, False), (False, False), (None, True)])
def test_the_zone_of_a_start_is_the_servers(
    loopback: Loopback,
    stock_documents: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    in_utc: bool | None,
    told: bool,
) -> None:
    loopback.answer([{"version": "4.13.8", "is_timezone_support_enabled": in_utc}])
    loopback.answer([stock_documents])
    local = datetime.now() if in_utc is False else datetime.now(timezone.utc).replace(tzinfo=None)
    start = (local - timedelta(hours=3)).isoformat(timespec="seconds")
    row = {"__entity_type__": "Timer", "id": "t1", "context_id": None, "comment": "", "name": None}
    row["start"] = {"__type__": "datetime", "value": start}  # type: ignore[assignment]
    with Session(loopback.url, "key", "ada", schema_cache_path=False) as session:
        loopback.answer_once([{"action": "query", "data": [row]}])
        user = session.create(User, id="u1")
        session.recorded_operations.clear()
        log = user.stop_timer()
    assert 10800 <= log.duration < 10860
    assert any("zone of its moments" in record.getMessage() for record in caplog.records) is told


# Accounts ----------------------------------------------------


def test_users_can_be_invited_and_get_keys(session: Session, user: User) -> None:
    user.send_invite()
    keys = {user.reset_api_key() for _ in range(3)}
    assert len(keys) == 3
