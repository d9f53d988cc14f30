"""Where values of custom attributes come from, asked of many entities in a loop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_entities import Project, Shot
from ftrack_local import LocalServer
from ftrack_typed import Session

Calls = Callable[[], int]


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as running:
        yield running


def _session(server: LocalServer, **options: Any) -> Session:
    return Session(server.url, server.api_key, server.api_user, schema_cache_path=False, **options)


@pytest.fixture
def session(server: LocalServer) -> Iterator[Session]:
    with _session(server) as opened:
        yield opened


@pytest.fixture
def calls() -> Iterator[Calls]:
    counted: list[logging.LogRecord] = []

    class Counter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            counted.append(record)

    logger = logging.getLogger("ftrack_typed.transport")
    handler, level = Counter(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lambda: len(counted)
    logger.setLevel(level)
    logger.removeHandler(handler)


def _shots(session: Session) -> list[Shot]:
    return session.query(Shot).load(Shot.name, Shot.link, Shot.custom_attributes).limit(40).all()


def _sources(shots: list[Shot], key: str) -> list[tuple[str, Any]]:
    return [(source.kind, source.value) for shot in shots if (source := _source(shot, key))]


def _source(shot: Shot, key: str) -> Any:
    values: Any = shot.custom_attributes
    return values.source(key)


def test_a_loop_asks_once_for_all_entities_of_a_result(session: Session, calls: Calls) -> None:
    shots = _shots(session)
    assert len(shots) > 4
    shots[1].custom_attributes["fps"] = 12.5
    session.commit()
    _source(shots[0], "handles")
    before = calls()
    alone = [("own", 12.5) if shot is shots[1] else None for shot in shots]
    found = _sources(shots, "fps")
    assert found[1] == alone[1]
    assert calls() <= before + 2, "the values, and the one project they are inherited from"
    again = calls()
    assert _sources(shots, "fps") == found
    assert calls() == again + 1, "asked anew, as others may have changed them"


def test_each_finds_what_it_finds_alone(server: LocalServer, session: Session) -> None:
    shots = _shots(session)
    project = shots[0].project
    project.custom_attributes["colorspace"] = "log"
    shots[2].custom_attributes["colorspace"] = "raw"
    session.commit()
    with _session(server, on_missing="fetch") as one_by_one:
        expected = _sources(_shots(one_by_one), "colorspace")
    assert _sources(shots, "colorspace") == expected
    assert {kind for kind, _ in expected} >= {"own", "inherited"}


def test_a_commit_in_the_middle_of_a_loop_shows(session: Session) -> None:
    shots = _shots(session)
    _source(shots[0], "fps")
    shots[3].custom_attributes["fps"] = 99.0
    assert (_source(shots[3], "fps").kind, _source(shots[3], "fps").value) == ("own", 99.0)
    session.commit()
    assert (_source(shots[3], "fps").kind, _source(shots[3], "fps").value) == ("own", 99.0)


def test_a_second_look_sees_what_others_changed(server: LocalServer, session: Session) -> None:
    shots = _shots(session)
    _source(shots[0], "fps")
    _source(shots[1], "fps")
    with _session(server) as other:
        same = other.get(Shot, shots[1].id)
        assert same is not None
        same.custom_attributes["fps"] = 77.0
        other.commit()
    assert _source(shots[1], "fps").value == 77.0


def test_a_new_place_is_asked_about(session: Session) -> None:
    shots = _shots(session)
    _source(shots[0], "colorspace")
    project = session.create(
        Project, name="other_place", full_name="Other", project_schema=shots[0].project.project_schema
    )
    project.custom_attributes["colorspace"] = "film"
    shots[4].parent = project
    assert _source(shots[4], "colorspace").value == "film"
    session.rollback()
