"""The unmodified ``ftrack-python-api`` works with the local server, and sees what our session sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import ftrack_entities as studio
from ftrack_local import LocalServer
from ftrack_typed import Session

from .conftest import Scenario


@pytest.fixture
def session(server: LocalServer) -> Iterator[Session]:
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as opened:
        yield opened


def test_a_session_starts(peer: Scenario, session: Session) -> None:
    started = peer("start")
    assert started["types"] == sorted(session.types)
    assert started["version"] == session.server_information["version"]
    assert started["location"] == "ftrack.unmanaged"


def test_both_clients_read_the_same(peer: Scenario, session: Session) -> None:
    seen = peer("read")

    tasks = session.query(
        "select name, bid, status.name, parent.name from Task order by name, id limit 40"
    ).all()
    assert seen["tasks"] == [[t.name, t.bid, t.status.name, t.parent.name] for t in tasks]
    assert len(tasks) == 40

    versions = (
        session.query(studio.AssetVersion)
        .where(studio.AssetVersion.task.cast(studio.Task).type.name == "Compositing")
        .load(
            studio.AssetVersion.version,
            studio.AssetVersion.asset.parent.name,
            studio.AssetVersion.components.each.name,
            studio.AssetVersion.components.each.file_type,
        )
        .order_by(studio.AssetVersion.date, studio.AssetVersion.id)
        .limit(10)
    )
    assert seen["versions"] == [
        [
            v.version,
            v.asset.parent.name,
            sorted(f"{component.name}{component.file_type}" for component in v.components),
        ]
        for v in versions
    ]
    assert len(seen["versions"]) == 10

    assert seen["count"] == len(session.query(studio.Task).where(studio.Task.status.state.short == "DONE"))
    mine = session.query(studio.Task).where(
        studio.Task.assignments.any(
            studio.Appointment.resource.cast(studio.User).username == session.api_user
        )
    )
    assert seen["mine"] == len(mine) > 0
    assert seen["absent"] is None
    assert seen["get"] is True


def test_every_attribute_of_a_task_is_populated(peer: Scenario, session: Session) -> None:
    seen: dict[str, Any] = peer("populate")
    (schema,) = (document for document in session.schemas if document["id"] == "Task")
    restricted = {
        name for name, prop in schema["properties"].items() if name.startswith("custom_attribute_links")
    }
    assert set(seen) == set(schema["properties"]) - restricted

    task = session.query(studio.Task).first()
    assert task is not None
    scalars = ("name", "bid", "description", "context_type", "id", "status_id", "time_logged", "sort")
    assert {name: seen[name] for name in scalars} == {name: task[name] for name in scalars}
    assert seen["custom_attributes"] == dict(task.custom_attributes)
    assert seen["link"] == task.link
    assert seen["created_at"] == task.created_at.isoformat()
    for relation in ("project", "parent", "type", "status", "priority", "created_by"):
        assert seen[relation] == {"__entity_type__": task[relation].entity_type}


def test_create_update_delete_commit_and_rollback(peer: Scenario, session: Session) -> None:
    seen = peer("write")
    created = {
        "bid": 0.0,
        "description": None,
        "type": "Compositing",
        "parent": "sh010",
        "project": "orbit",
        "metadata": {"made_by": "peer"},
    }
    assert created.items() <= seen["created"].items()
    assert seen["updated"] == {
        **created,
        "bid": 7200.0,
        "description": 'said "so" \\ here',
        "status": "In progress",
        "metadata": {"made_by": "peer", "reviewed": "yes"},
    }
    assert seen["rolled_back"] == [7200.0, 0]
    assert seen["metadata"] == {"made_by": "peer"}
    assert seen["deleted"] == [None, None]
    assert session.query(studio.Sequence).where(studio.Sequence.name == seen["name"]).first() is None


def test_refusals_arrive_as_errors_that_name_the_cause(peer: Scenario) -> None:
    errors = peer("refuse")
    assert {name: kind for name, (kind, _) in errors.items()} == {
        "attribute": "ServerError",
        "grammar": "ServerError",
        "key": "ServerError",
        "duplicate": "ServerError",
    }
    assert "nmae" in errors["attribute"][1]
    assert "Did you mean `name`?" in errors["attribute"][1]
    assert "Failed to parse" in errors["grammar"][1]
    assert "Task" in errors["duplicate"][1]


def test_methods_of_entities_have_the_same_outcome(peer: Scenario, session: Session) -> None:
    seen = peer("assist")

    schema = session.query(studio.ProjectSchema).limit(1).all()[0]
    editing = session.query(studio.Type).where(studio.Type.name == "Editing").one()
    for name, statuses in seen["statuses"].items():
        assert [status.name for status in schema.get_statuses(name)] == statuses
    assert [status.name for status in schema.get_statuses("Task", editing.id)] == seen["editing"]
    for name, types in seen["types"].items():
        assert [each.name for each in schema.get_types(name)] == types

    author, reader = session.query(studio.User).order_by(studio.User.username).limit(2)
    task = session.query(studio.Task).order_by(studio.Task.name, studio.Task.id).limit(1).all()[0]
    label = session.query(studio.NoteLabel).order_by(studio.NoteLabel.name).limit(1).all()[0]
    note = task.create_note("by either", author, recipients=[reader], labels=[label])
    reply = note.create_reply("answer", reader)
    session.commit()
    author.start_timer(task, comment="by either", name="timed")
    log = author.stop_timer()

    def facts(note_id: str, reply_id: str, log_id: str) -> list[Any]:
        made, answer = session.get(studio.Note, note_id), session.get(studio.Note, reply_id)
        logged = session.get(studio.Timelog, log_id)
        assert made is not None
        assert answer is not None
        assert logged is not None
        return [
            (made.content, made.user_id, made.parent_id, made.parent_type, made.category_id),
            {row.resource_id for row in made.recipients},
            [row.label_id for row in made.note_label_links],
            (answer.content, answer.user_id, answer.parent_id, answer.parent_type),
            {row.resource_id for row in answer.recipients},
            made.id == answer.in_reply_to_id,
            (logged.comment, logged.name, logged.context_id, logged.user_id),
        ]

    assert facts(note.id, reply.id, log.id) == facts(seen["note"], seen["reply"], seen["log"])
