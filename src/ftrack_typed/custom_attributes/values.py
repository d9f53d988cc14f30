"""Values of custom attributes: what they are and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_typed.custom_attributes.configurations import Configurations
from ftrack_typed.custom_attributes.stored import Lookup, StoredValues
from ftrack_typed.entity.custom_attributes import ValueSource
from ftrack_typed.entity.mapped import CUSTOM_ATTRIBUTE_VALUE as SPARSE
from ftrack_typed.entity.mapped import CustomAttributeCollection
from ftrack_typed.errors import UnknownCustomAttributeError, UnrecognisedEntityTypeError
from ftrack_typed.symbol import CREATED, DELETED, NOT_SET, Symbol

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.identity.map import IdentityMap

_ANCESTORS = ("parent", "asset")
_HOLDERS = ("Context", "Asset")
"""Topmost types of what values are inherited from."""


class CustomValues:
    """What the custom attributes of the entities of one session are.

    Args:
        configurations: The custom attributes there are.
        registry: Entity classes of the session.
        identities: The entities the session holds.
        lookup: Asks the server.
        local: Gives the value an attribute was set to and that is not committed yet, else ``NOT_SET``.
        state: Tells what the next commit does with an entity.
    """

    def __init__(
        self,
        configurations: Configurations,
        registry: EntityRegistry,
        identities: IdentityMap,
        lookup: Lookup,
        local: Callable[[Entity, str], Any],
        state: Callable[[Entity], Symbol],
    ) -> None:
        self.configurations = configurations
        self._registry = registry
        self._identities = identities
        self._get = lookup.get
        self._stored = StoredValues(lookup)
        self._local = local
        self._state = state

    def _is_created(self, entity: Entity) -> bool:
        return self._state(entity) is CREATED

    def _held(self, key: str) -> Entity | None:
        """The context or asset with this key, if the session holds it."""
        found = (self._identities.find(root, key) for root in _HOLDERS)
        return next((entity for entity in found if entity is not None), None)

    # -- reading -----------------------------------------------------------------------------------

    def keys(self, rows: CustomAttributeCollection) -> Collection[str]:
        """The keys an entity has: those the server sent, or those of defaults it does not send."""
        sent = rows.row_by_key()
        if not self._lacks_defaults(rows):
            return sent
        return dict.fromkeys((*sent, *self.configurations.of(rows.entity)))

    def default(self, rows: CustomAttributeCollection, key: str) -> Any:
        """The value of an attribute the server sent no row for: its default, where these are not sent.

        Raises:
            UnknownCustomAttributeError: when the entity has no such attribute; also a `KeyError`.
        """
        if self._lacks_defaults(rows):
            configuration = self.configurations.find(rows.entity, key)
            return configuration.read(configuration.default)
        raise UnknownCustomAttributeError(
            f"{rows.entity.entity_type}.custom_attributes", key, rows.row_by_key()
        )

    def is_sparse(self, rows: CustomAttributeCollection) -> bool:
        """Whether the server has rows only for the values that were set (wire: protocol 2, key/value rows)."""
        return self._registry.by_class_name(rows._attribute.target).__entity__.name == SPARSE

    def _lacks_defaults(self, rows: CustomAttributeCollection) -> bool:
        return self._is_created(rows.entity) or self.is_sparse(rows)

    def key_of(self, row: Entity) -> str | None:
        """The key of a row that came without; None when the user may not see its configuration."""
        configuration = self.configurations.seek(str(vars(row)["configuration_id"]))
        return None if configuration is None else configuration.key

    def known_key(self, row: Entity) -> str | None:
        """As :meth:`key_of`, without asking the server."""
        if not self.configurations.fetched:
            return None
        configuration = self.configurations.by_id(str(vars(row)["configuration_id"]))
        return None if configuration is None else configuration.key

    def read(self, row: Entity) -> Any:
        """The text in a row in the type its configuration gives it."""
        value = row["value"]
        configuration = self.configurations.by_id(row["configuration_id"]) if _ambiguous(value) else None
        return value if configuration is None else configuration.read(value)

    def chosen(self, rows: Sequence[Entity]) -> Entity:
        """Of several rows with one key the one that counts: that of the entity's own project, or type."""

        def precedence(row: Entity) -> tuple[bool, bool]:
            configuration = self.configurations.by_id(row["configuration_id"])
            return (True, True) if configuration is None else configuration.precedence()

        return min(rows, key=precedence)

    # -- sources -----------------------------------------------------------------------------------

    def source(self, rows: CustomAttributeCollection, key: str) -> ValueSource:
        """Where the value in effect of an attribute comes from.

        Raises:
            UnknownCustomAttributeError: when the entity has no such attribute; also a `KeyError`.
        """
        owner = rows.entity
        row = rows._row(key)
        if row is None:
            default = self.default(rows, key)  # refuses unknown keys
            made = self.configurations.find(owner, key)
            identifier, configuration = made.id, self.configurations.by_id(made.id)
        else:
            identifier = row["configuration_id"]
            configuration = self.configurations.by_id(identifier)
            local = NOT_SET
            if not self._is_removed(identifier, str(owner.primary_key["id"])):
                local = row["value"] if self.is_sparse(rows) else self._local(row, "value")
            if local is not NOT_SET:
                return ValueSource(
                    "own", local if configuration is None else configuration.read(local), owner
                )
            default = row["value"] if configuration is None else configuration.read(configuration.default)
        inherits = configuration is not None and configuration.is_hierarchical
        holders = self._holders(owner, inherits)
        set_on = {
            holder: value if configuration is None else configuration.read(value)
            for holder, value in self._set_on(owner, identifier, inherits).items()
            if not self._is_removed(identifier, holder)
        }
        itself, *ancestors = holders
        if itself[0] in set_on:
            return ValueSource("own", set_on[itself[0]], owner)
        for holder, entity_type in ancestors:
            value = self._uncommitted(holder, key, identifier)
            value = set_on.get(holder, NOT_SET) if value is NOT_SET else value
            if value is not NOT_SET:
                return ValueSource("inherited", value, self._entity(holder, entity_type))
        return ValueSource("default", default)

    def _uncommitted(self, holder: str, key: str, configuration_id: str) -> Any:
        """The value that was given to an ancestor and is not committed yet, else ``NOT_SET``."""
        entity = self._held(holder)
        rows = None if entity is None else vars(entity).get("custom_attributes")
        row = rows._row(key) if isinstance(rows, CustomAttributeCollection) else None
        if row is None or vars(row).get("configuration_id") != configuration_id:
            return NOT_SET
        if self._is_removed(configuration_id, holder):
            return NOT_SET
        return vars(row).get("value", NOT_SET) if self._is_created(row) else self._local(row, "value")

    def stored(self, entity: Entity, configuration_id: str) -> Entity | None:
        """The value of an attribute that was set on an entity, as an entity of its own; None for a default."""
        return self._get(self._registry[SPARSE], (configuration_id, entity.primary_key["id"]))

    def _is_removed(self, configuration_id: str, holder: str) -> bool:
        """Whether the next commit takes this value away from who holds it."""
        value = self._identities.find(SPARSE, (configuration_id, holder))
        return value is not None and self._state(value) is DELETED

    def _set_on(self, owner: Entity, configuration_id: str, inherits: bool) -> dict[str, Any]:
        """The values set on an entity and on what it inherits from, by their ids."""

        def holders(entity: Entity) -> list[str] | None:
            if entity is not owner and inherits and "link" not in vars(entity):
                return None
            return [holder for holder, _ in self._holders(entity, inherits)]

        return self._stored.of(owner, configuration_id, holders)

    def _holders(self, entity: Entity, inherits: bool) -> list[tuple[str, str]]:
        """Ids and types of an entity and what it may inherit from, nearest first."""
        itself = (str(entity.primary_key["id"]), entity.entity_type)
        return [itself, *self._ancestors(entity)] if inherits else [itself]

    def _ancestors(self, entity: Entity) -> list[tuple[str, str]]:
        """Ids and types of what an entity is below, nearest first."""
        for name in _ANCESTORS:
            # A place that is not on the server yet is known here only.
            if name in type(entity).__attributes__ and (
                self._is_created(entity) or self._local(entity, name) is not NOT_SET
            ):
                above = getattr(entity, name)
                if not hasattr(above, "__entity__"):
                    return []
                return [(str(above.primary_key["id"]), above.entity_type), *self._ancestors(above)]
        link = getattr(entity, "link", None) if "link" in type(entity).__attributes__ else None
        steps = link if isinstance(link, list) else []
        return [(step["id"], step["type"]) for step in reversed(steps[:-1])]

    def _entity(self, key: str, entity_type: str) -> Entity | None:
        try:
            return self._get(self._registry[entity_type], key)
        except UnrecognisedEntityTypeError:
            return self._get(self._registry["Context"], key)


def _ambiguous(value: Any) -> bool:
    """Whether a value may be more than the text it came as: a date, which defaults have as text."""
    return isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-"
