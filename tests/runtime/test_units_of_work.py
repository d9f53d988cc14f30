"""Blocks that are committed or taken back, and commits in chunks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ftrack_entities import Asset, AssetType, Metadata, Project, Task, User
from ftrack_typed import Session
from ftrack_typed.errors import (
    CommitStoppedError,
    ConfigurationValueError,
    NotUniqueError,
    ServerError,
)
from ftrack_typed.unit_of_work.batch import build_batch
from ftrack_typed.unit_of_work.chunks import split
from ftrack_typed.unit_of_work.operations import CreateEntityOperation, DeleteEntityOperation, Operation


def usernames(session: Session, prefix: str) -> list[str]:
    return [user.username for user in session.query(User).where(User.username.startswith(prefix))]


def test_a_block_is_committed_at_its_end(session: Session, other_session: Session) -> None:
    with session.unit_of_work():
        session.create(User, username="block-a")
        assert usernames(other_session, "block-a") == []
    assert usernames(other_session, "block-a") == ["block-a"]
    assert not session.recorded_operations


def test_a_failing_block_leaves_the_session_as_it_was(
    session: Session, other_session: Session, calls: Callable[[], int]
) -> None:
    changed, doomed = session.query(User).load(User.first_name, User.last_name).limit(2).all()
    project = session.query(Project).load("metadata").first()
    assert project is not None
    project.metadata["before"] = "kept"
    made = session.create(User, username="block-b", first_name="First")
    changed.first_name = "Before"
    last_name = changed.last_name
    operations = list(session.recorded_operations)
    states = session.created, session.modified, session.deleted
    metadata = dict(project.metadata)
    before = calls()
    inner: User | None = None
    with pytest.raises(RuntimeError, match="the first"), session.unit_of_work():  # noqa: PT012 - the block is what fails
        changed.first_name = "Within"
        changed.last_name = "Within"
        made.first_name = "Within"
        project.metadata["before"] = "lost"
        project.metadata["within"] = "lost"
        inner = session.create(User, username="block-c")
        session.delete(doomed)
        session.delete(made)
        raise RuntimeError("the first")
    assert calls() == before
    assert list(session.recorded_operations) == operations
    assert (session.created, session.modified, session.deleted) == states
    assert (changed.first_name, changed.last_name, made.first_name) == ("Before", last_name, "First")
    assert dict(project.metadata) == metadata
    assert inner is not None
    assert inner.session is None
    session.commit()
    assert usernames(other_session, "block-b") == ["block-b"]
    assert usernames(other_session, "block-c") == []
    found = other_session.get(User, changed.id)
    assert found is not None
    assert found.first_name == "Before"


def test_a_block_the_server_refuses_is_taken_back(session: Session, other_session: Session) -> None:
    session.create(User, username="block-twice")
    session.commit()
    user = session.query(User).load(User.first_name).first()
    assert user is not None
    name = user.first_name
    with pytest.raises((ServerError, NotUniqueError)), session.unit_of_work():  # noqa: PT012 - the block is what fails
        user.first_name = "Refused"
        session.create(User, username="block-twice")
    assert user.first_name == name
    assert not session.recorded_operations
    assert session.created == session.modified == []


def test_collections_go_back_to_where_they_were(session: Session) -> None:
    task, other = session.query(Task).load("notes").limit(2).all()
    note = session.create("Note", {"content": "one", "author": session.query(User).first()})
    task.notes.append(note)
    items = list(task.notes)
    with pytest.raises(RuntimeError), session.unit_of_work():  # noqa: PT012 - the block is what fails
        task.notes[:] = []
        other.notes.append(session.create("Note", {"content": "two", "author": note["author"]}))
        raise RuntimeError
    assert list(task.notes) == items
    assert other not in session.modified
    session.rollback()
    assert note not in task.notes


def test_keys_of_new_entities_go_back_too(session: Session) -> None:
    project = session.query(Project).first()
    made = session.create(Task, name="new", parent=project, metadata={"colour": "red"})
    bare = session.create(Task, name="bare", parent=project)
    with pytest.raises(RuntimeError), session.unit_of_work():  # noqa: PT012 - the block is what fails
        made.metadata["shape"] = "round"
        del made.metadata["colour"]
        made.custom_attributes["difficulty"] = "hard"
        bare.metadata["colour"] = "blue"
        raise RuntimeError
    assert (dict(made.metadata), dict(bare.metadata)) == ({"colour": "red"}, {})
    assert made.custom_attributes["difficulty"] == ["normal"]
    session.rollback()


def test_blocks_within_blocks_commit_once(session: Session, calls: Callable[[], int]) -> None:
    before = calls()
    with session.unit_of_work():
        session.create(User, username="nested-a")
        with pytest.raises(RuntimeError), session.unit_of_work():  # noqa: PT012 - the block is what fails
            session.create(User, username="nested-b")
            raise RuntimeError
        with session.unit_of_work():
            session.create(User, username="nested-c")
        assert calls() == before
    assert calls() == before + 1
    assert sorted(usernames(session, "nested-")) == ["nested-a", "nested-c"]


def test_what_was_committed_within_a_failing_block_stays(session: Session, other_session: Session) -> None:
    session.create(User, username="partly-before")
    with pytest.raises(RuntimeError), session.unit_of_work():  # noqa: PT012 - the block is what fails
        session.create(User, username="partly-a")
        session.commit()
        session.create(User, username="partly-b")
        raise RuntimeError
    assert not session.recorded_operations
    assert sorted(usernames(other_session, "partly-")) == ["partly-a", "partly-before"]


def test_a_commit_in_chunks_tells_what_was_sent(
    session: Session, other_session: Session, calls: Callable[[], int]
) -> None:
    for number in range(7):
        session.create(User, username=f"chunk-a{number}")
    recorded = list(session.recorded_operations)
    before = calls()
    report = session.commit(chunk=3)
    assert calls() == before + 3
    assert [len(chunk.operations) for chunk in report.chunks] == [3, 3, 1]
    assert report.landed == recorded
    assert report.remaining == []
    assert len(usernames(other_session, "chunk-a")) == 7
    assert session.commit(chunk=3).chunks == ()


def test_a_failing_chunk_stops_the_commit_and_keeps_the_rest(
    session: Session, other_session: Session
) -> None:
    session.create(User, username="chunk-taken")
    session.commit()
    made = [
        session.create(User, username=name)
        for name in ("chunk-b0", "chunk-b1", "chunk-b2", "chunk-taken", "chunk-b4")
    ]
    with pytest.raises(CommitStoppedError, match=r"took 2 operations and not the other 3") as caught:
        session.commit(chunk=2)
    report = caught.value.report
    assert [chunk.landed for chunk in report.chunks] == [True, False, False]
    assert report.chunks[1].error is caught.value.__cause__
    assert report.chunks[2].error is None
    assert [operation.entity for operation in report.remaining] == made[2:]
    assert sorted(usernames(other_session, "chunk-b")) == ["chunk-b0", "chunk-b1"]
    assert session.created == made[2:]
    session.delete(made[3])
    session.commit(chunk=2)
    assert len(usernames(other_session, "chunk-b")) == 4


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_what_belongs_together_arrives_whatever_the_size(
    session: Session, other_session: Session, size: int
) -> None:
    project = session.query(Project).first()
    kind = session.query(AssetType).first()
    assert kind is not None
    task = session.create(Task, name=f"chunk-parent-{size}", parent=project, metadata={"a": "1", "b": "2"})
    first = session.create(Asset, name=f"chunk-{size}-0", parent=task, type=kind)
    notes = [
        session.create("Note", {"content": str(each), "author": session.query(User).first()})
        for each in range(2)
    ]
    task.notes.extend(notes)
    first.name = f"chunk-{size}-renamed"
    session.commit(chunk=size)
    assert not session.recorded_operations
    found = other_session.query(Task).where(Task.id == task.id).load("notes", "metadata").one()
    assert dict(found.metadata) == {"a": "1", "b": "2"}
    assert sorted(note.content for note in found.notes) == ["0", "1"]
    asset = other_session.get(Asset, first.id)
    assert asset is not None
    assert asset.name == f"chunk-{size}-renamed"


def test_nothing_goes_before_what_it_refers_to() -> None:
    recorded: list[Operation] = [
        CreateEntityOperation("Asset", {"id": "asset"}, {"context_id": "task"}),
        DeleteEntityOperation("Task", {"id": "old"}),
        CreateEntityOperation("User", {"id": "user"}, {}),
        CreateEntityOperation("Task", {"id": "task"}, {}),
    ]
    chunks = split(build_batch(recorded), recorded, 1)
    order = [entry.key["id"] for chunk in chunks for entry in chunk.entries]
    assert order.index("task") <= order.index("asset") or [
        {entry.key["id"] for entry in chunk.entries} for chunk in chunks
    ][-1] >= {"task", "asset"}
    assert order.index("asset") < order.index("old")
    assert [operation for chunk in chunks for operation in chunk.operations] != []
    assert sorted(map(id, (each for chunk in chunks for each in chunk.operations))) == sorted(
        map(id, recorded)
    )


@pytest.mark.parametrize("chunk", [0, -1, True, "3"])
def test_a_chunk_is_a_number_of_operations(scripted: Session, chunk: object) -> None:
    with pytest.raises(ConfigurationValueError, match="chunk takes"):
        scripted.commit(chunk=chunk)  # type: ignore[arg-type]


def test_a_key_is_deleted_and_added_again(session: Session, other_session: Session) -> None:
    task = session.query(Task).load("metadata").first()
    assert task is not None
    task.metadata["again"] = "1"
    session.commit()
    del task.metadata["again"]
    task.metadata["again"] = "2"
    session.commit()
    found = other_session.query(Metadata).where(Metadata.parent_id == task.id, Metadata.key == "again").one()
    assert found.value == "2"
    del task.metadata["again"]
    session.commit()
    task.metadata["again"] = "3"
    session.commit()
    other_session.populate(found, "value")
    rows = other_session.query(Metadata).where(Metadata.parent_id == task.id, Metadata.key == "again").all()
    assert [row.value for row in rows] == ["3"]
