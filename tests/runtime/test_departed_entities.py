"""Entities a session let go of: deleted ones, and new ones that were taken back."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator

import pytest

from ftrack_entities import Folder, Metadata, Project, Shot, Task, User
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import DetachedEntityError, InvalidStateError

Departure = Callable[[Session, Folder], Folder]


def deleted(session: Session, parent: Folder) -> Folder:
    folder = session.create(Folder, name="gone", parent=parent, metadata={"a": "1"})
    session.commit()
    assert folder.metadata["a"] == "1"
    session.delete(folder)
    session.commit()
    return folder


def taken_back(session: Session, parent: Folder) -> Folder:
    folder = session.create(Folder, name="gone", parent=parent, metadata={"a": "1"})
    session.rollback()
    return folder


def left_in_a_block(session: Session, parent: Folder) -> Folder:
    made: list[Folder] = []

    def fail() -> None:
        with session.unit_of_work():
            made.append(session.create(Folder, name="gone", parent=parent, metadata={"a": "1"}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    return made[0]


@pytest.fixture(params=[deleted, taken_back, left_in_a_block], ids=lambda one: str(one.__name__))
def gone(request: pytest.FixtureRequest, session: Session) -> Iterator[Folder]:
    parent = session.create(Folder, name="parent", parent=session.query(Project)[0])
    session.commit()
    departure: Departure = request.param
    yield departure(session, parent)
    session.rollback()
    session.delete(parent)
    session.commit()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: setattr(folder, "description", "lost"),
        lambda folder: folder.update({"description": "lost"}),
        lambda folder: folder.metadata.update(a="lost"),
        lambda folder: folder.metadata.pop("a"),
        lambda folder: folder.metadata.clear(),
        lambda folder: setattr(folder, "metadata", {}),
        lambda folder: folder.children.append(folder.parent),
        lambda folder: setattr(folder, "managers", []),
    ],
    ids=["attribute", "item", "metadata", "key", "keys", "mapping", "append", "collection"],
)
def test_changing_one_is_refused_as_no_commit_would_send_it(
    session: Session, gone: Folder, change: Callable[[Folder], object]
) -> None:
    with pytest.raises(DetachedEntityError, match=r"'gone'.* nothing would save"):
        change(gone)
    assert len(session.recorded_operations) == 0


def test_what_was_loaded_stays_readable(gone: Folder, calls: Callable[[], int]) -> None:
    before = calls()
    assert (gone.name, gone["name"], gone.session) == ("gone", "gone", None)
    assert gone.thumbnail_id is NOT_SET or gone.thumbnail_id is None
    assert repr(gone).startswith("<Folder 'gone' ")
    del gone.name
    gone.clear()
    assert gone.name == "gone"
    assert calls() == before


def test_copies_are_free(gone: Folder) -> None:
    for loose in (copy.copy(gone), copy.deepcopy(gone), pickle.loads(pickle.dumps(gone))):
        loose.name = "kept"
        assert (loose.name, gone.name) == ("kept", "gone")


def test_they_are_made_again_from_what_they_held(
    session: Session, other_session: Session, gone: Folder
) -> None:
    again = session.create(Folder, name=gone.name, parent=gone.parent)
    session.commit()
    assert other_session.query(Folder).where(Folder.id == again.id).one().name == "gone"
    with pytest.raises(InvalidStateError, match="does not belong to this session"):
        session.delete(gone)


def test_metadata_that_was_deleted_is_gone_by_itself(session: Session) -> None:
    task = session.query(Task)[0]
    task.metadata["odd"] = "1"
    session.commit()
    row = session.query(Metadata).where(Metadata.parent_id == task.id, Metadata.key == "odd").one()
    del task.metadata["odd"]
    session.commit()
    with pytest.raises(DetachedEntityError):
        row.value = "2"
    task.metadata["odd"] = "3"
    session.commit()
    assert task.metadata["odd"] == "3"
    del task.metadata["odd"]
    session.commit()


def test_what_is_to_be_deleted_may_still_be_changed_and_kept(session: Session) -> None:
    shot = session.query(Shot)[0]
    session.delete(shot)
    shot.description = "kept"
    session.rollback()
    shot.description = "kept"
    assert session.modified == [shot]
    session.rollback()


def test_one_that_never_was_in_a_session_may_be_changed() -> None:
    user = User(username="ada")
    user.username = "eve"
    assert user.username == "eve"
