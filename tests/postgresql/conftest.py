"""The fixtures of the local server's tests, with PostgreSQL below."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from tests.local.conftest import SMALL_STUDIO, Client, connect, recorded_schema
from tests.postgresql.instance import UnavailableError, postgresql

from ftrack_local import LocalServer

__all__ = ["connect", "recorded_schema"]

NewDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def new_database() -> Iterator[NewDatabase]:
    """Make an empty database, or a copy of another one; gives its URL."""
    pytest.importorskip("psycopg", reason="psycopg is not installed; it comes with the extra postgresql")
    numbers = itertools.count(1)
    try:
        with postgresql() as url:
            administration = create_engine(url.format(database="postgres"), isolation_level="AUTOCOMMIT")

            def make(copied: str | None = None) -> str:
                name = f"studio_{next(numbers)}"
                template = make_url(copied).database if copied else "template0"
                with administration.connect() as connection:
                    connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
                return url.format(database=name)

            yield make
            administration.dispose()
    except UnavailableError as reason:
        pytest.skip(str(reason))


@contextmanager
def _serving(database: str, seed: str | Path = "demo") -> Iterator[Client]:
    with LocalServer(seed=seed, db=database) as server:
        client = Client(server)
        with client.http:
            yield client


@pytest.fixture(scope="session")
def demo(new_database: NewDatabase) -> Iterator[Client]:
    """The demo studio; tests that use it only read."""
    with _serving(new_database()) as client:
        yield client


@pytest.fixture(scope="module")
def studio(new_database: NewDatabase) -> Iterator[Client]:
    """A demo studio the tests of one module may change."""
    with _serving(new_database()) as client:
        yield client


@pytest.fixture(scope="session")
def planted(new_database: NewDatabase) -> str:
    """A database with a handful of known rows, which nothing is connected to."""
    database = new_database()
    with _serving(database, SMALL_STUDIO):
        return database


@pytest.fixture(scope="session")
def small(new_database: NewDatabase, planted: str) -> Iterator[Client]:
    """A handful of known rows; tests that use it only read."""
    with _serving(new_database(planted), SMALL_STUDIO) as client:
        yield client


@pytest.fixture(scope="session")
def scratch(new_database: NewDatabase, planted: str) -> Iterator[Engine]:
    """A database to be emptied and filled again: faster than a new one."""
    engine = create_engine(new_database(planted))
    yield engine
    engine.dispose()


@pytest.fixture
def fresh(scratch: Engine) -> Iterator[Client]:
    """The same rows for one test to change."""
    with scratch.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f'DELETE FROM "{table}"'))
    with _serving(scratch.url.render_as_string(hide_password=False), SMALL_STUDIO) as client:
        yield client
