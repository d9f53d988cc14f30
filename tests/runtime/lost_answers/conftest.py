"""A server whose answers get lost, and what is sent to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.runtime.lost_answers.batches import Change, first_task

from ftrack_local import LocalServer
from ftrack_typed import RetryPolicy, Session


@pytest.fixture(scope="module")
def running() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as server:
        with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session:
            first_task(session).metadata["kept"] = "as it was"
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
