"""Every fault, before and after the server carried a request out: nothing is written twice, nothing is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runtime.lost_answers.batches import (
    KINDS,
    Change,
    create_many,
    create_one,
    everything,
    first_task,
    update_many,
)
from tests.runtime.lost_answers.conftest import Traffic, census
from tests.runtime.lost_answers.faults import CARRIED_OUT, NOT_CARRIED_OUT, SILENT

from ftrack_local import LocalServer
from ftrack_local.testing import DropReply, Fault, Status
from ftrack_typed import RetryPolicy, Session
from ftrack_typed.errors import ServerError


@pytest.mark.parametrize("change", KINDS, ids=lambda change: change.__name__)
@pytest.mark.parametrize(
    ("fault", "sent"),
    [*((fault, "wrw") for fault in NOT_CARRIED_OUT), *((fault, "wr") for fault in CARRIED_OUT)],
    ids=str,
)
def test_whatever_becomes_of_the_answer_it_is_carried_out_once(
    server: LocalServer,
    traffic: Traffic,
    session: Session,
    schemas: Path,
    expected: Callable[[Change], dict[str, list[str]]],
    fault: Fault,
    sent: str,
    change: Change,
) -> None:
    outcome = expected(change)
    change(session)
    traffic.sent.clear()
    server.faults.add(fault)
    session.commit()
    assert traffic.kinds == sent
    assert census(server, schemas) == outcome
    assert not session.created
    assert not session.modified
    assert not len(session.recorded_operations)


@pytest.mark.parametrize(("fault", "written"), [(Status(502), 2), (DropReply(), 1)], ids=str)
def test_more_entities_than_one_query_can_name_are_looked_for(
    server: LocalServer,
    traffic: Traffic,
    session: Session,
    schemas: Path,
    expected: Callable[[Change], dict[str, list[str]]],
    fault: Fault,
    written: int,
) -> None:
    outcome = expected(create_many)
    create_many(session)
    traffic.sent.clear()
    server.faults.add(fault)
    session.commit()
    assert traffic.kinds.count("w") == written
    assert census(server, schemas) == outcome


@pytest.mark.parametrize("change", [everything, update_many], ids=lambda change: change.__name__)
@pytest.mark.parametrize("fault", SILENT, ids=str)
def test_what_was_carried_out_in_silence_is_not_sent_again(
    server: LocalServer,
    traffic: Traffic,
    session: Session,
    schemas: Path,
    expected: Callable[[Change], dict[str, list[str]]],
    fault: Fault,
    change: Change,
) -> None:
    outcome = expected(change)
    change(session)
    traffic.sent.clear()
    server.faults.add(fault)
    session.request_timeout = (30, 1)
    session.commit()
    assert traffic.kinds == "wr"
    assert census(server, schemas) == outcome


@pytest.mark.parametrize("change", KINDS, ids=lambda change: change.__name__)
def test_what_was_turned_away_is_sent_again_unchecked(
    server: LocalServer,
    traffic: Traffic,
    session: Session,
    schemas: Path,
    expected: Callable[[Change], dict[str, list[str]]],
    change: Change,
) -> None:
    outcome = expected(change)
    change(session)
    traffic.sent.clear()
    server.faults.add(Status(429, retry_after=2), times=2)
    session.commit()
    assert traffic.kinds == "www"
    assert census(server, schemas) == outcome


@pytest.mark.parametrize("fault", [*NOT_CARRIED_OUT, *CARRIED_OUT, Status(429)], ids=str)
def test_reads_are_tried_again(server: LocalServer, traffic: Traffic, session: Session, fault: Fault) -> None:
    traffic.sent.clear()
    server.faults.add(fault, action="query", times=4)
    assert first_task(session).name
    assert traffic.sent == ["query"] * 5


@pytest.mark.parametrize("fault", [*NOT_CARRIED_OUT, *CARRIED_OUT, Status(429)], ids=str)
def test_opening_a_session_is_tried_again(server: LocalServer, traffic: Traffic, fault: Fault) -> None:
    for action in ("query_server_information", "query_schemas"):
        server.faults.add(fault, action=action)
    policy = RetryPolicy(sleep=lambda _: None)
    traffic.sent.clear()
    Session(server.url, server.api_key, server.api_user, schema_cache_path=False, retries=policy).close()
    assert traffic.sent == ["query_server_information"] * 2 + ["query_schemas"] * 2


def test_a_session_may_try_nothing_again(server: LocalServer, schemas: Path) -> None:
    with Session(
        server.url,
        server.api_key,
        server.api_user,
        schema_cache_path=schemas,
        retries=RetryPolicy(attempts=1),
    ) as session:
        server.faults.add(Status(503), action="query")
        with pytest.raises(ServerError) as caught:
            first_task(session)
        assert caught.value.status == 503
        # What became of a commit is still found out.
        create_one(session)
        server.faults.add(DropReply(), action="create")
        session.commit()
