"""Rows for a projection tree, in a bounded number of statements.

Each relation of the tree costs one statement per chunk of its owners, never one per row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, select

from ftrack_local.compile.compiler import Compiler
from ftrack_local.compile.computed import EXPRESSIONS
from ftrack_local.compile.resolve import entity_type
from ftrack_local.compile.routes import joined
from ftrack_local.compile.sources import Source, order_of, single_key, table_of
from ftrack_local.compile.values import all_of, any_of
from ftrack_local.errors import QueryError
from ftrack_local.files.signing import Addresses
from ftrack_local.model import (
    Attribute,
    Collection,
    EntityType,
    Inverse,
    Reference,
    ScalarAttribute,
    Through,
    Walk,
)
from ftrack_local.query import Query

from .computed import COMPUTATIONS, ComputationContext
from .named_types import NamedTypes, key_attribute, wanted_types
from .permissions import NEEDS, Permissions
from .projection import Branch, Node, tree
from .records import COMPUTED_PREFIX, Record

CHUNK = 900
"""Most keys in one `IN` list."""

_TYPE = "*type"
_KEY = "*key"
_OWNER = "*owner"
_Slot: TypeAlias = tuple[str, str | None]


class Loader:
    """Loads projection trees over one connection."""

    def __init__(self, compiler: Compiler, connection: Connection, addresses: Addresses) -> None:
        self.compiler = compiler
        self.model = compiler.model
        self.connection = connection
        self._context = ComputationContext(compiler, connection, addresses)
        self._permissions = Permissions(compiler, connection)
        self._named_types = NamedTypes(compiler, connection)

    def query(self, query: Query) -> tuple[Node, list[Record]]:
        """Run a query; return its projection tree and the records found, in order."""
        node = tree(self.model, entity_type(self.model, query.entity_type, query.position), query)
        scope, statement = self.compiler.select(query)
        if query.limit == 0:
            return node, []
        records = [record for _, record in self._run(node, scope.root, statement)]
        self.fill(node, records)
        return node, records

    def by_key(self, node: Node, keys: Sequence[tuple[Any, ...]]) -> list[Record]:
        """Load entities by primary key; keys that do not exist are left out."""
        records: list[Record] = []
        for chunk in _chunks(keys):
            source = self.compiler.source(node.entity)
            statement = self._statement(source).where(_key_in(source.key(), chunk))
            records.extend(record for _, record in self._run(node, source, statement))
        self.fill(node, records)
        return records

    def fill(self, node: Node, records: Sequence[Record]) -> None:
        """Load the computed attributes and every relation of `node` for `records`."""
        for name in node.scalars:
            self._compute(name, records)
        for name in wanted_types(node, records):
            self._named_types.add(name, records)
        for name in node.permissions:
            self._permissions.add(name, records)
        for slot, branch in node.branches.items():
            loaded: dict[str, dict[int, Record]] = {target: {} for target in branch.children}
            for attribute, owners in _by_meaning(records, branch.name):
                if isinstance(attribute, ScalarAttribute):
                    continue
                child = branch.children.get(attribute.target)
                if child is None:
                    continue
                found = (
                    self._reference(attribute, child, branch, slot, owners)
                    if isinstance(attribute, Reference)
                    else self._collection(attribute, child, branch, slot, owners)
                )
                loaded[attribute.target].update((id(record), record) for record in found)
            for target, child in branch.children.items():
                self.fill(child, list(loaded[target].values()))

    # Relations

    def _reference(
        self, attribute: Reference, child: Node, branch: Branch, slot: _Slot, owners: Sequence[Record]
    ) -> Iterable[Record]:
        columns = attribute.parts or (_reference_column(attribute),)
        keys = [tuple([owner.values.get(column) for column in columns]) for owner in owners]
        wanted = {key for key in keys if None not in key}
        found: dict[Any, Record] = {}
        for chunk in _chunks(sorted(wanted)):
            source = self.compiler.source(child.entity)
            statement = self._statement(source).where(_key_in(source.key(), chunk))
            if branch.cast is not None:
                statement = self._of_type(statement, source, branch.cast)
            found.update((tuple(record.key), record) for _, record in self._run(child, source, statement))
        for owner, key in zip(owners, keys, strict=True):
            owner.related[slot] = found.get(key)
        return found.values()

    def _collection(
        self, attribute: Collection, child: Node, branch: Branch, slot: _Slot, owners: Sequence[Record]
    ) -> Iterable[Record]:
        members: dict[Any, list[Record]] = defaultdict(list)
        for chunk in _chunks([owner.key[0] for owner in owners]):
            source = self.compiler.source(child.entity)
            statement = self._members(attribute, owners[0].entity, source, chunk)
            if statement is None:
                continue
            statement = self._of_type(statement, source, branch.cast or self.model.types[attribute.target])
            for owner_key, record in self._run(child, source, statement.order_by(*order_of(source))):
                members[owner_key].append(record)
        for owner in owners:
            owner.related[slot] = members.get(owner.key[0], [])
        return [record for records in members.values() for record in records]

    def _members(
        self, attribute: Collection, owner: EntityType, source: Source, keys: Sequence[Any]
    ) -> Select[Any] | None:
        route = attribute.route
        if isinstance(route, Inverse):
            link = source.column(route.column)
            conditions = [source.column(name) == value for name, value in route.where.items()]
            return self._statement(source).add_columns(link.label(_OWNER)).where(link.in_(keys), *conditions)
        if isinstance(route, Through):
            parent = self.compiler.source(owner)
            from_, conditions, (table,) = joined(self.compiler, parent, source, route, source.selectable)
            near = table.c[route.near]
            return (
                self._statement(source)
                .select_from(from_)
                .add_columns(near.label(_OWNER))
                .where(near.in_(keys), *conditions[1:])
            )
        if isinstance(route, Walk):
            return self._walked(route, owner, source, keys)
        return None

    def _walked(self, route: Walk, owner: EntityType, source: Source, keys: Sequence[Any]) -> Select[Any]:
        table = table_of(self.compiler.tables, source.entity)
        key = single_key(source.entity)
        from_column, to_column = (key, route.column) if route.direction == "up" else (route.column, key)
        if route.start is None:
            first, origin, start = table.alias(), from_column, to_column
        else:
            first = table_of(self.compiler.tables, owner).alias()
            origin, start = single_key(owner), route.start
        reached = (
            select(first.c[origin].label("origin"), first.c[start].label("node"))
            .where(first.c[origin].in_(keys), first.c[start].is_not(None))
            .cte(recursive=True)
        )
        following = table.alias()
        reached = reached.union(
            select(reached.c.origin, following.c[to_column]).where(
                following.c[from_column] == reached.c.node, following.c[to_column].is_not(None)
            )
        )
        return (
            self._statement(source)
            .select_from(source.selectable.join(reached, reached.c.node == source.key()[0]))
            .add_columns(reached.c.origin.label(_OWNER))
        )

    def _of_type(self, statement: Select[Any], source: Source, entity: EntityType) -> Select[Any]:
        condition = source.is_a(self.model, entity)
        return statement if condition is None else statement.where(condition)

    # Statements and rows

    def _statement(self, source: Source) -> Select[Any]:
        return select().select_from(source.selectable)

    def _run(self, node: Node, source: Source, statement: Select[Any]) -> Iterator[tuple[Any, Record]]:
        """Run a statement; yield each record with what the statement selects by itself, if anything."""
        columns = self._columns(node, source)
        names = list(columns)
        result = self.connection.execute(
            statement.add_columns(*(column.label(name) for name, column in columns.items()))
        )
        types, fallback = self.model.types, source.entity
        width = len(fallback.primary_key)
        own = len(result.keys()) - len(names)
        for row in result.all():  # one by one, SQLAlchemy takes twice the time
            found = row[own:]
            values = dict(zip(names, found, strict=True))
            concrete = types.get(values.get(_TYPE) or "", fallback)
            yield row[0], Record(concrete, found[:width], values)

    def _columns(self, node: Node, source: Source) -> dict[str, ColumnElement[Any]]:
        """Return every column that results of `node` need, whatever type its rows turn out to be."""
        wanted: dict[str, ColumnElement[Any]] = {
            f"{_KEY}{index}": column for index, column in enumerate(source.key())
        }
        if source.concrete_type is not None:
            wanted[_TYPE] = source.concrete_type
        stored = set(source.selectable.c.keys())
        for this in self._possible(source):
            wanted_here = (*this.always, *node.scalars, *(branch.name for branch in node.branches.values()))
            for name in (*wanted_here, *(NEEDS if node.permissions else ())):
                attribute = this.attributes.get(name)
                if attribute is not None:
                    self._add_columns(wanted, stored, source.of(this), attribute)
        return wanted

    def _possible(self, source: Source) -> Sequence[EntityType]:
        """Return the types rows may have; relations hold relatives of the declared type, too."""
        return self.model.family(source.entity.root if source.type_column else source.entity.name)

    def _add_columns(
        self, wanted: dict[str, ColumnElement[Any]], stored: set[str], source: Source, attribute: Attribute
    ) -> None:
        if isinstance(attribute, Collection):
            return
        if attribute.column is not None:
            if attribute.column in stored:
                wanted[attribute.column] = source.column(attribute.column)
            if isinstance(attribute, ScalarAttribute) and attribute.is_entity_type:
                key = key_attribute(source.entity, attribute.name)
                if key is not None:
                    self._add_columns(wanted, stored, source, key)
            return
        if isinstance(attribute, Reference):
            wanted.update((part, source.column(part)) for part in attribute.parts if part in stored)
        computed = attribute.computed or ""
        name = f"{COMPUTED_PREFIX}{computed}"
        if computed in EXPRESSIONS and name not in wanted:
            # Older schemas lack what some computations need; their result is null then.
            with suppress(QueryError):
                wanted[name] = EXPRESSIONS[computed](self.compiler, source)
        elif computed in COMPUTATIONS:
            for ingredient in COMPUTATIONS[computed].needs:
                needed = source.entity.attributes.get(ingredient)
                if isinstance(needed, ScalarAttribute):
                    self._add_columns(wanted, stored, source, needed)

    def _compute(self, name: str, records: Sequence[Record]) -> None:
        for attribute, owners in _by_meaning(records, name):
            computed = attribute.computed or "" if isinstance(attribute, ScalarAttribute) else ""
            if computed in COMPUTATIONS:
                COMPUTATIONS[computed].run(self._context, f"{COMPUTED_PREFIX}{computed}", owners)


def _by_meaning(records: Iterable[Record], name: str) -> list[tuple[Attribute, list[Record]]]:
    """Group records by what `name` means on their type; types that lack it are left out."""
    by_type: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_type[record.entity.name].append(record)
    groups: list[tuple[Attribute, list[Record]]] = []
    for alike in by_type.values():
        attribute = alike[0].entity.attributes.get(name)
        if attribute is None:
            continue
        for known, members in groups:
            if known == attribute:
                members.extend(alike)
                break
        else:
            groups.append((attribute, alike))
    return groups


def _reference_column(attribute: Reference) -> str:
    return attribute.column if attribute.column is not None else f"{COMPUTED_PREFIX}{attribute.computed}"


def _key_in(columns: Sequence[ColumnElement[Any]], keys: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return any_of(
        [all_of([column == part for column, part in zip(columns, key, strict=True)]) for key in keys]
    )


def _chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]
