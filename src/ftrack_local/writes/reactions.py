"""What a new entity brings about in others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_local.compile.sources import column_of
from ftrack_local.model import EntityType

if TYPE_CHECKING:
    from .batch import WriteBatch


def react(batch: WriteBatch, entity: EntityType, key: tuple[Any, ...], values: Mapping[str, Any]) -> None:
    """Carry out what follows from creating an entity (wire: behavioural rules)."""
    if entity.root == "Note":
        batch.defer(lambda: _note_created(batch, entity, key, values))


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
