"""Every fault, before and after the server carried a request out: nothing is written twice, nothing is missing."""

from __future__ import annotations

import logging
import pickle
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

from ftrack_entities import AssetVersion, Job, Note, Task, TypedContextList, User
from ftrack_local import LocalServer
from ftrack_local.testing import DropReply, Fault, Html, Reset, Stall, Status, Truncate
from ftrack_typed import RetryPolicy, Session
from ftrack_typed.entity import Entity
from ftrack_typed.errors import (
    ConnectionFailedError,
    DuplicateEntryError,
    Error,
    NotFoundError,
    OutcomeUnknown,
    RequestError,
    ServerError,
    TransportError,
)

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

NOT_CARRIED_OUT: list[Fault] = [
    Status(502),
    Status(503, retry_after=1),
    Status(504),
    Html(),
    Html(503),
    Reset(),
]
"""Not carried out, but that can't be seen from here."""

CARRIED_OUT: list[Fault] = [
    DropReply(),
    Reset(after=1),
    Reset(after=20),
    Truncate(after=1),
    Truncate(after=20),
]

SILENT: list[Fault] = [Stall(30), Stall(30, after=5)]
"""Carried out, and then nothing (more) comes: each costs a real time-out."""

Change = Callable[[Session], object]
E = TypeVar("E", bound=Entity)


# -- kinds of batches ----------------------------------------------------------------------------------


def _some(session: Session, kind: type[E]) -> E:
    found = session.query(kind).first()
    assert found is not None
    return found


def _task(session: Session) -> Task:
    found = session.query(Task).order_by(Task.id).first()
    assert found is not None
    return found


def _same(session: Session, entity: E) -> E:
    """The same entity in another session."""
    found = session.get(type(entity), entity.primary_key)
    assert found is not None
    return found


def create_one(session: Session) -> None:
    session.create(Task, name="lost", parent=_task(session).parent)


def create_many(session: Session) -> None:
    parent = _task(session).parent
    for index in range(220):  # more than fit in one query of the check
        session.create(Task, name=f"lost {index}", parent=parent)


def create_numbered(session: Session) -> None:
    version = _some(session, AssetVersion)
    session.create(AssetVersion, asset=version.asset, task=_task(session))


def create_with_rows(session: Session) -> None:
    task = session.create(Task, name="lost", parent=_task(session).parent)
    task.metadata["a"] = "1"
    task.metadata["b"] = "2"
    session.create(Note, content="lost", author=_some(session, User), parent_id=task.id, parent_type="task")


def update_one(session: Session) -> None:
    _task(session).description = "lost"


def update_many(session: Session) -> None:
    for task in session.query(Task).order_by(Task.id).limit(20):
        task.bid = 3.25
        task.end_date = datetime(2031, 5, 4, 10, 20, 30, 400, tzinfo=timezone.utc)


def update_relation(session: Session) -> None:
    tasks = session.query(Task).order_by(Task.id).limit(2).all()
    tasks[0].parent = tasks[1].parent
    tasks[0].priority = tasks[1].priority


def update_collection(session: Session) -> None:
    _some(session, TypedContextList)["items"] = session.query(Task).order_by(Task.id).limit(3).all()


def update_row(session: Session) -> None:
    _task(session).metadata["kept"] = "lost"


def create_row(session: Session) -> None:
    _task(session).metadata["new"] = "lost"


def delete_row(session: Session) -> None:
    del _task(session).metadata["kept"]


def delete_many(session: Session) -> None:
    for note in session.query(Note).limit(5):
        session.delete(note)


def everything(session: Session) -> None:
    create_with_rows(session)
    update_many(session)
    delete_many(session)


KINDS: list[Change] = [
    create_one,
    create_numbered,
    create_with_rows,
    update_one,
    update_many,
    update_relation,
    update_collection,
    update_row,
    create_row,
    delete_row,
    delete_many,
    everything,
]


# -- fixtures ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as server:
        with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session:
            _task(session).metadata["kept"] = "as it was"
            session.commit()
        server.snapshot()
        yield server


@pytest.fixture
def server(running: LocalServer) -> Iterator[LocalServer]:
    yield running
    pending = running.faults.pending
    running.faults.clear()
    running.restore()
    assert pending == []


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("schemas")


@pytest.fixture
def session(server: LocalServer, schemas: Path) -> Iterator[Session]:
    with Session(
        server.url,
        server.api_key,
        server.api_user,
        schema_cache_path=schemas,
        retries=RetryPolicy(sleep=lambda _: None),
    ) as session:
        yield session
        session.rollback()


class Traffic(logging.Handler):
    """What a session sent, by the lines it logs: the server may log an answer later than it arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        actions, *_, attempts, _ = cast("tuple[Any, ...]", record.args)
        self.sent += [str(actions)] * int(attempts)

    @property
    def kinds(self) -> str:
        """A letter for each request: w(rite) or r(ead)."""
        return "".join("w" if re.search("create|update|delete", actions) else "r" for actions in self.sent)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    logger = logging.getLogger("ftrack_typed.transport")
    handler, level = Traffic(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.setLevel(level)
    logger.removeHandler(handler)


def census(server: LocalServer, schemas: Path) -> dict[str, list[str]]:
    """What is there, without the keys and moments that differ from one time to the next."""
    wanted = {
        "Task": "name, description, bid, end_date, parent_id, priority_id, status_id",
        "Note": "content, parent_id",
        "Metadata": "key, value",
        "AssetVersion": "version, asset_id, task_id",
    }
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=schemas) as session:
        answers = session.call(
            [
                {"action": "query", "expression": f"select {names} from {entity_type}"}
                for entity_type, names in wanted.items()
            ]
        )
        made = {row["id"] for row in answers[0]["data"] if str(row["name"]).startswith("lost")}
        found = {}
        for (entity_type, names), answer in zip(wanted.items(), answers, strict=True):
            columns = names.split(", ")
            found[entity_type] = sorted(
                str(["new" if row[name] in made else row[name] for name in columns]) for row in answer["data"]
            )
        return found


_EXPECTED: dict[str, dict[str, list[str]]] = {}


@pytest.fixture
def expected(running: LocalServer, schemas: Path) -> Callable[[Change], dict[str, list[str]]]:
    """What a change leads to when nothing goes wrong."""

    def undisturbed(change: Change) -> dict[str, list[str]]:
        name = getattr(change, "__name__", "")
        if name not in _EXPECTED:
            with Session(
                running.url, running.api_key, running.api_user, schema_cache_path=schemas
            ) as session:
                change(session)
                session.commit()
            _EXPECTED[name] = census(running, schemas)
            running.restore()
        return _EXPECTED[name]

    return undisturbed


# -- every fault by position by kind ---------------------------------------------------------------------


@pytest.mark.parametrize("change", KINDS, ids=lambda change: change.__name__)
@pytest.mark.parametrize("fault", NOT_CARRIED_OUT, ids=str)
def test_what_was_not_carried_out_is_sent_again(
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
    session.commit()
    assert traffic.kinds == "wrw"
    assert census(server, schemas) == outcome
    assert not session.created
    assert not session.modified
    assert not len(session.recorded_operations)


@pytest.mark.parametrize("change", KINDS, ids=lambda change: change.__name__)
@pytest.mark.parametrize("fault", CARRIED_OUT, ids=str)
def test_what_was_carried_out_is_not_sent_again(
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
    session.commit()
    assert traffic.kinds == "wr"
    assert census(server, schemas) == outcome
    assert not session.created
    assert not session.modified
    assert not len(session.recorded_operations)


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
    assert _task(session).name
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
            _task(session)
        assert caught.value.status == 503
        # What became of a commit is still found out.
        create_one(session)
        server.faults.add(DropReply(), action="create")
        session.commit()


# -- what the session knows afterwards -----------------------------------------------------------------


def test_values_of_the_server_are_there(server: LocalServer, session: Session) -> None:
    asset, task = _some(session, AssetVersion).asset, _task(session)
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
    task = _task(session)
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
    parent = _task(session).parent
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
    note = _some(session, Note)
    _task(session).description = "lost"
    session.delete(note)
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as other:
        other.delete(_same(other, note))
        other.commit()
    server.faults.add(Reset(), action="delete")
    with pytest.raises(OutcomeUnknown, match="others"):
        session.commit()


def test_a_row_somebody_else_made_is_not_taken_for_ours(server: LocalServer, session: Session) -> None:
    task = _task(session)
    task.metadata["new"] = "ours"
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as other:
        _same(other, task).metadata["new"] = "theirs"
        other.commit()
    server.faults.add(Reset(), action="create")
    with pytest.raises(OutcomeUnknown):
        session.commit()


def test_a_refused_write_is_refused_though_an_answer_was_lost(server: LocalServer, session: Session) -> None:
    task = _task(session)
    session.delete(task)
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as other:
        other.delete(_same(other, task))
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
