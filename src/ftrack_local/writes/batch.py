"""The write operations of one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection

from ftrack_local.compile.compiler import Compiler
from ftrack_local.compile.resolve import entity_type
from ftrack_local.compile.sources import column_of
from ftrack_local.errors import DuplicateEntryError, UnknownNameError, ValidationError, nearest
from ftrack_local.model import Attribute, Collection, EntityType, Reference, ScalarAttribute

from . import constraints
from .collections import CollectionWriter
from .custom_attributes import CustomAttributes
from .deletion import Deleter
from .dependencies import Dependencies
from .fills import Filler
from .reactions import react, react_to_update, settle_reply
from .references import read_reference
from .rows import Row, Rows
from .values import stored

_TOLERATED = frozenset({"__entity_type__"})


class WriteBatch:
    """Creates, updates and deletes rows over one open transaction.

    Operations take effect at once, so that later ones see them; what must hold is checked by
    :meth:`finish`, so that operations may come in any order. Any error leaves it to the caller to
    roll the transaction back.
    """

    def __init__(
        self, compiler: Compiler, dependencies: Dependencies, connection: Connection, user_id: str, now: str
    ) -> None:
        self.rows = Rows(compiler, connection)
        self.filler = Filler(self.rows, user_id, now)
        self._model = compiler.model
        self._dependencies = dependencies
        self._deleter = Deleter(self.rows, dependencies)
        self._custom = CustomAttributes(self.rows)
        self._collections = CollectionWriter(self)
        self._touched: dict[tuple[str, tuple[Any, ...]], EntityType] = {}
        self._deleted: set[tuple[str, tuple[Any, ...]]] = set()
        self._unfilled: list[tuple[EntityType, tuple[Any, ...]]] = []
        self._deferred: list[Callable[[], None]] = []

    def create(self, type_name: str, key: Any, data: Mapping[str, Any]) -> tuple[EntityType, tuple[Any, ...]]:
        """Create an entity; return its type and key.

        Raises :class:`DuplicateEntryError` when the key is taken.
        """
        entity = self._concrete(entity_type(self._model, type_name), data)
        if entity.view is not None:
            raise ValidationError(
                f"{entity.name} rows exist by themselves for every configuration; update them instead of "
                "creating them."
            )
        values, collections = self._read(entity, data, creating=True)
        if key is not None:
            self._set_key(entity, values, self.rows.read_key(entity, key))
        given = frozenset(values)
        entity = self._classified(entity, values)
        self._add_constants(entity, values, given)
        self._custom.check_sparse(entity, values)
        complete = self._fill(entity, values)
        self._tell_types(entity, values)
        identity = self._key_of(entity, values)
        self._insert(entity, identity, values)
        if not complete:
            self._unfilled.append((entity, identity))
        for attribute, value in collections:
            self.defer(partial(self._collections.replace, entity, identity, attribute, value))
        react(self, entity, identity, values)
        return entity, identity

    def update(self, type_name: str, key: Any, data: Mapping[str, Any]) -> tuple[EntityType, tuple[Any, ...]]:
        """Change an entity; return its type and key."""
        declared = entity_type(self._model, type_name)
        identity = self.rows.read_key(declared, key)
        if declared.view is not None:
            self._custom.write(declared, identity, data)
            return declared, identity
        row = self.rows.get(declared, identity)
        entity = row.entity
        values, collections = self._read(entity, data, creating=False)
        self._refuse_immutable(row, data, values)
        self._custom.check_sparse(entity, {**row.values, **values})
        if values:
            self._reclassify(entity, row.values, values)
            table = self.rows.table(entity)
            self.rows.connection.execute(
                table.update().where(self.rows.identified(entity, identity)).values(values)
            )
            self.touch(entity, identity)
            react_to_update(self, row, values)
        for attribute, value in collections:
            self._collections.replace(entity, identity, attribute, value)
        if "parent_id" in values and entity.root == "Context":
            self._move(entity, identity)
        return entity, identity

    def delete(self, type_name: str, key: Any) -> None:
        """Delete an entity and everything that cannot exist without it."""
        declared = entity_type(self._model, type_name)
        identity = self.rows.read_key(declared, key)
        if declared.view is not None:
            raise ValidationError(f"{declared.name} rows cannot be deleted; delete the CustomAttributeValue.")
        row = self.rows.find(declared, identity)
        if row is None and (declared.table, identity) in self._deleted:
            # Clients delete an entity after taking it out of a collection, or after its parent.
            return
        self.remove(row or self.rows.get(declared, identity))

    def remove(self, row: Row) -> None:
        """Delete a stored row and everything that cannot exist without it."""
        self.filler.forget(row.entity)
        self._deleted.update((gone.entity.table, gone.key) for gone in self._deleter.delete(row))

    @property
    def deleted(self) -> frozenset[tuple[str, tuple[Any, ...]]]:
        """Table and key of every row deleted so far, with what went along."""
        return frozenset(self._deleted)

    def touch(self, entity: EntityType, key: tuple[Any, ...]) -> None:
        """Have a row that was made or changed checked when the batch ends."""
        self.filler.forget(entity)
        self._touched[entity.table, key] = entity

    def defer(self, action: Callable[[], None]) -> None:
        """Have something done when all operations of the batch have been."""
        self._deferred.append(action)

    def finish(self) -> None:
        """Do what had to wait for the whole batch, then check everything that must hold."""
        for action in self._deferred:
            action()
        for (_, key), entity in list(self._touched.items()):
            if entity.root == "Note" and (note := self.rows.find(entity, key)) is not None:
                settle_reply(self.rows, note)
        for entity, key in self._unfilled:
            row = self.rows.find(entity, key)
            if row is not None:
                values = dict(row.values)
                self._fill(entity, values)
                self._tell_types(row.entity, values)
                changed = {name: value for name, value in values.items() if value != row.values[name]}
                if changed:
                    table = self.rows.table(entity)
                    self.rows.connection.execute(
                        table.update().where(self.rows.identified(entity, key)).values(changed)
                    )
        found = (self.rows.find(entity, key) for (_, key), entity in self._touched.items())
        rows = [row for row in found if row is not None]
        constraints.check(self.rows, rows)
        self._refuse_circles(rows)
        self._deleter.check()

    # Reading operation data

    def _concrete(self, declared: EntityType, data: Mapping[str, Any]) -> EntityType:
        name = data.get("__entity_type__", declared.name)
        if not isinstance(name, str) or name == declared.name:
            return declared
        named = entity_type(self._model, name)
        if named.root != declared.root:
            raise ValidationError(f"The operation creates a {declared.name}, its data is of a {named.name}.")
        return named if named.name in declared.subtypes else declared

    def _read(
        self, entity: EntityType, data: Mapping[str, Any], *, creating: bool
    ) -> tuple[dict[str, Any], list[tuple[Collection, Any]]]:
        """Return stored values by column and the collections given."""
        values: dict[str, Any] = {}
        related: dict[str, Any] = {}
        collections: list[tuple[Collection, Any]] = []
        for name, value in data.items():
            if name in _TOLERATED:
                continue
            attribute = self._attribute(entity, name)
            if isinstance(attribute, Collection):
                if value:
                    self._refuse_derived(entity, attribute, creating=creating)
                derived = self._model.types[attribute.target].view is not None
                if not derived and (value or not creating):
                    collections.append((attribute, value or []))
            elif attribute.column is None:
                if value is not None:
                    raise ValidationError(f"{entity.name}.{name} is made by the server and cannot be set.")
            elif isinstance(attribute, Reference):
                target = self._model.types[attribute.target]
                related[attribute.column] = (
                    None if value is None else read_reference(self._model, entity, name, target, value)
                )
            else:
                values[attribute.column] = stored(self._model, entity, attribute, value)
        # Clients send a key's default along with the relation that replaces it.
        values.update(related)
        return values, collections

    def _attribute(self, entity: EntityType, name: str) -> Attribute:
        attribute = entity.attributes.get(name)
        if attribute is None:
            raise UnknownNameError(
                f"{entity.name} has no attribute `{name}`.{nearest(name, entity.attributes)}"
            )
        return attribute

    def _refuse_derived(self, entity: EntityType, attribute: Collection, *, creating: bool) -> None:
        if attribute.restricted:
            raise ValidationError(f"{entity.name}.{attribute.name} can only be used in criteria.")
        # On update clients list the rows they have changed, which exist by themselves.
        if creating and self._model.types[attribute.target].view is not None:
            raise ValidationError(
                f"{entity.name}.{attribute.name} cannot be set here; update the {attribute.target} rows instead."
            )

    def _refuse_immutable(self, row: Row, data: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        for name in data:
            if name not in row.entity.immutable:
                continue
            attribute = row.entity.attributes[name]
            column = getattr(attribute, "column", None)
            if column is not None and values.get(column) == row.values.get(column):
                continue
            raise ValidationError(f"{row.entity.name}.{name} cannot be changed once the entity exists.")
        for name, column in zip(row.entity.primary_key, self.rows.key_columns(row.entity), strict=True):
            if values.get(column, row.values[column]) != row.values[column]:
                raise ValidationError(f"{row.entity.name}.{name} is part of its key and cannot be changed.")

    # Completing new rows

    def _set_key(self, entity: EntityType, values: dict[str, Any], key: tuple[Any, ...]) -> None:
        for name, part in zip(entity.primary_key, key, strict=True):
            column = column_of(entity, name)
            if part is None:
                continue
            if values.get(column) not in (None, part):
                raise ValidationError(
                    f"{entity.name}: the key says `{name}` is {part!r}, the data says {values[column]!r}."
                )
            values[column] = part

    def _classified(self, entity: EntityType, values: Mapping[str, Any]) -> EntityType:
        """Return the subtype whose marks the values bear, else the type itself."""
        for name in entity.subtypes:
            subtype = self._model.types[name]
            own = {
                key: value for key, value in subtype.classifier.items() if entity.classifier.get(key) != value
            }
            if own and all(values.get(column_of(subtype, key)) == value for key, value in own.items()):
                return subtype
        return entity

    def _add_constants(self, entity: EntityType, values: dict[str, Any], given: frozenset[str]) -> None:
        for name, value in entity.classifier.items():
            column = column_of(entity, name)
            if values.get(column) not in (None, value):
                raise ValidationError(f"{entity.name}.{name} is always {value!r}, not {values[column]!r}.")
            values[column] = value
        if entity.type_column is not None:
            values[entity.type_column] = entity.name
        for attribute in entity.attributes.values():
            if (
                isinstance(attribute, ScalarAttribute)
                and attribute.column is not None
                and attribute.default is not None
                and attribute.column not in given
            ):
                default = stored(self._model, entity, attribute, attribute.default)
                values.setdefault(attribute.column, default)

    def _fill(self, entity: EntityType, values: dict[str, Any]) -> bool:
        """Fill in what the server fills in; return False while something has to wait."""
        complete = True
        for attribute in (*entity.attributes.values(), *entity.hidden.values()):
            if not isinstance(attribute, ScalarAttribute) or not attribute.fill or not attribute.column:
                continue
            if values.get(attribute.column) is None:
                value = self.filler.fill(entity, attribute, values)
                values[attribute.column] = value
                complete = complete and value is not None
        return complete

    def _tell_types(self, entity: EntityType, values: dict[str, Any]) -> None:
        """Keep the types of a row that is read as two kinds of entities (links, from either end)."""
        if self._dependencies.has_told_types(entity.table):
            values.update(self._model.concrete_types(entity, values))

    def _key_of(self, entity: EntityType, values: Mapping[str, Any]) -> tuple[Any, ...]:
        key = tuple(values.get(column) for column in self.rows.key_columns(entity))
        missing = [name for name, part in zip(entity.primary_key, key, strict=True) if part is None]
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            raise ValidationError(f"A new {entity.name} needs a value for {names}.")
        return key

    def _insert(self, entity: EntityType, key: tuple[Any, ...], values: Mapping[str, Any]) -> None:
        if self.rows.exists(entity, key):
            shown = ", ".join(map(str, key))
            raise DuplicateEntryError(f"There is a {entity.name} with key {shown} already.")
        self.rows.connection.execute(self.rows.table(entity).insert().values(dict(values)))
        self.touch(entity, key)

    # Consequences of changes

    def _reclassify(self, entity: EntityType, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        """Keep a row's own type in step with the attributes that mark it."""
        if entity.type_column is None or not any(
            column_of(entity, name) in values for name in entity.classifier
        ):
            return
        merged = {**before, **values}
        base = self._model.types[entity.base or entity.root]
        values[entity.type_column] = self._classified(base, merged).name

    def _move(self, entity: EntityType, key: tuple[Any, ...]) -> None:
        """Give a context that got a new parent, and all below it, the project they are now in."""
        row = self.rows.get(entity, key)
        parents = [row.values.get("parent_id")]
        found = next(self.rows.in_chunks(self._model.types["Context"], "id", [p for p in parents if p]), None)
        project = None if found is None else self.filler.project_of(found.entity, found.values)
        level = [key[0]]
        table = self.rows.table(entity)
        seen: set[Any] = set()
        while level and "project_id" in table.c:
            seen.update(level)
            for start in range(0, len(level), 900):
                chunk = level[start : start + 900]
                self.rows.connection.execute(
                    table.update().where(table.c.id.in_(chunk)).values(project_id=project)
                )
            children = self.rows.in_chunks(self._model.types["Context"], "parent_id", level)
            level = [child.key[0] for child in children if child.key[0] not in seen]
        if key[0] in self._ancestors(row):
            raise ValidationError(f"{entity.name} {key[0]} cannot be its own ancestor.")

    def _refuse_circles(self, rows: Iterable[Row]) -> None:
        """Refuse contexts below themselves: the batch names one as a parent before, or while, it makes it."""
        contexts = [row for row in rows if row.entity.root == "Context"]
        places = {row.key[0]: place for place, row in enumerate(contexts)}
        for place, row in enumerate(contexts):
            if places.get(row.values.get("parent_id"), -1) >= place and row.key[0] in self._ancestors(row):
                raise ValidationError(f"{row.entity.name} {row.key[0]} cannot be its own ancestor.")

    def _ancestors(self, row: Row) -> list[Any]:
        found: list[Any] = []
        context = self._model.types["Context"]
        parent = row.values.get("parent_id")
        while parent is not None and parent not in found:
            found.append(parent)
            above = self.rows.find(context, (parent,))
            parent = None if above is None else above.values.get("parent_id")
        return found
