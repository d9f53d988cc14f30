"""Batches of operations: one transaction, one list of answers."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ftrack_local.compile.compiler import Compiler
from ftrack_local.errors import (
    InvalidActionError,
    MalformedRequestError,
    ParseError,
    QueryError,
    RequestError,
    ValidationError,
)
from ftrack_local.files.signing import Addresses, Signer
from ftrack_local.model import EntityType, Model, ScalarAttribute
from ftrack_local.query import Query, parse
from ftrack_local.results.emit import Emitter
from ftrack_local.results.groups import is_grouped, load_groups
from ftrack_local.results.loader import Loader
from ftrack_local.results.projection import Node, add_names
from ftrack_local.results.records import Record
from ftrack_local.storage import Storage
from ftrack_local.tables import Tables
from ftrack_local.writes import Dependencies, WriteBatch

from .accounts import KeyRing
from .caller import Caller
from .extension import Action, Extension, Finish
from .information import ServerInformation
from .search import search_query

MAX_OPERATIONS = 100_000
"""Most operations in one batch."""


def utc_now() -> str:
    """Return the present moment as it is stored."""
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0).isoformat()


class Api:
    """Answers batches of operations over a model and its storage; safe to use from many threads."""

    def __init__(
        self,
        model: Model,
        storage: Storage,
        tables: Tables,
        clock: Callable[[], str] = utc_now,
        signer: Signer | None = None,
    ) -> None:
        self.model = model
        self.storage = storage
        self.compiler = Compiler(model, tables)
        self.dependencies = Dependencies(model)
        self.information = ServerInformation(model.wire)
        self.signer = signer or Signer()
        self.keys = KeyRing()
        """Personal keys made while the server runs."""
        self.page_limit: Callable[[], int | None] = lambda: None
        """Says how many rows a page of a query may have at most."""
        self._clock = clock
        self._extensions: list[Extension] = []
        self._actions: dict[str, Action] = dict(_ACTIONS)  # type: ignore[arg-type]
        self._writing = _WRITING
        self._commit_order = threading.RLock()

    def paged(self, query: Query) -> Query:
        """Return a query limited to the server's page size, if it has one; queries without limit are left alone."""
        most = self.page_limit()
        if most is None or query.limit is None or query.limit <= most:
            return query
        return replace(query, limit=most)

    def now(self) -> str:
        """Return the present moment as it is stored."""
        return self._clock()

    def extend(self, extension: Extension) -> None:
        """Let another room of the server take part in batches from now on."""
        self._extensions.append(extension)
        self._actions.update(extension.actions())
        self._writing |= extension.writing()

    def handle(self, document: Any, caller: Caller) -> Any:
        """Return the answers to a batch, or to a single operation given without a list around it.

        Raises :class:`RequestError`; nothing of a failing batch is kept.
        """
        if isinstance(document, Mapping):
            return self._batch([document], caller)[0]
        if not isinstance(document, list):
            raise MalformedRequestError("The request body is not a list of operations.")
        if len(document) > MAX_OPERATIONS:
            raise MalformedRequestError(
                f"The request has {len(document)} operations; at most {MAX_OPERATIONS} are accepted."
            )
        return self._batch(document, caller)

    def _batch(self, operations: list[Any], caller: Caller) -> list[Any]:
        actions = [self._action(operation) for operation in operations]
        writes = any(action in self._writing for action in actions)
        opened: AbstractContextManager[Connection]
        opened = self.storage.writing() if writes else self.storage.reading()
        try:
            # What follows a commit happens in the order of the commits.
            with self._commit_order if writes else nullcontext():
                with opened as connection, ExitStack() as cleanup:
                    batch = _Batch(self, connection, caller, self._clock())
                    for extension in self._extensions if writes else ():
                        extension.opened(batch)
                        cleanup.callback(extension.closed, batch)
                    pending = [
                        self._actions[action](batch, operation)
                        for action, operation in zip(actions, operations, strict=True)
                    ]
                    batch.writes.finish()
                    answers = [finish() for finish in pending]
                    for extension in self._extensions if writes else ():
                        extension.finishing(batch)
                for follow in batch.after_commit:
                    follow()
                return answers
        except RecursionError:
            raise QueryError("The request nests too deeply.") from None
        except UnicodeEncodeError:
            raise ValidationError("A text holds half of a surrogate pair, which is no character.") from None
        except DBAPIError as error:
            raise _database_error(error) from error

    def _action(self, operation: Any) -> str:
        action = operation.get("action") if isinstance(operation, Mapping) else None
        if not isinstance(action, str):
            raise MalformedRequestError("Every operation is an object with an `action`.")
        if action not in self._actions:
            raise InvalidActionError(action)
        return action


class _Batch:
    """One batch under way; each action returns what makes its answer once all have been carried out."""

    def __init__(self, api: Api, connection: Connection, caller: Caller, now: str) -> None:
        self.api = api
        self.caller = caller
        self.after_commit: list[Callable[[], None]] = []
        self.writes = WriteBatch(api.compiler, api.dependencies, connection, caller.user_id, now)
        self._created_keys: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._created_records: dict[str, tuple[Node, dict[tuple[Any, ...], Record]]] = {}
        self._loader = Loader(api.compiler, connection, Addresses(api.signer, caller.base_url))

    def _emitter(self) -> Emitter:
        return Emitter(self.api.model, denormalize=self.caller.denormalize)

    def query(self, operation: Mapping[str, Any]) -> Finish:
        expression = operation.get("expression")
        if not isinstance(expression, str):
            raise MalformedRequestError("A query needs its `expression` as text.")
        query = self.api.paged(parse(expression))
        answer = self.found("query", query, expression)
        return lambda: answer

    def found(self, action: str, query: Query, expression: str) -> dict[str, Any]:
        """Return the answer to a query with the page metadata; errors show `expression`."""
        try:
            if is_grouped(query):
                data = load_groups(
                    self.api.compiler, self.writes.rows.connection, query, strict=self.caller.strict
                )
            else:
                data = self._emitter().many(*self._loader.query(query))
        except QueryError as error:
            raise _with_expression(error, expression) from None
        offset = _next_offset(query, len(data))
        return {"action": action, "data": data, "metadata": {"next": {"offset": offset}}}

    def create(self, operation: Mapping[str, Any]) -> Finish:
        name, data = _entity_type(operation), _entity_data(operation)
        entity, key = self.writes.create(name, operation.get("entity_key"), data)
        self._created_keys[entity.name].append(key)
        return lambda: {"action": "create", "data": self._created(entity, key)}

    def update(self, operation: Mapping[str, Any]) -> Finish:
        name, data = _entity_type(operation), _entity_data(operation)
        entity, key = self.writes.update(name, _entity_key(operation), data)
        return lambda: {"action": "update", "data": self._updated(entity, key, data)}

    def delete(self, operation: Mapping[str, Any]) -> Finish:
        self.writes.delete(_entity_type(operation), _entity_key(operation))
        return lambda: {"action": "delete", "data": True}

    def search(self, operation: Mapping[str, Any]) -> Finish:
        query = self.api.paged(search_query(self.api.model, operation))
        answer = self.found("search", query, str(query))
        return lambda: answer

    def query_server_information(self, operation: Mapping[str, Any]) -> Finish:
        return lambda: self.api.information.answer(
            self.caller, operation.get("values"), self._storage_scenario, self._person
        )

    def query_schemas(self, operation: Mapping[str, Any]) -> Finish:
        return lambda: self.api.model.wire

    def _person(self) -> dict[str, Any]:
        """Return what clients show of the caller (wire: user_information)."""
        names = ("first_name", "last_name", "thumbnail_id", "thumbnail_url")
        node = Node(self.api.model.types["User"])
        add_names(self.api.model, node, [name for name in names if name in node.entity.attributes])
        found = self._loader.by_key(node, [(self.caller.user_id,)])
        shown = self._emitter().one(node, found[0]) if found else {}
        return {name: shown.get(name) for name in names}

    def _storage_scenario(self) -> Any:
        """Return the scenario kept in the settings (wire: storage_scenario), else the automatic one."""
        setting = self.api.model.types.get("Setting")
        row = None
        if setting is not None:
            key = {"name": "storage_scenario", "group": "STORAGE"}
            row = self.writes.rows.find(setting, [key.get(part) for part in setting.primary_key])
        try:
            kept = json.loads(row.values["value"] or "null") if row is not None else None
        except ValueError:
            kept = None
        return kept or {"scenario": "ftrack.automatic", "data": {}}

    def _created(self, entity: EntityType, key: tuple[Any, ...]) -> dict[str, Any]:
        """Return every stored value that is set (wire: create)."""
        if entity.name not in self._created_records:
            self._created_records[entity.name] = self._load_created(entity)
        node, records = self._created_records[entity.name]
        document = self._document(node, key, records.get(key))
        return {name: value for name, value in document.items() if value is not None}

    def _load_created(self, entity: EntityType) -> tuple[Node, dict[tuple[Any, ...], Record]]:
        """Load all entities of a type that the batch has created, together."""
        node = Node(entity)
        for attribute in entity.attributes.values():
            if isinstance(attribute, ScalarAttribute) and attribute.column is not None:
                node.scalars[attribute.name] = None
        found = self._loader.by_key(node, self._created_keys[entity.name])
        return node, {record.key: record for record in found}

    def _updated(self, entity: EntityType, key: tuple[Any, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was changed (wire: update)."""
        node = Node(entity)
        add_names(self.api.model, node, [name for name in data if name in entity.attributes])
        found = self._loader.by_key(node, [key])
        return self._document(node, key, found[0] if found else None)

    def _document(self, node: Node, key: tuple[Any, ...], record: Record | None) -> dict[str, Any]:
        if record is not None:
            return self._emitter().one(node, record)
        # Deleted again by a later operation of the same batch.
        parts = dict(zip(node.entity.primary_key, key, strict=True))
        return {"__entity_type__": node.entity.name, **parts}


_ACTIONS: Mapping[str, Callable[[_Batch, Mapping[str, Any]], Finish]] = {
    "query": _Batch.query,
    "search": _Batch.search,
    "create": _Batch.create,
    "update": _Batch.update,
    "delete": _Batch.delete,
    "query_server_information": _Batch.query_server_information,
    "query_schemas": _Batch.query_schemas,
}
_WRITING = frozenset({"create", "update", "delete"})


def _next_offset(query: Query, found: int) -> int | None:
    """Return where the next page begins, null when this one is not full (wire: page metadata)."""
    if not query.limit or found < query.limit:
        return None
    return (query.offset or 0) + query.limit


def _entity_type(operation: Mapping[str, Any]) -> str:
    name = operation.get("entity_type")
    if not isinstance(name, str):
        raise MalformedRequestError(f"A {operation['action']} needs its `entity_type` as text.")
    return name


def _entity_data(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    data = operation.get("entity_data", {})
    if not isinstance(data, Mapping):
        raise MalformedRequestError(f"A {operation['action']} needs its `entity_data` as an object.")
    return data


def _entity_key(operation: Mapping[str, Any]) -> Any:
    key = operation.get("entity_key")
    if key is None:
        raise MalformedRequestError(f"A {operation['action']} needs its `entity_key`.")
    return key


def _with_expression(error: QueryError, expression: str) -> QueryError:
    """Add the expression and the place in it to an error about a query."""
    shown = expression if len(expression) <= 500 else f"{expression[:500]}…"
    place = "" if error.position is None or error.position < 0 else f" (at character {error.position + 1})"
    if isinstance(error, ParseError):
        return error
    return type(error)(f"{error.content}{place} In: {shown}", error.position)


def _database_error(error: DBAPIError) -> RequestError:
    text = str(error.orig)
    if any(
        sign in text for sign in ("tables in a join", "tree is too large", "stack overflow", "too many SQL")
    ):
        return QueryError(f"The query is too large for the database: {text}.")
    return RequestError(f"The database refused the operation: {text}")
