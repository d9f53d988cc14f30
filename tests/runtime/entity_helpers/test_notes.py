"""Methods of entities: notes."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.runtime.entity_helpers.conftest import people, some

from ftrack_entities import Group, NoteCategory, NoteLabel, Shot, Task
from ftrack_typed import Session
from ftrack_typed.errors import ConfigurationValueError, EntityTypeError, ServerCompatibilityError

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


def test_a_note_has_author_recipients_and_labels(
    session: Session, other_session: Session, task: Task, calls: Callable[[], int]
) -> None:
    author, reader, further = people(session, 3)
    group = some(session, Group)
    label = some(session, NoteLabel)
    before = calls()
    note = task.create_note("Too dark.", author, recipients=[reader, group, reader], labels=[label])
    assert calls() == before
    session.commit()
    assert calls() == before + 1
    found = other_session.get("Note", note.id)
    assert found["content"] == "Too dark."
    assert found["author"] == author
    assert (found["parent_id"], found["parent_type"]) == (task.id, "Task")
    assert {row["resource_id"] for row in found["recipients"]} == {author.id, reader.id, group.id}
    assert [row["label_id"] for row in found["note_label_links"]] == [label.id]
    assert further.id not in {row["resource_id"] for row in found["recipients"]}


def test_a_note_without_author_is_the_sessions_users(session: Session, task: Task) -> None:
    note = task.create_note("Mine.")
    session.commit()
    assert note.author["username"] == session.api_user
    assert note.recipients[0]["resource_id"] == note.user_id


@pytest.mark.parametrize("entity_type", ["Project", "AssetVersion", "ReviewSessionObject", "Shot"])
def test_whatever_has_notes_takes_them(session: Session, other_session: Session, entity_type: str) -> None:
    entity: Any = session.query(entity_type).first()
    note = entity.create_note("For all.")
    session.commit()
    assert note in other_session.get(entity_type, entity["id"])["notes"]
    session.delete(note)
    session.commit()


def test_notes_that_were_read_are_read_again(session: Session, task: Task) -> None:
    assert list(task.notes) == []
    note = task.create_note("New.")
    session.commit()
    assert task.notes == [note]


def test_a_note_can_be_written_about_what_is_not_committed_yet(
    session: Session, other_session: Session, shot: Shot
) -> None:
    task = session.create(Task, name="new", parent=shot)
    note = task.create_note("First.")
    session.commit()
    found = other_session.get(Task, task.id)
    assert found is not None
    assert [each.id for each in found.notes] == [note.id]


def test_a_category_is_a_label_where_there_are_labels(session: Session, task: Task) -> None:
    label = some(session, NoteLabel)
    with pytest.warns(PendingDeprecationWarning, match="labels=") as told:
        note = task.create_note("Old way.", category=label)
    assert told[0].filename == __file__
    session.commit()
    assert [row["label_id"] for row in note.note_label_links] == [label.id]


def test_a_category_and_labels_are_refused(session: Session, task: Task) -> None:
    label = some(session, NoteLabel)
    with pytest.raises(ConfigurationValueError, match="not both"):
        task.create_note("Both.", category=label, labels=[])
    assert not session.recorded_operations


@pytest.mark.parametrize("wrong", ["recipients", "labels"])
def test_wrong_recipients_and_labels_leave_nothing_behind(session: Session, task: Task, wrong: str) -> None:
    given: dict[str, Any] = {wrong: [task]}
    with pytest.raises(EntityTypeError, match=r"A (Resource|NoteLabel) is needed here, not <Task"):
        task.create_note("Wrong.", **given)
    assert not session.recorded_operations


def without(documents: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    """The schema of an older server."""
    kept = [copy.deepcopy(document) for document in documents if document["id"] not in types]
    for document in kept:
        if (document.get("$mixin") or {}).get("$ref") in types:
            del document["$mixin"]
    return kept


@pytest.fixture
def older(loopback: Loopback, stock_documents: list[dict[str, Any]]) -> Iterator[Session]:
    """A session with a server that has no labels of notes, which the generated package knows."""
    loopback.answer([{"version": "3.5.0"}])
    loopback.answer([without(stock_documents, "NoteLabel", "NoteLabelLink")])
    with Session(loopback.url, "key", "ada", schema_cache_path=False, auto_populate=False) as session:
        yield session


def test_older_servers_have_categories(older: Session, loopback: Loopback) -> None:
    loopback.answer_once([{"action": "query", "data": [{"__entity_type__": "Task", "id": "t"}]}])
    (task,) = older.query(Task).all()
    with pytest.raises(ServerCompatibilityError, match="has no NoteLabel"):
        task.create_note("x", labels=[])
    category = older.create(NoteCategory, name="old")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        note = task.create_note("x", category=category)
    assert note.category == category
    assert {operation.entity_type for operation in older.recorded_operations} == {"NoteCategory", "Note"}


def test_a_reply_belongs_to_its_note(session: Session, other_session: Session, task: Task) -> None:
    author, other = people(session, 2)
    note = task.create_note("Question?", author)
    session.commit()
    assert list(note.replies) == []
    reply = note.create_reply("Answer.", other)
    session.commit()
    assert note.replies == [reply]
    found = other_session.get("Note", reply.id)
    assert found["in_reply_to_id"] == note.id
    assert found["parent_id"] == task.id
    assert found["author"] == other
