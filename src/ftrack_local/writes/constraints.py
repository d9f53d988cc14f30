"""What must hold when a batch ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, func, or_, select

from ftrack_local.compile.sources import column_of
from ftrack_local.errors import DuplicateEntryError, IntegrityError, ValidationError
from ftrack_local.model import ScalarAttribute

from .rows import CHUNK, Row, Rows


def check(rows: Rows, touched: Iterable[Row]) -> None:
    """Check required values, references and uniqueness of the rows a batch made or changed."""
    found = list(touched)
    for row in found:
        _check_required(row)
    _check_references(rows, found)
    _check_unique(rows, found)


def _scalars(row: Row) -> Iterable[ScalarAttribute]:
    return (
        this for this in row.entity.attributes.values() if isinstance(this, ScalarAttribute) and this.column
    )


def _check_required(row: Row) -> None:
    missing = [
        attribute.name
        for attribute in _scalars(row)
        if not attribute.nullable and row.values.get(str(attribute.column)) is None
    ]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise ValidationError(f"{row.entity.name} {_key(row)} needs a value for {names}.")


def _check_references(rows: Rows, found: Iterable[Row]) -> None:
    named: dict[tuple[str, ...], dict[Any, tuple[Row, ScalarAttribute]]] = defaultdict(dict)
    for row in found:
        for attribute in _scalars(row):
            targets = (attribute.references,) if attribute.references else attribute.owners
            value = row.values.get(str(attribute.column))
            if value is None or not targets:
                continue
            roots = tuple(sorted({rows.model.types[target].root for target in targets}))
            named[roots].setdefault(value, (row, attribute))
    for roots, keys in named.items():
        missing = set(keys)
        for root in roots:
            missing -= _existing(rows, root, missing)
        for value in sorted(missing, key=str):
            row, attribute = keys[value]
            kinds = " or ".join(roots)
            raise IntegrityError(
                f"{row.entity.name}.{attribute.name} of {_key(row)} names the {kinds} {value}, which does not exist."
            )


def _existing(rows: Rows, root: str, wanted: set[Any]) -> set[Any]:
    entity = rows.model.types[root]
    if len(entity.primary_key) != 1 or entity.view is not None:
        return set(wanted)
    column = rows.table(entity).c[column_of(entity, entity.primary_key[0])]
    values = list(wanted)
    found: set[Any] = set()
    for start in range(0, len(values), CHUNK):
        chunk = values[start : start + CHUNK]
        found.update(rows.connection.scalars(select(column).where(column.in_(chunk))))
    return found


def _check_unique(rows: Rows, found: Iterable[Row]) -> None:
    groups: dict[tuple[str, tuple[str, ...]], list[Row]] = defaultdict(list)
    for row in found:
        for group in row.entity.unique:
            if all(row.values.get(column_of(row.entity, name)) is not None for name in group):
                groups[row.entity.name, group].append(row)
    for (_, group), members in groups.items():
        entity = members[0].entity
        table = rows.table(entity)
        columns = [table.c[column_of(entity, name)] for name in group]
        for start in range(0, len(members), CHUNK // 4):
            chunk = members[start : start + CHUNK // 4]
            same = or_(*(and_(*(column == row.values[column.key] for column in columns)) for row in chunk))
            conditions = [same]
            if entity.type_column is not None:
                names = [this.name for this in rows.model.family(entity.name)]
                conditions.append(table.c[entity.type_column].in_(names))
            repeated = (
                select(*columns).where(*conditions).group_by(*columns).having(func.count() > 1).limit(1)
            )
            twice = rows.connection.execute(repeated).first()
            if twice is not None:
                shown = ", ".join(f"{name} {value!r}" for name, value in zip(group, twice, strict=True))
                raise DuplicateEntryError(f"There is another {entity.name} with {shown}.")


def _key(row: Row) -> str:
    return ", ".join(map(str, row.key))
