"""Metadata and custom attributes: setting a key becomes operations on the row behind it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.entity.departed import DEPARTED
from ftrack_typed.entity.mapped import CUSTOM_ATTRIBUTE_VALUE, CustomAttributeCollection, mapped_collection
from ftrack_typed.entity.owner import Arrival
from ftrack_typed.errors import InvalidStateError, OperationError, UnknownAttributeError
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.unit_of_work.operations import DeleteEntityOperation

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes.configuration import AttributeConfiguration
    from ftrack_typed.custom_attributes.configurations import Configurations
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.unit_of_work.pending import Pending
    from ftrack_typed.unit_of_work.unit import UnitOfWork


_logger = logging.getLogger("ftrack_typed.session")

Prepared: TypeAlias = "list[tuple[AttributeConfiguration, Any]]"
"""Custom attributes that were checked, and the values they are to have."""


class KeyValues:
    """Sets and removes keys of key/value attributes for one unit of work.

    Metadata rows are created and deleted like any entity. The rows of custom attributes are made by the server as
    soon as an entity exists (wire: protocol 2, key/value rows): here they are only ever updated, and for an entity
    that is not committed yet the updates follow its creation in the same batch. Where the server has rows only for
    values that were set, they are created and deleted, too.
    """

    def __init__(
        self,
        unit: UnitOfWork,
        registry: EntityRegistry,
        identities: IdentityMap,
        configurations: Configurations,
    ) -> None:
        self._unit = unit
        self._registry = registry
        self._identities = identities
        self._configurations = configurations

    def set(self, rows: KeyValueCollection[Any], key: str, value: Any) -> None:
        """Set a key.

        Raises:
            UnknownAttributeError: for a custom attribute the entity does not have; also a `KeyError`.
            ValueTypeError: when the value does not fit a custom attribute.
        """
        if isinstance(rows, CustomAttributeCollection):
            self._set_custom(rows, key, value)
            return
        row = rows._row(key)
        if row is not None:
            row["value"] = value
            return
        attribute, owner = rows._attribute, rows.entity
        if attribute.target != "Metadata":
            raise UnknownAttributeError(f"{owner.entity_type}.{attribute.wire}", key, list(rows))
        parent_key = owner.primary_key
        data = {"parent_id": next(iter(parent_key.values())), "parent_type": owner.entity_type, "key": key}
        with self._unit.lock:
            made = self._unit.create(self._registry["Metadata"], {**data, "value": value})
            self._unit.remember_rows(rows)
            rows._put(key, made)

    def prepare(self, entity: Entity, attribute: Attribute, values: Mapping[str, Any]) -> Prepared:
        """Check the custom attributes an entity is to be created with, before anything is recorded.

        Raises:
            UnknownAttributeError, ValueTypeError: as :meth:`set`.
        """
        found = [(self._configurations.find(entity, key), value) for key, value in values.items()]
        return [
            (configuration, configuration.accept(entity.entity_type, value)) for configuration, value in found
        ]

    def give(self, rows: CustomAttributeCollection, prepared: Prepared) -> None:
        """Set what :meth:`prepare` checked."""
        for configuration, value in prepared:
            if self._is_sparse(rows):
                self._create_row(rows, configuration, value)
                continue
            row = self._row(rows, configuration)
            rows._put(configuration.key, row)
            row["value"] = value

    def delete(self, rows: KeyValueCollection[Any], key: str) -> None:
        """Remove a key and delete its row.

        Raises:
            KeyError: when there is no such key.
            OperationError: for a custom attribute whose default can't be told.
        """
        if isinstance(rows, CustomAttributeCollection):
            self._delete_custom(rows, key)
            return
        with self._unit.lock:
            self._unit.remember_rows(rows)
            row = rows._drop(key)
            if row is not None:
                self._unit.delete(row)

    def assign(self, entity: Entity, attribute: Attribute, values: Mapping[str, Any]) -> None:
        """Assign a whole mapping: metadata becomes it, of custom attributes those in it are set."""
        rows = getattr(entity, attribute.name)
        if not isinstance(rows, KeyValueCollection):
            rows = mapped_collection(entity, attribute, [])
            vars(entity)[attribute.name] = rows
        if attribute.target == "Metadata":
            for key in [key for key in rows if key not in values]:
                self.delete(rows, key)
        for key, value in values.items():
            self.set(rows, key, value)

    def settle_created(self, entity: Entity, pending: Pending) -> None:
        """An entity was committed: from now on the server knows its custom attributes."""
        loaded = vars(entity)
        for name in [name for name, value in loaded.items() if type(value) is CustomAttributeCollection]:
            del loaded[name]
        if pending.expected:
            key = entity.primary_key.get("id")
            pending.expected = [row for row in pending.expected if vars(row)["entity_id"] != key]

    def settle_deleted(self, value: Entity) -> None:
        """A value was deleted: from now on the entity has the default."""
        if value.entity_type == CUSTOM_ATTRIBUTE_VALUE:
            for name in self._registry:
                row = None if name == CUSTOM_ATTRIBUTE_VALUE else self._shown_by(name, value)
                if row is not None:
                    self._unit.changes.settle(row, "value")

    def rollback(self, pending: Pending) -> None:
        """Let go of the rows of entities that will not be."""
        for row in pending.expected:
            cls = type(row)
            self._identities.discard(
                self._registry.root(cls.__entity__.name), tuple(row.primary_key.values())
            )
            row._arrival = DEPARTED
        pending.expected.clear()

    # -- custom attributes -------------------------------------------------------------------------

    def _set_custom(self, rows: CustomAttributeCollection, key: str, value: Any) -> None:
        row = rows._row(key)
        if row is None:
            configuration = self._configurations.find(rows.entity, key)
            accepted = configuration.accept(rows.entity.entity_type, value)
            with self._unit.lock:
                self.give(rows, [(configuration, accepted)])
            return
        known = self._configurations.by_id(row["configuration_id"])
        # Who may not see the configuration may still be allowed to set the value: the server checks it.
        accepted = value if known is None else known.accept(rows.entity.entity_type, value)
        with self._unit.lock:
            self._taken_back(row.primary_key.values())
            row["value"] = accepted

    def _is_sparse(self, rows: CustomAttributeCollection) -> bool:
        return self._row_class(rows).__entity__.name == CUSTOM_ATTRIBUTE_VALUE

    def _row_class(self, rows: CustomAttributeCollection) -> type[Entity]:
        return self._registry.by_class_name(rows._attribute.target)

    def _create_row(
        self, rows: CustomAttributeCollection, configuration: AttributeConfiguration, value: Any
    ) -> None:
        given = {"configuration_id": configuration.id, "entity_id": _key_of(rows.entity)}
        row = self._taken_back(given.values())
        if row is None:
            row = self._unit.create(self._row_class(rows), {**given, "value": value})
        else:
            row["value"] = value
        self._unit.remember_rows(rows)
        rows._put(configuration.key, row)

    def _taken_back(self, key: Iterable[Any]) -> Entity | None:
        """The value with this key, when this thread was to delete it: it is changed instead."""
        value = self._identities.find(CUSTOM_ATTRIBUTE_VALUE, tuple(key))
        if value is None or id(value) not in self._unit.deletions:
            return None
        deletions = [
            operation
            for operation in self._unit.operations
            if isinstance(operation, DeleteEntityOperation) and operation.entity is value
        ]
        if not deletions:
            return None
        self._unit.operations.remove(deletions)
        self._unit.deletions.pop(id(value), None)
        return value

    def _delete_custom(self, rows: CustomAttributeCollection, key: str) -> None:
        """Take the value away, so that the default is in effect."""
        owner, row = rows.entity, rows._row(key)
        if row is None:
            self._configurations.find(owner, key)  # refuses unknown keys
            _logger.warning("Custom attribute %r of %r has its default already.", key, owner)
        elif self._is_sparse(rows):
            with self._unit.lock:
                self._unit.remember_rows(rows)
                self._unit.delete(rows._drop(key))
        elif self._unit.is_created(owner):
            self._unit.revert(row, type(row).__attributes__["value"])
            rows._drop(key)
        else:
            self._back_to_default(rows, key, row)

    def _shown_by(self, row_type: str, value: Entity) -> Entity | None:
        """The row of this type that shows a value, if the session holds it."""
        if not row_type.endswith(CUSTOM_ATTRIBUTE_VALUE):
            return None
        return self._identities.find(self._registry.root(row_type), tuple(value.primary_key.values()))

    def _back_to_default(self, rows: CustomAttributeCollection, key: str, row: Entity) -> None:
        """Delete the value a row shows (wire: the row itself is derived from it, and can't be deleted)."""
        configuration = self._configurations.by_id(row["configuration_id"])
        if configuration is None or CUSTOM_ATTRIBUTE_VALUE not in self._registry:
            raise OperationError(
                f"The default of the custom attribute {key!r} of {rows.entity!r} is not known; set it to a value."
            )
        stored = rows._values().stored(rows.entity, configuration.id)
        attribute = type(row).__attributes__["value"]
        changed = self._unit.changes.is_changed(row, attribute.name)
        with self._unit.lock:
            self._unit.revert(row, attribute)
            if stored is None:
                if not changed:
                    _logger.warning("Custom attribute %r of %r has its default already.", key, rows.entity)
                return
            self._unit.delete(stored)
            self._unit.changes.remember(row, attribute.name, recorded=self._unit.recording)
            vars(row)[attribute.name] = configuration.read(configuration.default)

    def _row(self, rows: CustomAttributeCollection, configuration: AttributeConfiguration) -> Entity:
        owner, cls = rows.entity, self._row_class(rows)
        given = {"configuration_id": configuration.id, "entity_id": _key_of(owner)}
        key = tuple(given[wire] for wire in cls.__entity__.primary_key)
        root = self._registry.root(cls.__entity__.name)
        row = self._identities.find(root, key)
        if row is None:
            row = cls(**given)
            vars(row)["key"] = configuration.key
            assert owner.session is not None
            row._arrival = Arrival(owner.session)
            self._identities.keep(root, key, row)
            self._unit.pending.mine.expected.append(row)
        return row


def _key_of(owner: Entity) -> Any:
    identifier = owner.primary_key.get("id")
    if identifier is None or owner.session is None:
        raise InvalidStateError(f"{owner!r} has no key yet, so its custom attributes can't be set.")
    return identifier
