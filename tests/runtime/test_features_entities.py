"""Entities as mappings: what going through all attributes costs and gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_entities import Task, User
from ftrack_typed import Session

Calls = Callable[[], int]
Convert = Callable[[Any], dict[str, Any]]


def _bare(session: Session) -> User:
    return session.query(User).load(User.id).order_by(User.username).limit(1).all()[0]


def _scalars(user: User) -> list[str]:
    return [found.wire for found in type(user).__attributes__.values() if found.kind == "scalar"]


def _relations(user: User) -> list[str]:
    kinds = ("reference", "collection", "mapped")
    return [found.wire for found in type(user).__attributes__.values() if found.kind in kinds]


def _by_comprehension(user: User) -> dict[str, Any]:
    return {name: user[name] for name in user}


def _by_keys(user: User) -> dict[str, Any]:
    return {name: user[name] for name in user.keys()}  # noqa: SIM118


def _by_unpacking(user: User) -> dict[str, Any]:
    return {**user}


def _by_items(user: User) -> dict[str, Any]:
    return dict(user.items())


@pytest.mark.parametrize("convert", [dict, _by_comprehension, _by_keys, _by_unpacking, _by_items])
def test_all_plain_values_of_an_entity_come_in_one_request(
    session: Session, calls: Calls, convert: Convert
) -> None:
    user = _bare(session)
    for name in _relations(user):
        user[name]
    before = calls()
    values = convert(user)
    assert calls() == before + 1
    assert list(values) == list(user.keys())
    assert values["username"] == user.username


def test_each_relation_that_is_missing_costs_one_more(session: Session, calls: Calls) -> None:
    user = _bare(session)
    before = calls()
    dict(user)
    assert calls() <= before + 1 + len(_relations(user))


def test_looking_for_a_name_says_nothing_about_values(session: Session, calls: Calls) -> None:
    task = session.query(Task).load(Task.id).limit(1).all()[0]
    before = calls()
    assert "name" in task
    assert "nmae" not in task
    assert len(task) == len(list(task.keys()))
    assert "name" in task.keys()  # noqa: SIM118
    assert calls() == before


def test_without_auto_populate_nothing_comes(session: Session, calls: Calls) -> None:
    user = _bare(session)
    with session.auto_populating(False):
        before = calls()
        values = dict(user)
        assert calls() == before
    assert not values["username"]
    assert user.username, "what was not there is not taken for empty later"
