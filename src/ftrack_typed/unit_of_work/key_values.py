"""Metadata and custom attributes: setting a key becomes operations on the row behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_typed.custom_attributes.configurations import Configurations
from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.entity.mapped import CustomAttributeCollection, mapped_collection
from ftrack_typed.entity.owner import Arrival
from ftrack_typed.errors import InvalidStateError, OperationError, UnknownAttributeError
from ftrack_typed.identity.map import IdentityMap

if TYPE_CHECKING:
    from ftrack_typed.custom_attributes.configuration import AttributeConfiguration
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.unit_of_work.pending import Pending
    from ftrack_typed.unit_of_work.unit import UnitOfWork


class KeyValues:
    """Sets and removes keys of key/value attributes for one unit of work.

    Metadata rows are created and deleted like any entity. The rows of custom attributes are made by the server as
    soon as an entity exists (wire: protocol 2, key/value rows): here they are only ever updated, and for an entity
    that is not committed yet the updates follow its creation in the same batch.
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

    def prepare(
        self, entity: Entity, attribute: Attribute, values: Mapping[str, Any]
    ) -> list[tuple[AttributeConfiguration, Any]]:
        """Check the custom attributes an entity is to be created with, before anything is recorded.

        Raises:
            UnknownAttributeError, ValueTypeError: as :meth:`set`.
        """
        found = [(self._configurations.find(entity, key), value) for key, value in values.items()]
        return [
            (configuration, configuration.accept(entity.entity_type, value)) for configuration, value in found
        ]

    def give(
        self, rows: CustomAttributeCollection, prepared: Iterable[tuple[AttributeConfiguration, Any]]
    ) -> None:
        """Set what :meth:`prepare` checked."""
        for configuration, value in prepared:
            row = self._row(rows, configuration)
            rows._put(configuration.key, row)
            row["value"] = value

    def delete(self, rows: KeyValueCollection[Any], key: str) -> None:
        """Remove a key and delete its row.

        Raises:
            OperationError: for a custom attribute, which every entity of its kind has.
        """
        if rows._attribute.target != "Metadata":
            raise OperationError(
                f"Custom attribute {key!r} of {rows.entity!r} can't be removed, as every entity of its kind has it; "
                "set it to None."
            )
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

    def settle_created(self, entity: Entity) -> None:
        """An entity was committed: from now on the server knows its custom attributes."""
        loaded = vars(entity)
        for name, value in list(loaded.items()):
            if isinstance(value, CustomAttributeCollection):
                del loaded[name]
        pending, key = self._unit.pending.mine, entity.primary_key.get("id")
        pending.expected = [row for row in pending.expected if vars(row)["entity_id"] != key]

    def rollback(self, pending: Pending) -> None:
        """Let go of the rows of entities that will not be."""
        for row in pending.expected:
            cls = type(row)
            self._identities.discard(
                self._registry.root(cls.__entity__.name), tuple(row.primary_key.values())
            )
            row._arrival = None
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
        row["value"] = value if known is None else known.accept(rows.entity.entity_type, value)

    def _row(self, rows: CustomAttributeCollection, configuration: AttributeConfiguration) -> Entity:
        owner = rows.entity
        identifier = owner.primary_key.get("id")
        if identifier is None or owner.session is None:
            raise InvalidStateError(f"{owner!r} has no key yet, so its custom attributes can't be set.")
        cls = self._registry.by_class_name(rows._attribute.target)
        given = {"configuration_id": configuration.id, "entity_id": identifier}
        key = tuple(given[wire] for wire in cls.__entity__.primary_key)
        root = self._registry.root(cls.__entity__.name)
        row = self._identities.find(root, key)
        if row is None:
            row = cls(**given)
            vars(row)["key"] = configuration.key
            row._arrival = Arrival(owner.session)
            self._identities.keep(root, key, row)
            self._unit.pending.mine.expected.append(row)
        return row
