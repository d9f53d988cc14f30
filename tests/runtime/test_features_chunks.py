"""Commits in several batches: what became of each, and what is mended after one failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_entities import Note, Shot, Status, Task, User
from ftrack_typed import Session
from ftrack_typed.errors import CommitStoppedError, InvalidStateError

Calls = Callable[[], int]
Open = Callable[..., Session]


def _names(session: Session, start: str) -> list[str]:
    return sorted(user.username for user in session.query(User).where(User.username.startswith(start)))


def _shot(session: Session) -> Shot:
    found = session.query(Shot).first()
    assert found is not None
    return found


def test_what_was_taken_is_not_sent_again_with_the_rest(session: Session, other_session: Session) -> None:
    """The task goes with the first batch, its notes with later ones, one of which fails."""
    author = session.query(User).first()
    assert author is not None
    task = session.create(Task, name="chunk-notes", parent=_shot(session))
    notes = [session.create(Note, content=str(number), author=author) for number in range(3)]
    notes[1].user_id = "nobody"
    task.notes.extend(notes)
    with pytest.raises(CommitStoppedError) as caught:
        session.commit(chunk=1)
    assert [chunk.landed for chunk in caught.value.report.chunks].count(True) >= 1
    assert task not in session.created
    assert task in session.modified
    assert list(task.notes) == notes
    notes[1].user_id = author.id
    task.name = "chunk-notes-renamed"
    session.commit(chunk=1)
    assert not session.recorded_operations
    again = other_session.query(Task).where(Task.id == task.id).load(Task.name, "notes.content").one()
    assert again.name == "chunk-notes-renamed"
    assert sorted(note.content for note in again.notes) == ["0", "1", "2"]


def test_what_was_not_taken_can_be_taken_back(session: Session, other_session: Session) -> None:
    task = session.create(Task, name="chunk-back", parent=_shot(session))
    note = session.create(Note, content="never", user_id="nobody")
    task.notes.append(note)
    with pytest.raises(CommitStoppedError):
        session.commit(chunk=1)
    session.rollback()
    assert not session.recorded_operations
    assert (session.created, session.modified) == ([], [])
    assert list(task.notes) == []
    assert other_session.get(Task, task.id) is not None


def test_a_new_entity_that_was_refused_is_mended(session: Session, other_session: Session) -> None:
    session.create(User, username="chunk-mend")
    session.commit()
    first = session.create(User, username="chunk-mend-0")
    second = session.create(User, username="chunk-mend")
    third = session.create(User, username="chunk-mend-2")
    third.first_name = "Grace"
    first.last_name = "Lovelace"
    with pytest.raises(CommitStoppedError):
        session.commit(chunk=1)
    second.username = "chunk-mend-1"
    first.first_name = "Ada"
    session.commit(chunk=1)
    assert _names(other_session, "chunk-mend-") == ["chunk-mend-0", "chunk-mend-1", "chunk-mend-2"]
    found = {
        user.username: user for user in other_session.query(User).where(User.username.like("chunk-mend%"))
    }
    assert (found["chunk-mend-0"].first_name, found["chunk-mend-0"].last_name) == ("Ada", "Lovelace")
    assert found["chunk-mend-2"].first_name == "Grace"


def test_several_updates_of_one_attribute_are_done_with_the_last(
    session: Session, other_session: Session
) -> None:
    made = [session.create(User, username=f"chunk-upd-{number}") for number in range(3)]
    session.commit()
    made[0].first_name = "a"
    made[1].first_name = "b"
    made[0].first_name = "c"
    made[2].username = "chunk-upd-1"  # taken
    made[0].last_name = "d"
    with pytest.raises(CommitStoppedError) as caught:
        session.commit(chunk=1)
    landed = caught.value.report.landed
    assert len(landed) + len(caught.value.report.remaining) == 5
    assert len(session.recorded_operations) == len(caught.value.report.remaining)
    made[2].username = "chunk-upd-2b"
    session.commit()
    names = (User.first_name, User.last_name, User.username)
    again = other_session.query(User).where(User.id.in_([each.id for each in made])).load(*names)
    assert {each.id: (each.first_name or "", each.last_name or "", each.username) for each in again} == {
        made[0].id: ("c", "d", "chunk-upd-0"),
        made[1].id: ("b", "", "chunk-upd-1"),
        made[2].id: ("", "", "chunk-upd-2b"),
    }


def test_progress_is_told_after_each_batch(session: Session) -> None:
    told: list[tuple[int, int | None]] = []

    def progress(done: int, of: int | None) -> None:
        told.append((done, of))

    for number in range(5):
        session.create(User, username=f"chunk-told-{number}")
    session.commit(chunk=2, progress=progress)
    assert told == [(2, 5), (4, 5), (5, 5)]
    told.clear()
    session.commit(chunk=2, progress=progress)
    assert told == []
    session.create(User, username="chunk-told-one")
    session.commit(progress=progress)
    assert told == [(1, 1)]


def test_progress_may_stop_a_commit(session: Session, other_session: Session) -> None:
    for number in range(3):
        session.create(User, username=f"chunk-stop-{number}")

    def enough(done: int, of: int | None) -> None:
        raise RuntimeError("enough")

    with pytest.raises(CommitStoppedError) as caught:
        session.commit(chunk=1, progress=enough)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert len(caught.value.report.landed) == 1
    assert len(session.created) == 2
    with pytest.raises(RuntimeError, match="enough"):
        session.commit(progress=enough)
    assert not session.recorded_operations, "the server had taken all of it"
    assert len(_names(other_session, "chunk-stop-")) == 3


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_whatever_fails_can_be_mended_and_sent(open_session: Open, size: int) -> None:
    """Nothing is lost and nothing is made twice, whichever batch the server refuses."""
    for victim in range(4):
        start = f"chunk-any-{size}-{victim}-"
        session = open_session()
        author = session.query(User).first()
        assert author is not None
        tasks: list[Any] = []
        for number in range(4):
            task = session.create(Task, name=f"{start}{number}", parent=_shot(session))
            task.metadata["number"] = str(number)
            task.notes.append(session.create(Note, content=f"{number}", author=author))
            tasks.append(task)
        for task in tasks:
            task.description = f"of {task.name}"
        tasks[victim].status_id = "no such status"
        with pytest.raises(CommitStoppedError):
            session.commit(chunk=size)
        tasks[victim].status = session.query(Status).first()
        session.commit(chunk=size)
        assert not session.recorded_operations
        found = open_session().query(Task).where(Task.name.startswith(start))
        rows = found.load(Task.name, Task.description, "notes.content", Task.metadata).all()
        assert sorted(row.name for row in rows) == [f"{start}{number}" for number in range(4)]
        for row in rows:
            last = row.name[-1]
            assert row.description == f"of {row.name}"
            assert [note.content for note in row.notes] == [last]
            assert dict(row.metadata) == {"number": last}


def test_progress_can_not_commit_in_the_middle(session: Session, other_session: Session) -> None:
    for number in range(4):
        session.create(User, username=f"chunk-nested-{number}")

    def again(done: int, of: int | None) -> None:
        session.commit()

    with pytest.raises(CommitStoppedError) as caught:
        session.commit(chunk=2, progress=again)
    assert isinstance(caught.value.__cause__, InvalidStateError)
    assert len(session.created) == 2
    session.commit()
    assert len(_names(other_session, "chunk-nested-")) == 4


@pytest.mark.parametrize("way", ["rollback", "reset"])
def test_what_progress_takes_back_is_not_sent(session: Session, other_session: Session, way: str) -> None:
    for number in range(4):
        session.create(User, username=f"chunk-{way}-{number}")

    def take_back(done: int, of: int | None) -> None:
        getattr(session, way)()

    with pytest.raises(CommitStoppedError, match="taken back"):
        session.commit(chunk=1, progress=take_back)
    assert not session.recorded_operations
    assert session.commit().chunks == ()
    assert len(_names(other_session, f"chunk-{way}-")) == 1


def test_what_progress_makes_is_sent_by_the_next_commit(session: Session, other_session: Session) -> None:
    for number in range(3):
        session.create(User, username=f"chunk-more-{number}")

    def more(done: int, of: int | None) -> None:
        session.create(User, username=f"chunk-more-x{done}")

    session.commit(chunk=2, progress=more)
    assert [user["username"] for user in session.created] == ["chunk-more-x2", "chunk-more-x3"]
    session.commit()
    assert len(_names(other_session, "chunk-more-")) == 5


def test_a_rollback_keeps_what_was_taken(session: Session, other_session: Session) -> None:
    """Rows and members that came and went with the first batches stay so."""
    author = session.query(User).first()
    task: Any = session.create(
        "Task", {"name": "chunk-rows", "parent": _shot(session), "metadata": {"a": "1", "b": "2"}}
    )
    task["notes"].extend(session.create("Note", {"content": text, "author": author}) for text in "xy")
    session.commit()
    del task["metadata"]["a"]
    task["metadata"]["c"] = "3"
    session.delete(task["notes"][0])
    task["status_id"] = "no such status"
    with pytest.raises(CommitStoppedError) as caught:
        session.commit(chunk=1)
    assert len(caught.value.report.landed) == 3
    session.rollback()
    again = other_session.query(Task).where(Task.id == task["id"]).load("metadata", "notes.content").one()
    assert dict(task["metadata"]) == dict(again.metadata) == {"b": "2", "c": "3"}
    assert [note.content for note in again.notes] == ["y"]
