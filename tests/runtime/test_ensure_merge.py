"""Making sure that entities exist, and taking over those of others."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from ftrack_entities import Asset, AssetType, Note, Project, Task, User
from ftrack_typed import Session
from ftrack_typed.errors import (
    InvalidStateError,
    MultipleResultsFoundError,
    QueryError,
    UnknownAttributeError,
)


@pytest.fixture
def project(session: Session) -> Project:
    found = session.query(Project).first()
    assert found is not None
    return found


def test_what_is_missing_is_made_and_committed(session: Session, other_session: Session) -> None:
    made = session.ensure(User, {"username": "ensured-a", "first_name": "Ann"}, ["username"])
    assert not session.recorded_operations
    assert other_session.query(User).where(User.username == "ensured-a").one() == made


def test_what_is_there_costs_one_query_and_no_commit(session: Session, calls: Callable[[], int]) -> None:
    data = {"username": "ensured-b", "first_name": "Ben"}
    made = session.ensure("User", data)
    before = calls()
    assert session.ensure("User", data) is made
    assert session.ensure("User", data, ["username"]) is made
    assert calls() == before + 2


def test_what_differs_is_updated(session: Session, other_session: Session) -> None:
    made = session.ensure(User, {"username": "ensured-c", "first_name": "Cas"}, ["username"])
    found = other_session.ensure(User, {"username": "ensured-c", "first_name": "Cid"}, ["username"])
    assert found == made
    session.populate(made, "first_name")
    assert made.first_name == "Cid"


@pytest.mark.parametrize("name", ['5" disk', "back\\slash", "it's", 'a" or name like "%', "%_{}"])
def test_values_are_escaped(session: Session, project: Project, name: str) -> None:
    data = {"name": name, "parent": project, "type": session.query(AssetType).first()}
    made = session.ensure(Asset, data, ["name", "parent"])
    assert made.name == name
    assert session.ensure(Asset, data) is made


def test_moments_find_their_row_again(session: Session, calls: Callable[[], int]) -> None:
    author = session.query(User).first()
    moment = datetime(2031, 5, 4, 10, 20, 30, 123456, tzinfo=timezone.utc)
    data = {"content": "ensured at", "author": author, "date": moment}
    made = session.ensure(Note, data)
    before = calls()
    assert session.ensure(Note, data) is made
    assert session.ensure(Note, data, ["content"]) is made, "the server keeps whole seconds"
    assert calls() == before + 2


def test_metadata_is_updated_but_does_not_identify(session: Session, calls: Callable[[], int]) -> None:
    made = session.ensure(User, {"username": "ensured-d", "metadata": {"desk": "1"}})
    assert session.ensure(User, {"username": "ensured-d", "metadata": {"desk": "2"}}) is made
    before = calls()
    session.ensure(User, {"username": "ensured-d", "metadata": {"desk": "2"}})
    assert calls() == before + 1
    with pytest.raises(QueryError, match=r"metadata holds several values"):
        session.ensure(User, {"metadata": {"desk": "2"}}, ["metadata"])


def test_a_relation_that_exists_only_here_has_nothing_yet(session: Session, project: Project) -> None:
    task = session.create(Task, name="ensure-parent", parent=project)
    asset = session.ensure(Asset, {"name": "a", "parent": task, "type": session.query(AssetType).first()})
    assert asset.parent is task
    assert not session.recorded_operations


def test_several_matches_are_refused(session: Session) -> None:
    for username in ("ensured-e", "ensured-f"):
        session.ensure(User, {"username": username, "last_name": "Twofold"})
    with pytest.raises(MultipleResultsFoundError, match=r'last_name is "Twofold"'):
        session.ensure(User, {"last_name": "Twofold", "first_name": "Neither"}, ["last_name"])
    assert not session.recorded_operations


def test_what_can_not_identify_is_named(session: Session) -> None:
    with pytest.raises(ValueError, match=r"give a value"):
        session.ensure(User, {})
    with pytest.raises(KeyError, match=r"usernam"):
        session.ensure(User, {"username": "x"}, ["usernam"])
    with pytest.raises(UnknownAttributeError, match=r"usrname"):
        session.ensure(User, {"usrname": "x"})
    assert not session.recorded_operations


def test_a_foreign_entity_becomes_this_sessions(
    session: Session, other_session: Session, calls: Callable[[], int]
) -> None:
    theirs = other_session.query(Task).load(Task.name, Task.bid, Task.status.name).first()
    assert theirs is not None
    held = dict(vars(theirs))
    before = calls()
    mine = session.merge(theirs)
    assert mine == theirs
    assert mine is not theirs
    assert mine.session is session
    assert (mine.name, mine.bid, mine.status.name) == (theirs.name, theirs.bid, theirs.status.name)
    assert mine.status.session is session
    assert calls() == before
    assert dict(vars(theirs)) == held
    assert session.merge(mine) is mine
    assert not session.recorded_operations


def test_changes_stay_where_they_were_made(session: Session, other_session: Session) -> None:
    theirs = other_session.query(Task).load(Task.name, Task.bid).first()
    assert theirs is not None
    mine = session.get(Task, theirs.id)
    assert mine is not None
    name = theirs.name
    theirs.name = "not committed there"
    mine.bid = 99.0
    session.merge(theirs)
    assert mine.name == name
    assert mine.bid == 99.0
    assert session.modified == [mine]


def test_copies_lists_and_plain_values_are_merged(session: Session, other_session: Session) -> None:
    theirs = other_session.query(Task).load(Task.name, Task.parent.name).limit(3).all()
    mine = session.merge(theirs)
    assert isinstance(mine, list)
    assert [each.session for each in mine] == [session] * 3
    assert mine == theirs
    assert session.merge(copy.copy(theirs[0])) is mine[0]
    assert session.merge(session.decode(other_session.encode(theirs[1]))) is mine[1]
    assert session.merge("text") == "text"
    assert session.merge(None) is None


def test_what_exists_only_elsewhere_can_not_be_merged(session: Session, other_session: Session) -> None:
    made = other_session.create(User, username="elsewhere")
    with pytest.raises(InvalidStateError, match=r"commit it there first"):
        session.merge(made)
