"""What a new or changed entity brings about in others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_local.compile.sources import column_of
from ftrack_local.model import Collection, EntityType, Reference, ScalarAttribute

from .rows import Row

if TYPE_CHECKING:
    from .batch import WriteBatch


def react(batch: WriteBatch, entity: EntityType, key: tuple[Any, ...], values: Mapping[str, Any]) -> None:
    """Carry out what follows from creating an entity (wire: behavioural rules)."""
    if entity.root == "Note":
        batch.defer(lambda: _note_created(batch, entity, key, values))


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


def _note_created(
    batch: WriteBatch, entity: EntityType, key: tuple[Any, ...], values: Mapping[str, Any]
) -> None:
    """The author is a recipient of the note, and a reply is activity of its thread."""
    rows = batch.rows
    author = values.get(column_of(entity, "user_id"))
    recipient = rows.model.types.get("Recipient")
    if author is not None and recipient is not None:
        parts = {"note_id": key[0], "resource_id": author}
        if rows.find(recipient, tuple(parts[name] for name in recipient.primary_key)) is None:
            batch.create("Recipient", None, parts)
    parent = values.get(column_of(entity, "in_reply_to_id"))
    if parent is not None:
        table = rows.table(entity)
        rows.connection.execute(
            table.update()
            .where(rows.identified(entity, (parent,)))
            .values({column_of(entity, "thread_activity"): values.get(column_of(entity, "date"))})
        )
