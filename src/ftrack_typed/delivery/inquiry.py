"""Asking what became of a batch: the queries, the reading of their answers, and the verdict. Free of I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from ftrack_typed.delivery.expectations import Expectation, Key, expectations, identity_of, loadable
from ftrack_typed.errors import InvalidDateError
from ftrack_typed.query.literals import literal, literals
from ftrack_typed.schema.model import EntitySchema, Kind, Schema
from ftrack_typed.wire import dates, payloads
from ftrack_typed.wire.payloads import WRITES

_KEYS_PER_QUERY = 200
"""Servers refuse expressions that grow too long (wire: protocol 3.10)."""


class Verdict(Enum):
    """What became of a batch."""

    APPLIED = "applied"
    NOT_APPLIED = "not applied"
    UNKNOWN = "unknown"


class Inquiry:
    """One look at the entities a batch writes.

    Queries among the operations are asked again, so that a batch that was carried out can be answered in full.

    Args:
        operations: The batch as it was sent.
        schema: The server's schema.

    Raises:
        UncheckableError: If the entities can't be told.
    """

    def __init__(self, operations: Sequence[Mapping[str, Any]], schema: Schema) -> None:
        self._operations = operations
        self._schema = schema
        self._expected = expectations(operations, schema)
        self._reads = [operation for operation in operations if operation.get("action") not in WRITES]
        self._asked: list[str] = []
        """Entity type of each query."""
        self.queries: list[payloads.Operation] = [dict(operation) for operation in self._reads]
        """What to send."""
        for name, group in self._by_type().items():
            for start in range(0, len(group), _KEYS_PER_QUERY):
                self._asked.append(name)
                self.queries.append(payloads.query(self._query(name, group[start : start + _KEYS_PER_QUERY])))

    def _by_type(self) -> dict[str, list[Expectation]]:
        groups: dict[str, list[Expectation]] = {}
        for expected in self._expected.values():
            groups.setdefault(expected.entity_type, []).append(expected)
        return groups

    def _query(self, name: str, group: Sequence[Expectation]) -> str:
        entity = self._schema.types[name]
        wanted: dict[str, None] = dict.fromkeys(entity.primary_key)
        for expected in group:
            wanted.update(dict.fromkeys(expected.data))
        if any(expected.action == "create" for expected in group):
            # A created entity's answer holds all its plain values, also those the server filled in.
            wanted.update(dict.fromkeys(_plain_names(entity)))
        columns = ", ".join(loadable(entity, list(wanted)))
        return f"select {columns} from {name} where {_condition(entity, [each.key for each in group])}"

    # -- answers -----------------------------------------------------------------------------------

    def read(self, answers: Sequence[Any]) -> tuple[Verdict, list[Any]]:
        """Return what the answers to `queries` tell, and the results of the batch if it was applied."""
        rows = self._rows(answers)
        verdict = _verdict(self._expected, rows, self._schema)
        return verdict, list(self._results(answers, rows)) if verdict is Verdict.APPLIED else []

    def _rows(self, answers: Sequence[Any]) -> dict[tuple[str, Key], dict[str, Any]]:
        """Rows by the type that was asked for and their key.

        Servers tell what they know of an entity only once in a reply; later it is a bare reference.
        """
        whole: dict[tuple[str, Key], dict[str, Any]] = {}
        for entity in _entities(answers):
            known = self._schema.types.get(str(entity["__entity_type__"]))
            key = _key(entity, known)
            if key is not None:
                whole.setdefault((str(entity["__entity_type__"]), key), {}).update(entity)
        rows: dict[tuple[str, Key], dict[str, Any]] = {}
        for name, answer in zip(self._asked, answers[len(self._reads) :], strict=True):
            for row in _data(answer):
                key = _key(row, self._schema.types[name])
                if key is not None:
                    rows[name, key] = whole.get((str(row.get("__entity_type__")), key), row)
        return rows

    def _results(
        self, answers: Sequence[Any], rows: Mapping[tuple[str, Key], dict[str, Any]]
    ) -> Iterator[Any]:
        reads = iter(answers)
        for operation in self._operations:
            action = operation.get("action")
            if action == "delete":
                yield {"action": action, "data": True}
            elif action in ("create", "update"):
                row = rows.get(identity_of(operation, self._schema), {})
                told = {name: value for name, value in row.items() if value is not None or action == "update"}
                yield {"action": action, "data": told}
            else:
                yield next(reads)


def _plain_names(entity: EntitySchema) -> list[str]:
    return [
        name
        for name, found in entity.properties.items()
        if found.kind is Kind.SCALAR and name not in entity.computed
    ]


def _condition(entity: EntitySchema, keys: Sequence[Key]) -> str:
    names = entity.primary_key
    if len(names) == 1:
        return f"{names[0]} in ({', '.join(literals(key[0] for key in keys))})"
    return " or ".join(
        f"({' and '.join(f'{name} is {literal(part)}' for name, part in zip(names, key, strict=True))})"
        for key in keys
    )


def _data(answer: Any) -> list[dict[str, Any]]:
    data = answer.get("data") if isinstance(answer, dict) else None
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _entities(value: Any) -> Iterator[dict[str, Any]]:
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            if "__entity_type__" in current:
                yield current
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)


def _key(row: Mapping[str, Any], entity: EntitySchema | None) -> Key | None:
    if entity is None or any(row.get(name) is None for name in entity.primary_key):
        return None
    return tuple(str(row[name]) for name in entity.primary_key)


# -- the verdict ---------------------------------------------------------------------------------------


def _verdict(
    expected: Mapping[tuple[str, Key], Expectation],
    rows: Mapping[tuple[str, Key], Mapping[str, Any]],
    schema: Schema,
) -> Verdict:
    """A batch is carried out as a whole or not at all, so what is sure of one entity is sure of all."""
    proofs = [identity in rows for identity, each in expected.items() if each.proves]
    if proofs:
        return Verdict.APPLIED if all(proofs) else Verdict.UNKNOWN if any(proofs) else Verdict.NOT_APPLIED
    fulfilled = {
        identity: identity not in rows
        if each.action == "delete"
        else identity in rows and _holds(rows[identity], each, schema.types[each.entity_type])
        for identity, each in expected.items()
    }
    # Rows go with what they belong to, such as metadata that was set before its entity was deleted.
    gone = {
        identity[1] for identity, each in expected.items() if each.action == "delete" and fulfilled[identity]
    }
    for identity, each in expected.items():
        if identity not in rows and any((part,) in gone for part in each.key):
            fulfilled[identity] = True
    if all(fulfilled.values()):
        return Verdict.APPLIED
    # Missing updates may simply be repeated. An entity that came or went, though, may have done so by the hands
    # of others just as well as by this batch.
    ambiguous = any(
        (each.action == "delete" and identity not in rows)
        or (each.action == "create" and identity in rows and not each.replaces)
        for identity, each in expected.items()
    )
    return Verdict.UNKNOWN if ambiguous else Verdict.NOT_APPLIED


def _holds(row: Mapping[str, Any], expected: Expectation, entity: EntitySchema) -> bool:
    compared = loadable(entity, list(expected.data))
    if len(compared) < len(expected.data):
        return False  # a password can't be compared; setting it again changes nothing
    return all(name in row and _equal(row[name], expected.data[name]) for name in compared)


def _equal(told: Any, wanted: Any) -> bool:
    """Whether the server holds what was sent, though it may write it in another way."""
    if isinstance(wanted, Mapping):
        if not isinstance(told, Mapping):
            return False
        if "__type__" in wanted:
            return _same_moment(told, wanted)
        return all(
            str(told.get(name)) == str(part) for name, part in wanted.items() if name != "__entity_type__"
        )
    if isinstance(wanted, list) and isinstance(told, list):
        return len(told) == len(wanted) and all(any(_equal(one, other) for one in told) for other in wanted)
    if isinstance(wanted, float) and isinstance(told, (int, float)):
        return math.isclose(told, wanted, rel_tol=1e-6, abs_tol=1e-9)
    return bool(told == wanted)


def _same_moment(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    try:
        one, other = dates.parse(told), dates.parse(wanted)
    except InvalidDateError:
        return False
    return one.replace(microsecond=0) == other.replace(microsecond=0)  # wire: whole seconds
