"""What a new or changed entity brings about in others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_local.compile.sources import column_of
from ftrack_local.errors import ValidationError
from ftrack_local.model import Collection, EntityType, Reference, ScalarAttribute

from .rows import Row, Rows

if TYPE_CHECKING:
    from .batch import WriteBatch

_API_JOB = "api_job"


def react(batch: WriteBatch, entity: EntityType, key: tuple[Any, ...], values: Mapping[str, Any]) -> None:
    """Carry out what follows from creating an entity (wire: behavioural rules)."""
    if entity.root == "Note":
        batch.defer(lambda: _add_author(batch, entity, key, values))
    elif entity.name == "NoteLabelLink":
        batch.defer(lambda: _categorise(batch, values))
    elif entity.root == "Job" and "type" in entity.attributes:
        kind = values.get(column_of(entity, "type"))
        if kind != _API_JOB:
            raise ValidationError(f"Jobs made by programs have the type {_API_JOB!r}, not {kind!r}.")


def react_to_update(batch: WriteBatch, before: Row, values: Mapping[str, Any]) -> None:
    """Carry out what follows from changing an entity; `values` are its new values by column."""
    changes = before.entity.attributes.get("status_changes")
    status = before.entity.attributes.get("status_id")
    if not isinstance(changes, Collection) or not isinstance(status, ScalarAttribute):
        return
    column = str(status.column)
    old, new = before.values.get(column), values.get(column, before.values.get(column))
    if new != old:
        _status_changed(batch, before, changes, old, new)


def _status_changed(batch: WriteBatch, entity: Row, changes: Collection, old: Any, new: Any) -> None:
    """Every change of a status is recorded with the one who made it."""
    model = batch.rows.model
    kind = next(
        (
            subtype
            for subtype in model.family(changes.target)
            if isinstance(parent := subtype.attributes.get("parent"), Reference)
            and entity.entity in model.family(parent.target)
        ),
        model.types[changes.target],
    )
    record = {
        "parent_id": entity.key[0],
        "parent_type": entity.entity.table_name,
        "status_id": new,
        "from_status_id": old,
    }
    batch.create(kind.name, None, {name: value for name, value in record.items() if name in kind.attributes})


def _add_author(
    batch: WriteBatch, entity: EntityType, key: tuple[Any, ...], values: Mapping[str, Any]
) -> None:
    """The author is a recipient of the note."""
    rows = batch.rows
    author = values.get(column_of(entity, "user_id"))
    recipient = rows.model.types.get("Recipient")
    if author is None or recipient is None or rows.find(entity, key) is None:
        return
    parts = {"note_id": key[0], "resource_id": author}
    if rows.find(recipient, tuple(parts[name] for name in recipient.primary_key)) is None:
        batch.create("Recipient", None, parts)


def _categorise(batch: WriteBatch, values: Mapping[str, Any]) -> None:
    """The first label of a note is its category, too (wire: create_note of ftrack-python-api)."""
    note = batch.rows.model.types.get("Note")
    category = note.attributes.get("category_id") if note is not None else None
    if note is None or not isinstance(category, ScalarAttribute) or category.column is None:
        return
    link = batch.rows.model.types["NoteLabelLink"]
    row = batch.rows.find(note, (values.get(column_of(link, "note_id")),))
    if row is not None and row.values.get(category.column) is None:
        batch.update("Note", list(row.key), {"category_id": values.get(column_of(link, "label_id"))})


def settle_reply(rows: Rows, note: Row) -> None:
    """A reply belongs to what the note it answers belongs to, and is activity of that note's thread.

    Called when the batch ends, because clients make a reply first and put it in the thread afterwards.
    """
    parts = ("in_reply_to_id", "parent_id", "parent_type", "date", "thread_activity")
    if any(name not in note.entity.attributes for name in parts):
        return
    answered, parent_id, parent_type, date, activity = (column_of(note.entity, name) for name in parts)
    thread = rows.find(note.entity, (note.values[answered],)) if note.values[answered] is not None else None
    if thread is None:
        return
    table = rows.table(note.entity)
    if note.values[parent_id] is None:
        inherited = {name: thread.values[name] for name in (parent_id, parent_type)}
        rows.connection.execute(
            table.update().where(rows.identified(note.entity, note.key)).values(inherited)
        )
    latest = max(filter(None, (thread.values[activity], note.values[date])), default=None)
    if latest != thread.values[activity]:
        rows.connection.execute(
            table.update().where(rows.identified(note.entity, thread.key)).values({activity: latest})
        )
