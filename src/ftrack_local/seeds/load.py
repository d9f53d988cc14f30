"""Puts a seed into a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from ftrack_local.codecs import StorageValueError
from ftrack_local.model import Model, ScalarAttribute
from ftrack_local.seeds.demo import API_USER, demo_rows
from ftrack_local.seeds.document import TYPE_KEY, SeedError, find_api_user, load_seed
from ftrack_local.seeds.system import ADMINISTRATOR, empty_rows, system_rows, well_known_rows
from ftrack_local.storage import Storage
from ftrack_local.storage import insert_rows as insert
from ftrack_local.tables import Tables, build_tables


@dataclass(frozen=True, slots=True)
class SeedResult:
    """What a seed has put into the database."""

    api_user: str
    """Username to connect with; any key is accepted."""
    rows: int


def seed(
    storage: Storage,
    model: Model,
    source: Literal["demo", "empty"] | Path,
    size: int = 1,
    tables: Tables | None = None,
    progress: Callable[[int], None] | None = None,
) -> SeedResult:
    """Fill an empty database whose tables exist, in one transaction.

    The built-in seeds leave out whatever a foreign schema does not have. A file must fit the schema;
    rows every site has (object types, states, priorities, …) are added unless the file defines them.
    `progress` is told now and then how many rows there are.

    Raises:
        SeedError: A file cannot be read or does not fit, or the size is less than 1.
    """
    tables = tables or build_tables(model)
    if isinstance(source, Path):
        rows, api_user = _file_rows(source, model)
    elif source == "demo":
        if size < 1:
            raise SeedError(f"the seed size must be at least 1, not {size}")
        rows, api_user = _fit(chain(system_rows(model), demo_rows(size)), model), API_USER
    elif source == "empty":
        rows, api_user = _fit(empty_rows(model), model), ADMINISTRATOR
    else:
        raise SeedError(f"unknown seed {source!r}; it is demo, empty or a file")
    try:
        with storage.writing() as connection:
            count = insert(connection, tables, model, rows, progress)
    except StorageValueError as error:
        raise SeedError(f"the {source} seed does not fit this schema: {error}") from error
    return SeedResult(api_user, count)


def _file_rows(path: Path, model: Model) -> tuple[Iterable[Mapping[str, Any]], str]:
    common = list(_fit(well_known_rows(model), model))
    known: dict[str, set[str]] = {}
    for row in common:
        known.setdefault(model.types[row[TYPE_KEY]].root, set()).add(str(row["id"]))
    rows = load_seed(path, model, {root: frozenset(ids) for root, ids in known.items()})
    api_user = find_api_user(rows)
    if api_user is None:
        raise SeedError(f"seed {path}: has no active User to connect as; add one with a username")
    own = {(model.types[row[TYPE_KEY]].root, row.get("id")) for row in rows if TYPE_KEY in row}
    missing = [row for row in common if (model.types[row[TYPE_KEY]].root, row["id"]) not in own]
    return [*missing, *rows], api_user


def _fit(rows: Iterable[Mapping[str, Any]], model: Model) -> Iterator[Mapping[str, Any]]:
    """Drop types, attributes and joins the schema does not have."""
    stored = {
        name: frozenset(
            [
                TYPE_KEY,
                *entity_type.hidden,
                *(
                    attribute.name
                    for attribute in entity_type.attributes.values()
                    if isinstance(attribute, ScalarAttribute) and attribute.column is not None
                ),
            ]
        )
        for name, entity_type in model.types.items()
    }
    joins = {join.name for join in model.joins}
    for row in rows:
        name = row.get(TYPE_KEY)
        if name is None:
            if row["__join__"] in joins:
                yield row
            continue
        names = stored.get(name)
        if names is None:
            continue
        if row.keys() <= names:
            yield row
        else:
            yield {key: value for key, value in row.items() if key in names}
