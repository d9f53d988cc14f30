"""`ftrack.update` events: what a committed batch changed (wire: ftrack.update)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from ftrack_local.actions.caller import Caller
from ftrack_local.actions.extension import Extension, OpenBatch
from ftrack_local.compile.sources import column_of
from ftrack_local.model import (
    CONCRETE_TYPE_COLUMN,
    ORDER_COLUMN,
    EntityType,
    Reference,
    Scalar,
    ScalarAttribute,
)
from ftrack_local.writes.custom_attributes import SPARSE
from ftrack_local.writes.rows import Row, Rows

from .journal import Change, Journal

TOPIC = "ftrack.update"

_PARENTS = (
    "review_session_id",
    "list_id",
    "asset_id",
    "version_id",
    "container_id",
    "parent_id",
    "context_id",
    "note_id",
    "to_id",
    "task_id",
    "project_id",
)
"""Attributes that lead from an entity to the one above it; the first that is set counts."""

_OWNERS = ("Context", "AssetVersion", "Asset", "Resource", "List", "ListObject", "ReviewSession", "Note")
"""Topmost types whose entities have custom attributes, or are the parent of something without a declared type."""

_MAX_DEPTH = 64


class Updates(Extension):
    """Makes one event of each batch and hands it on once the batch is committed."""

    def __init__(self, publish: Callable[[dict[str, Any]], None], wanted: Callable[[], bool]) -> None:
        """`publish` takes the finished events; `wanted` says whether anybody would get one."""
        self._names = _ColumnNames()
        self._source = uuid4().hex
        self._publish = publish
        self._wanted = wanted
        # Batches that change the database take turns, so one journal is enough.
        self._journal: Journal | None = None

    def opened(self, batch: OpenBatch) -> None:
        """Begin to follow a batch, if anybody listens."""
        self._journal = Journal(batch.writes.rows) if self._wanted() else None

    def finishing(self, batch: OpenBatch) -> None:
        """Describe what has changed, to be published after the commit."""
        if self._journal is None:
            return
        changes = self._journal.changes()
        entities = _Describer(batch.writes.rows, self._names, changes).entities()
        if entities:
            envelope = _envelope(entities, batch.caller, self._source)
            batch.after_commit.append(lambda: self._publish(envelope))

    def closed(self, batch: OpenBatch) -> None:
        """Stop following."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _envelope(entities: list[dict[str, Any]], caller: Caller, source: str) -> dict[str, Any]:
    parents = dict.fromkeys(parent["entityId"] for entity in entities for parent in entity["parents"])
    return {
        "id": uuid4().hex,
        "topic": TOPIC,
        "data": {
            "user": {"userid": caller.user_id, "name": caller.username},
            "clientToken": caller.client_token,
            "pushToken": caller.push_token,
            "parents": list(parents),
            "entities": entities,
        },
        "target": "",
        "source": {
            "id": source,
            "applicationId": "ftrack.server",
            "user": {"id": caller.user_id, "username": caller.username},
        },
        "sent": None,
        "inReplyToEvent": None,
    }


class _ColumnNames:
    """Internal names of columns, as events call them (`alias_for` on the wire)."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, tuple[str, ScalarAttribute | None]]] = {}

    def of(self, entity: EntityType) -> Mapping[str, tuple[str, ScalarAttribute | None]]:
        """Return event name and attribute by column of the type's table."""
        known = self._known.get(entity.name)
        if known is None:
            known = self._known[entity.name] = self._read(entity)
        return known

    @staticmethod
    def _read(entity: EntityType) -> dict[str, tuple[str, ScalarAttribute | None]]:
        properties = entity.document.get("properties", {})
        found: dict[str, tuple[str, ScalarAttribute | None]] = {}
        for attribute in entity.attributes.values():
            column = getattr(attribute, "column", None)
            if column is None:
                continue
            alias = properties.get(attribute.name, {}).get("alias_for")
            name = alias if isinstance(alias, str) else attribute.name
            if isinstance(attribute, ScalarAttribute):
                if column not in found or found[column][1] is None:
                    found[column] = (name, attribute)
            elif isinstance(attribute, Reference):
                found.setdefault(column, (name, None))
        return found


class _Describer:
    """Describes the changes of one batch."""

    def __init__(self, rows: Rows, names: _ColumnNames, changes: Sequence[Change]) -> None:
        self._rows = rows
        self._model = rows.model
        self._names = names
        self._changes = changes
        self._above: dict[tuple[str, Any], Row | None] = {}
        for change in changes:
            if len(change.row.key) == 1:
                self._above[change.row.entity.root, change.row.key[0]] = change.row
        self._parents: dict[tuple[str, Any], list[dict[str, Any]]] = {}

    def entities(self) -> list[dict[str, Any]]:
        """Return an entry for each entity added, changed, moved or removed."""
        entries: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
        values: list[Change] = []
        for change in self._changes:
            row = change.row
            if row.entity.root == SPARSE:
                values.append(change)
                continue
            differences = self._differences(change)
            if change.before is None or change.after is None or differences:
                entries[row.entity.root, row.key] = self._entry(row, _action(change), differences)
        for change in values:
            self._add_custom_attribute(entries, change)
        return list(entries.values())

    def _entry(self, row: Row, action: str, differences: dict[str, Any]) -> dict[str, Any]:
        parents = self._chain(row)
        entry: dict[str, Any] = {
            "action": action,
            "entityType": row.entity.event_name,
            "entity_type": row.entity.name,
            "entityId": row.key[0],
            "objectTypeId": _value(row, "object_type_id"),
            "parentId": parents[0]["parentId"],
            "keys": list(differences),
            "changes": differences or None,
            "parents": parents,
        }
        return entry

    def _differences(self, change: Change) -> dict[str, Any]:
        """Return event name → old and new text of every column that differs."""
        if change.after is None:
            return {}
        before = {} if change.before is None else change.before.values
        names = self._names.of(change.after.entity)
        found: dict[str, Any] = {}
        for column, new in change.after.values.items():
            old = before.get(column)
            if old == new or column in (ORDER_COLUMN, CONCRETE_TYPE_COLUMN) or column not in names:
                continue
            name, attribute = names[column]
            found[name] = {"old": _text(attribute, old), "new": _text(attribute, new)}
        return found

    def _add_custom_attribute(
        self, entries: dict[tuple[str, tuple[Any, ...]], dict[str, Any]], change: Change
    ) -> None:
        """Show a custom attribute's change under the entity that owns the value."""
        values = change.row.values
        sparse = change.row.entity
        configuration = self._find(
            ("CustomAttributeConfiguration",), values[column_of(sparse, "configuration_id")]
        )
        owner = self._find(_OWNERS, values[column_of(sparse, "entity_id")])
        if configuration is None or owner is None:
            return
        entry = entries.get((owner.entity.root, owner.key))
        if entry is None:
            entry = entries[owner.entity.root, owner.key] = self._entry(owner, "update", {})
        elif entry["action"] == "remove":
            return
        key = str(_value(configuration, "key"))
        column = column_of(sparse, "value")
        old = None if change.before is None else _custom_text(change.before.values[column])
        new = None if change.after is None else _custom_text(change.after.values[column])
        entry["changes"] = {**(entry["changes"] or {}), key: {"old": old, "new": new}}
        entry["keys"] = list(entry["changes"])

    def _chain(self, row: Row, depth: int = 0) -> list[dict[str, Any]]:
        """Return the entity and everything above it, up to the project."""
        identity = (row.entity.root, row.key)
        known = self._parents.get(identity)
        if known is None:
            above = self._parent(row) if depth < _MAX_DEPTH else None
            own = {
                "entityId": row.key[0],
                "entityType": row.entity.event_name,
                "entity_type": row.entity.name,
                "parentId": None if above is None else above.key[0],
            }
            known = self._parents[identity] = [own, *([] if above is None else self._chain(above, depth + 1))]
        return known

    def _parent(self, row: Row) -> Row | None:
        if row.entity.name == "Project":
            return None
        for name in _PARENTS:
            attribute = row.entity.attributes.get(name)
            key = _value(row, name)
            if key is None or not isinstance(attribute, ScalarAttribute):
                continue
            targets = attribute.owners or ((attribute.references,) if attribute.references else _OWNERS)
            roots = dict.fromkeys(self._model.types[t].root for t in targets if t in self._model.types)
            found = self._find(tuple(roots), key)
            if found is not None and (found.entity.root, found.key) != (row.entity.root, row.key):
                return found
        return None

    def _find(self, roots: Sequence[str], key: Any) -> Row | None:
        """Return a row as the batch left it, or as it was when the batch removed it."""
        for root in roots:
            entity = self._model.types.get(root)
            if entity is None or len(entity.primary_key) != 1:
                continue
            if (entity.root, key) not in self._above:
                self._above[entity.root, key] = self._rows.find(self._model.types[entity.root], (key,))
            found = self._above[entity.root, key]
            if found is not None:
                return found
        return None


def _action(change: Change) -> str:
    if change.before is None:
        return "add"
    if change.after is None:
        return "remove"
    if change.row.entity.root == "Context" and _value(change.before, "parent_id") != _value(
        change.after, "parent_id"
    ):
        return "move"
    return "update"


def _value(row: Row, attribute: str) -> Any:
    column = getattr(row.entity.attributes.get(attribute), "column", None)
    return None if column is None else row.values.get(column)


def _text(attribute: ScalarAttribute | None, value: Any) -> str | None:
    """Events carry every value as text."""
    if value is None:
        return None
    if attribute is not None and attribute.scalar is Scalar.BOOLEAN:
        return "1" if value else "0"
    if attribute is not None and attribute.scalar is Scalar.VARIABLE:
        return _custom_text(value)
    return str(value)


def _custom_text(stored: Any) -> str | None:
    """The text of a value kept as JSON: choices joined by commas, dates without their tag."""
    try:
        value = json.loads(stored) if isinstance(stored, str) else stored
    except ValueError:
        return str(stored)
    if isinstance(value, Mapping) and "__type__" in value:
        value = value.get("value")
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
