"""Rows of a seed file: a JSON list of `{"__entity_type__": …, attribute: value, …}`.

Rows may come in any order and name each other by id or by nested reference, under the relation or
its key. A nested object with more than its key is a row of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ftrack_local.codecs import StorageValueError, to_storage
from ftrack_local.errors import LocalServerError
from ftrack_local.model import (
    Collection,
    EntityType,
    Inverse,
    Model,
    Reference,
    ScalarAttribute,
    Through,
    Unrelated,
    Walk,
)
from ftrack_local.seeds.fill import Filler
from ftrack_local.seeds.ids import make_id

TYPE_KEY = "__entity_type__"


class SeedError(LocalServerError):
    """A seed cannot be loaded; the message names the file or row, the place in it and the fix."""


@dataclass(slots=True)
class SeedRow:
    """One entity of a seed, its references resolved to stored keys."""

    entity_type: EntityType
    where: str
    values: dict[str, Any] = field(default_factory=dict)

    def key(self) -> tuple[Any, ...]:
        """The primary key in schema order."""
        return tuple(self.values.get(name) for name in self.entity_type.primary_key)

    def document(self) -> dict[str, Any]:
        """The row as `insert_rows` takes it."""
        return {TYPE_KEY: self.entity_type.name, **self.values}


def load_seed(
    path: Path, model: Model, known: Mapping[str, frozenset[str]] | None = None
) -> list[dict[str, Any]]:
    """Read a seed file and return complete rows, ready for `insert_rows`.

    Args:
        path: The file.
        model: The schema the rows are for.
        known: Ids that exist besides the file's own, by root entity type.

    Raises:
        SeedError: The file cannot be read, or a row does not fit the schema.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError(f"seed {path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SeedError(f"seed {path}: is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise SeedError(f"seed {path}: line {error.lineno}: not valid JSON: {error.msg}") from error
    if not isinstance(content, list):
        raise SeedError(f'seed {path}: must be a list of {{"{TYPE_KEY}": …}} objects')
    return SeedReader(model, known or {}).read(content)


class SeedReader:
    """Turns the decoded list into rows."""

    def __init__(self, model: Model, known: Mapping[str, frozenset[str]]) -> None:
        self._model = model
        self._known = known
        self._rows: dict[tuple[str, tuple[Any, ...]], SeedRow] = {}
        self._joins: list[dict[str, Any]] = []
        self._settings: list[tuple[str, tuple[Any, ...], str, Any]] = []
        self._links: list[SeedRow] = []

    def read(self, content: list[Any]) -> list[dict[str, Any]]:
        """Return all rows with defaults filled in, in the order of the file."""
        for number, document in enumerate(content, start=1):
            self._add(document, f"seed row {number}", number)
        for root, key, column, value in self._settings:
            row = self._rows.get((root, key))
            if row is None:
                raise SeedError(f"a collection names {root} {key[0]!r}, which no row of the seed defines")
            row.values[column] = value
        for link in self._links:
            self._rows.setdefault((link.entity_type.root, link.key()), link)
        rows = list(self._rows.values())
        Filler(self._model, rows).fill()
        for row in rows:
            self._check(row)
        return [row.document() for row in rows] + self._joins

    def _add(self, document: Any, where: str, number: object) -> SeedRow:
        entity_type = self._type_of(document, where)
        where = f"{where} ({entity_type.name})"
        values = {name: value for name, value in document.items() if name != TYPE_KEY}
        row = SeedRow(entity_type, where)
        self._read_key(row, values, number)
        key = (entity_type.root, row.key())
        existing = self._rows.get(key)
        if existing is not None:
            shared = [
                name for name in values if name in existing.values and name not in entity_type.primary_key
            ]
            if shared:
                raise SeedError(f"{where}: {existing.where} already defines {_shown(row.key())}")
            row = existing
        else:
            self._rows[key] = row
        for name, value in values.items():
            self._read_attribute(row, name, value)
        return row

    def _type_of(self, document: Any, where: str) -> EntityType:
        if not isinstance(document, dict):
            raise SeedError(f"{where}: must be an object, not {type(document).__name__}")
        name = document.get(TYPE_KEY)
        if name is None:
            raise SeedError(f"{where}: has no {TYPE_KEY!r}")
        if not isinstance(name, str) or name not in self._model.types:
            raise SeedError(f"{where}: unknown entity type {name!r}{_nearest(str(name), self._model.types)}")
        return self._concrete(self._model.types[name], document)

    def _concrete(self, entity_type: EntityType, document: Mapping[str, Any]) -> EntityType:
        """The subtype whose classifiers the row carries, when the row names a more general type."""
        for name in entity_type.subtypes:
            subtype = self._model.types[name]
            own = {
                attribute: value
                for attribute, value in subtype.classifier.items()
                if entity_type.classifier.get(attribute) != value
            }
            if own and all(document.get(attribute) == value for attribute, value in own.items()):
                return self._concrete(subtype, document)
        return entity_type

    def _read_key(self, row: SeedRow, values: dict[str, Any], number: object) -> None:
        for name in row.entity_type.primary_key:
            value = values.get(name)
            if value is None:
                relation = next(
                    (
                        attribute.name
                        for attribute in row.entity_type.attributes.values()
                        if isinstance(attribute, Reference) and attribute.column == name
                    ),
                    None,
                )
                value = values.get(relation) if relation is not None else None
            if isinstance(value, dict):
                value = self._reference(value, row.where)
            attribute = row.entity_type.attributes[name]
            if value is None and isinstance(attribute, ScalarAttribute):
                if attribute.default is not None:
                    value = attribute.default
                elif attribute.fill == "serial":
                    value = len(self._rows) + 1
                elif attribute.fill == "uid" or len(row.entity_type.primary_key) == 1:
                    value = make_id("seed", row.entity_type.name, number)
            if value is None:
                raise SeedError(f"{row.where}: {name!r} is part of the key and must be given")
            row.values[name] = value

    def _read_attribute(self, row: SeedRow, name: str, value: Any) -> None:
        entity_type = row.entity_type
        attribute = entity_type.attributes.get(name)
        where = f"{row.where}.{name}"
        if attribute is None:
            hidden = entity_type.hidden.get(name)
            if hidden is None:
                raise SeedError(f"{where}: unknown attribute{_nearest(name, entity_type.attributes)}")
            attribute = hidden
        if isinstance(attribute, ScalarAttribute):
            if attribute.column is None or name in entity_type.primary_key:
                return
            if isinstance(value, dict) and TYPE_KEY in value:
                value = self._reference(value, where)
            if attribute.is_entity_type and isinstance(value, str):
                self._check_entity_type(value, where)
            try:
                to_storage(attribute, value)
            except StorageValueError as error:
                raise SeedError(f"{row.where}.{error}") from None
            row.values[name] = value
        elif isinstance(attribute, Reference):
            if attribute.column is not None:
                row.values[self._key_attribute(entity_type, attribute.column)] = self._reference(value, where)
        else:
            self._read_collection(row, attribute, value, where)

    def _check_entity_type(self, value: str, where: str) -> None:
        if value not in self._model.types and value not in self._model.by_table_name:
            raise SeedError(f"{where}: unknown entity type {value!r}{_nearest(value, self._model.types)}")

    @staticmethod
    def _key_attribute(entity_type: EntityType, column: str) -> str:
        for attribute in entity_type.attributes.values():
            if isinstance(attribute, ScalarAttribute) and attribute.column == column:
                return attribute.name
        return column

    def _reference(self, value: Any, where: str) -> Any:
        """The id behind a reference: a plain id, or an object that may be a row of its own."""
        if value is None or isinstance(value, (str, int)):
            return value
        entity_type = self._type_of(value, where)
        missing = [name for name in entity_type.primary_key if name not in value]
        if missing:
            raise SeedError(f"{where}: the reference has no {missing[0]!r}")
        if set(value) - {TYPE_KEY, *entity_type.always}:
            self._add(value, where, None)
        return value[entity_type.primary_key[0]]

    def _read_collection(self, row: SeedRow, attribute: Collection, value: Any, where: str) -> None:
        if value is None:
            return
        target = self._model.types[attribute.target]
        if isinstance(value, dict) and attribute.mapped and {"key", "value"} <= set(target.attributes):
            value = [{TYPE_KEY: target.name, "key": key, "value": text} for key, text in value.items()]
        if not isinstance(value, list):
            raise SeedError(f"{where}: must be a list of references")
        route = attribute.route
        if isinstance(route, (Walk, Unrelated)) or target.view is not None or attribute.restricted:
            if value:
                raise SeedError(f"{where}: is derived and cannot be set; give the rows behind it instead")
            return
        for number, item in enumerate(value, start=1):
            place = f"{where}[{number}]"
            if isinstance(route, Inverse):
                self._set_inverse(row, route, target, item, place)
            else:
                self._set_through(row, route, self._reference(item, place), place)

    def _set_inverse(self, row: SeedRow, route: Inverse, target: EntityType, item: Any, where: str) -> None:
        owner = row.values[row.entity_type.primary_key[0]]
        if isinstance(item, dict):
            entity_type = self._type_of(item, where)
            name = self._key_attribute(entity_type, route.column)
            if set(item) - {TYPE_KEY, *entity_type.always}:
                item = {name: owner, **route.where, **item}
                self._add(item, where, f"{owner}/{where.rpartition('.')[2]}")
                return
            if name in entity_type.primary_key:
                return
            key = tuple(item.get(part) for part in entity_type.primary_key)
            self._settings.append((entity_type.root, key, name, owner))
            return
        name = self._key_attribute(target, route.column)
        self._settings.append((target.root, (item,), name, owner))

    def _set_through(self, row: SeedRow, route: Through, far: Any, where: str) -> None:
        near = row.values[row.entity_type.primary_key[0]]
        link = next(
            (
                entity_type
                for entity_type in self._model.types.values()
                if entity_type.table == route.table and entity_type.view is None
            ),
            None,
        )
        if link is None:
            join = {"__join__": route.table, route.near: near, route.far: far}
            if join not in self._joins:
                self._joins.append(join)
            return
        values = {
            self._key_attribute(link, route.near): near,
            self._key_attribute(link, route.far): far,
            **route.where,
        }
        pair = SeedRow(link, where, values)
        if link.primary_key == ("id",):
            values["id"] = make_id("seed", link.name, *sorted((str(near), str(far))))
        self._links.append(pair)

    def _check(self, row: SeedRow) -> None:
        for name, attribute in row.entity_type.attributes.items():
            if not isinstance(attribute, ScalarAttribute) or attribute.column is None:
                continue
            value = row.values.get(name, attribute.default)
            if value is None:
                shared = (row.values.get(twin) for twin in row.entity_type.twins.get(name, ()))
                if not attribute.nullable and all(twin is None for twin in shared):
                    raise SeedError(f"{row.where}: {name!r} is required and missing")
            elif attribute.references is not None and not self._exists(attribute.references, value):
                raise SeedError(
                    f"{row.where}.{name}: no {attribute.references} has the id {value!r} in this seed"
                )

    def _exists(self, entity_type: str, value: Any) -> bool:
        root = self._model.types[entity_type].root
        return (root, (value,)) in self._rows or str(value) in self._known.get(root, ())


def find_api_user(rows: Iterator[Mapping[str, Any]] | list[dict[str, Any]]) -> str | None:
    """Username of the first active user among complete rows."""
    for row in rows:
        if row.get(TYPE_KEY) == "User" and row.get("is_active", True) and row.get("username"):
            return str(row["username"])
    return None


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _shown(key: tuple[Any, ...]) -> str:
    return "key " + ", ".join(repr(part) for part in key)
