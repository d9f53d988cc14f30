"""What is known after an answer was lost, and what can't be found out."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.runtime.lost_answers.batches import create_one, first_task, same, some
from tests.runtime.lost_answers.conftest import Traffic
from tests.runtime.lost_answers.faults import CARRIED_OUT, NOT_CARRIED_OUT

from ftrack_entities import AssetVersion, Job, Note, Task, User
from ftrack_local import LocalServer
from ftrack_local.testing import DropReply, Fault, Reset, Status
from ftrack_typed import RetryPolicy, Session
from ftrack_typed.errors import (
    ConnectionFailedError,
    DuplicateEntryError,
    Error,
    NotFoundError,
    OutcomeUnknown,
    RequestError,
    TransportError,
)

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


# -- what the session knows afterwards -----------------------------------------------------------------


def test_values_of_the_server_are_there(server: LocalServer, session: Session) -> None:
    asset, task = some(session, AssetVersion).asset, first_task(session)
    with session.auto_populating(False):
        new = session.create(AssetVersion, asset=asset, task=task)
        server.faults.add(DropReply(), action="create")
        session.commit()
        assert new.version > 0
        assert new.status_id


def test_finding_out_costs_nothing_of_a_budget(server: LocalServer, session: Session) -> None:
    create_one(session)
    server.faults.add(Reset(), action="create")
    with session.budget(calls=1) as budget:
        session.commit()
    assert budget.left == 0


def test_queries_of_a_batch_are_answered(server: LocalServer, session: Session) -> None:
    task = first_task(session)
    server.faults.add(DropReply(), action="update")
    answers = session.call(
        [
            {"action": "query", "expression": f'select name from Task where id is "{task.id}"'},
            {
                "action": "update",
                "entity_type": "Task",
                "entity_key": task.id,
                "entity_data": {"__entity_type__": "Task", "name": "renamed"},
            },
            {"action": "query", "expression": "Note limit 3"},
        ]
    )
    assert [answer["action"] for answer in answers] == ["query", "update", "query"]
    assert len(answers[2]["data"]) == 3
    assert task.name == "renamed"


# -- what can't be found out ---------------------------------------------------------------------------


def test_a_check_that_fails_leaves_the_outcome_open(
    server: LocalServer, traffic: Traffic, session: Session
) -> None:
    parent = first_task(session).parent
    new = session.create(Task, name="lost", parent=parent)
    server.faults.add(DropReply(), action="create")
    server.faults.add(Reset(), action="query", times=5)
    with pytest.raises(OutcomeUnknown, match="create") as caught:
        session.commit()
    error = caught.value
    assert isinstance(error, TransportError)
    assert isinstance(error.__cause__, ConnectionFailedError)
    assert [operation["entity_key"] for operation in error.operations] == [[new.id]]
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), twin.operations) == (str(error), error.operations)
    assert session.api_key not in f"{error!r}{error.operations}"
    assert session.created == [new]

    traffic.sent.clear()
    session.commit()  # the server refuses the second one, and the first is recognised
    assert traffic.kinds == "wr"
    assert not session.created
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as other:
        assert [task.id for task in other.query(Task).where(Task.name == "lost")] == [new.id]


def test_a_server_that_stays_away(server: LocalServer, traffic: Traffic, session: Session) -> None:
    create_one(session)
    traffic.sent.clear()
    server.faults.add(Status(503), action="create", times=5)
    with pytest.raises(OutcomeUnknown, match="nothing of it was there") as caught:
        session.commit()
    assert traffic.kinds == "wr" * 5
    assert caught.value.status == 503
    session.commit()
    assert not session.created


def test_what_others_may_have_done_is_not_guessed(server: LocalServer, session: Session) -> None:
    note = some(session, Note)
    first_task(session).description = "lost"
    session.delete(note)
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as other:
        other.delete(same(other, note))
        other.commit()
    server.faults.add(Reset(), action="delete")
    with pytest.raises(OutcomeUnknown, match="others"):
        session.commit()


def test_a_row_somebody_else_made_is_not_taken_for_ours(server: LocalServer, session: Session) -> None:
    task = first_task(session)
    task.metadata["new"] = "ours"
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as other:
        same(other, task).metadata["new"] = "theirs"
        other.commit()
    server.faults.add(Reset(), action="create")
    with pytest.raises(OutcomeUnknown):
        session.commit()


def test_a_refused_write_is_refused_though_an_answer_was_lost(server: LocalServer, session: Session) -> None:
    task = first_task(session)
    session.delete(task)
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as other:
        other.delete(same(other, task))
        other.commit()
    task.description = "too late"
    session.recorded_operations.pop()
    session.recorded_operations.pop()
    task.name = "too late"
    server.faults.add(Reset(), action="update")
    with pytest.raises(NotFoundError):
        session.commit()


@pytest.mark.parametrize("fault", [*NOT_CARRIED_OUT, *CARRIED_OUT], ids=str)
def test_other_actions_are_never_repeated(
    server: LocalServer, traffic: Traffic, session: Session, fault: Fault
) -> None:
    traffic.sent.clear()
    server.faults.add(fault, action="delayed_job")
    with pytest.raises(OutcomeUnknown, match="delayed_job") as caught:
        session.call([{"action": "delayed_job", "job_type": "SYNC_USERS_LDAP"}])
    assert traffic.sent == ["delayed_job"]
    assert caught.value.operations == ({"action": "delayed_job", "job_type": "SYNC_USERS_LDAP"},)


def test_other_actions_are_repeated_when_they_were_turned_away(server: LocalServer, session: Session) -> None:
    before = len(session.query(Job))
    server.faults.add(Status(429), action="delayed_job", times=3)
    session.call([{"action": "delayed_job", "job_type": "SYNC_USERS_LDAP"}])
    assert len(session.query(Job)) == before + 1


def test_a_row_without_a_key_can_not_be_looked_for(
    server: LocalServer, traffic: Traffic, session: Session
) -> None:
    traffic.sent.clear()
    server.faults.add(DropReply(), action="create")
    create = {
        "action": "create",
        "entity_type": "Note",
        "entity_data": {"__entity_type__": "Note", "content": "x"},
    }
    with pytest.raises(OutcomeUnknown, match="key of a Note was left to the server"):
        session.call([create])
    assert traffic.sent == ["create"]


def test_a_type_the_schema_does_not_have_can_not_be_looked_for(server: LocalServer, session: Session) -> None:
    server.faults.add(DropReply(), action="delete")
    with pytest.raises(OutcomeUnknown, match="no entity type 'Invented'"):
        session.call([{"action": "delete", "entity_type": "Invented", "entity_key": ["x"]}])


# -- a write that is still on its way ------------------------------------------------------------------


def test_a_write_that_arrives_after_the_check(
    loopback: Loopback, stock_documents: list[dict[str, Any]]
) -> None:
    """The check finds nothing, the second one is refused: the first was only slow."""
    loopback.answer([{"version": "4.13.8"}])
    loopback.answer([stock_documents])
    policy = RetryPolicy(sleep=lambda _: None)
    with Session(loopback.url, "k3y", "ada", schema_cache_path=False, retries=policy) as session:
        loopback.replies.clear()
        loopback.received.clear()
        user = session.create(User, username="lost")
        row = {"__entity_type__": "User", "id": user.id, "username": "lost", "email": "lost@studio.example"}
        loopback.raw(b"[", announced_length=100)
        loopback.answer([{"action": "query", "data": []}])
        loopback.answer({"exception": "DuplicateEntryError", "content": "there is one"})
        loopback.answer([{"action": "query", "data": [row]}])
        session.commit()
        assert [request.operations[0]["action"] for request in loopback.received] == [
            "create",
            "query",
            "create",
            "query",
        ]
        assert user.email == "lost@studio.example"


def test_a_key_that_was_taken_before(loopback: Loopback, stock_documents: list[dict[str, Any]]) -> None:
    loopback.answer([{"version": "4.13.8"}])
    loopback.answer([stock_documents])
    policy = RetryPolicy(sleep=lambda _: None)
    with Session(loopback.url, "k3y", "ada", schema_cache_path=False, retries=policy) as session:
        loopback.replies.clear()
        session.create(User, username="taken")
        loopback.raw(status=502)
        loopback.answer([{"action": "query", "data": []}])
        loopback.answer({"exception": "DuplicateEntryError", "content": "the name is taken"})
        loopback.answer([{"action": "query", "data": []}])
        with pytest.raises(DuplicateEntryError):
            session.commit()
        assert len(session.created) == 1


def test_errors_of_a_commit_tell_whether_anything_can_have_happened(
    server: LocalServer, schemas: Path
) -> None:
    """Of all errors only one leaves it open."""
    assert issubclass(OutcomeUnknown, RequestError)
    assert issubclass(RequestError, Error)
    policy = RetryPolicy(sleep=lambda _: None)
    with LocalServer(seed="empty") as other:
        session = Session(other.url, other.api_key, other.api_user, schema_cache_path=schemas, retries=policy)
        session.create(User, username="nobody")
    with pytest.raises(ConnectionFailedError) as caught:
        session.commit()
    assert caught.value.sent is False
    assert len(session.created) == 1
    session.rollback()
    session.close()
