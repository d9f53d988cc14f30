"""New entities before they are recorded, and this session's objects for entities of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ftrack_typed.entity import Entity
from ftrack_typed.entity.base import _restore
from ftrack_typed.entity.collections import Collection
from ftrack_typed.entity.info import UID
from ftrack_typed.entity.owner import Arrival, EntityOwner
from ftrack_typed.entity.validation import new_identifier, validate_assignment
from ftrack_typed.errors import (
    ComputedAttributeError,
    OperationError,
    UnknownAttributeError,
    ValueTypeError,
)
from ftrack_typed.identity.pairs import key_of
from ftrack_typed.unit_of_work.plans import CreationPlan, Fitting, Made, creation_plan

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.entity.registry import EntityRegistry
    from ftrack_typed.identity.map import IdentityMap

_ACCEPTED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"Job": {"type": ("api_job",)}}
"""Values that servers take for an attribute of a new entity, where these are fewer than those they send."""

_LEAVES: Final = frozenset({str, int, float, bool, type(None)})
"""Types of values that are of no session."""

_PLANS_KEPT: Final = 1024
"""Sets of attributes whose plans are remembered; each takes about a kilobyte."""


class Creator:
    """Makes the objects a session works with. Records nothing."""

    def __init__(self, session: EntityOwner, registry: EntityRegistry, identities: IdentityMap) -> None:
        self._session = session
        self._registry = registry
        self._identities = identities
        self._plans: dict[tuple[type[Entity], bool, tuple[str, ...]], CreationPlan] = {}

    def attribute(self, cls: type[Entity], wire: str) -> Attribute | None:
        """The attribute with this wire name, also one only the server's schema has."""
        found = cls.__attributes__.get(cls.__entity__.python_names.get(wire, wire))
        return self._session._extra_attribute(cls, wire) if found is None else found

    def given(self, cls: type[Entity], name: object, by_wire: bool) -> Attribute:
        """The attribute that a value is given for, also one only the server's schema has.

        Args:
            cls: The entity class.
            name: Its name, of the wire or of Python.
            by_wire: Which of them.

        Raises:
            UnknownAttributeError: when there is none.
        """
        if not isinstance(name, str):
            raise UnknownAttributeError(cls.__entity__.name, str(name))
        if by_wire:
            found = self.attribute(cls, name)
            if found is not None and found.wire == name:
                return found
            known = [attribute.wire for attribute in cls.__attributes__.values()]
            raise UnknownAttributeError(cls.__entity__.name, name, known)
        found = cls.__attributes__.get(name) or self._session._extra_attribute(cls, name)
        if found is not None and found.name == name:
            return found
        raise UnknownAttributeError(cls.__entity__.name, name, cls.__attributes__)

    def make(self, cls: type[Entity], values: Mapping[str, Any], by_wire: bool) -> tuple[Made, CreationPlan]:
        """Make an entity with validated values and the type's defaults; with the plan it was made by.

        Args:
            cls: The entity class.
            values: First values.
            by_wire: Whether their names are those of the wire, not Python's.

        Raises:
            UnknownAttributeError, ComputedAttributeError, ValueTypeError: for a wrong value.
            OperationError: when the key is incomplete.
        """
        if cls.__entity__.name in _ACCEPTED:
            values = _acceptable(cls.__entity__.name, values)
        plan = self._plans.get((cls, by_wire, tuple(values))) or self._plan(cls, values, by_wire)
        if plan.straight is not None:
            return plan.straight(values), plan
        plan.used(self._checked, self._session)
        return self._made(plan, values), plan

    def _made(self, plan: CreationPlan, values: Mapping[str, Any]) -> Made:
        cls, info = plan.cls, plan.cls.__entity__
        loaded: dict[str, Any] = {}
        entity = _restore(cls, loaded)
        for found, fitting, value in zip(plan.attributes, plan.fitting, values.values(), strict=True):
            kind = type(value)
            fits = kind in fitting and (kind in _LEAVES or self._is_own(value))
            loaded[found.name] = value if fits else self._checked(found, fitting, entity, value)
        for name, default in plan.defaults:
            loaded[name] = new_identifier() if default is UID else default
        for relation, foreign_key, is_given in plan.foreign_keys:
            related = loaded[relation]
            related_key = key_of(related)
            if related is None or related_key is not None:
                if is_given and loaded[foreign_key] != related_key:
                    wire, given = cls.__attributes__[foreign_key].wire, loaded[foreign_key]
                    raise ValueTypeError(info.name, wire, f"{related_key!r}, as {relation} says", given)
                loaded[foreign_key] = related_key
        key = entity.primary_key
        if len(info.primary_key) > 1 and len(key) != len(info.primary_key):
            missing = ", ".join(name for name in info.primary_key if name not in key)
            raise OperationError(f"A {info.name} can't be created without {missing}: they are its key.")
        data = {wire: loaded[name] for wire, name in plan.sent}
        data.update((wire, loaded[name]) for wire, name in plan.sent_once_known if name in loaded)
        return entity, key, data

    def _is_own(self, entity: Entity) -> bool:
        arrival = entity._arrival
        return arrival is not None and arrival.session is self._session

    def _checked(self, attribute: Attribute, fitting: Fitting, entity: Entity, value: Any) -> Any:
        cls = type(entity)
        if attribute.computed:
            raise ComputedAttributeError(cls.__entity__.name, attribute.wire)
        stored = validate_assignment(cls, attribute, self.own(value), entity)
        if attribute.kind == "reference" and stored is not None:
            fitting[type(stored)] = stored.__entity__.lone_key
        return stored

    def _plan(self, cls: type[Entity], values: Mapping[str, Any], by_wire: bool) -> CreationPlan:
        given = [self.given(cls, name, by_wire) for name in values]
        known = self._identities.of(self._registry.root(cls.__entity__.name))
        if len(self._plans) >= _PLANS_KEPT:
            self._plans.clear()
        plan = self._plans[cls, by_wire, tuple(values)] = creation_plan(cls, given, known)
        return plan

    def own(self, value: Any) -> Any:
        """This session's object for an entity of another one, anything else as it is."""
        if type(value) in _LEAVES:
            return value
        if isinstance(value, Entity):
            if value.session is self._session:
                return value
            return self._known_or_reference(value)
        if isinstance(value, (list, tuple, Collection)):
            return [self.own(item) for item in value]
        return value

    def _known_or_reference(self, foreign: Entity) -> Entity:
        key = foreign.primary_key
        cls = self._registry[foreign.entity_type] if foreign.entity_type in self._registry else type(foreign)
        if len(key) != len(cls.__entity__.primary_key):
            raise OperationError(
                f"{foreign!r} has no key, so nothing can refer to it; create it in this session."
            )
        root = self._registry.root(cls.__entity__.name)
        parts = tuple(key.values())
        part = parts[0] if len(parts) == 1 else parts
        known = self._identities.find(root, part)
        if known is None:
            names = cls.__entity__.python_names
            known = cls(**{names.get(wire, wire): value for wire, value in key.items()})
            known._arrival = Arrival(self._session)
            self._identities.keep(root, part, known)
        return known

    def take_key(self, entity: Entity, data: Mapping[str, Any]) -> None:
        """Use the key the server chose, when it chose one."""
        info = type(entity).__entity__
        if info.lone_key is not None and data.get(info.primary_key[0]) == vars(entity).get(info.lone_key):
            return  # as it was made up here
        given = {wire: data[wire] for wire in info.primary_key if wire in data}
        old = entity.primary_key
        if given == old or len(given) < len(info.primary_key):
            return
        root = self._registry.root(info.name)
        parts = tuple(old.values())
        if parts:
            self._identities.discard(root, parts[0] if len(parts) == 1 else parts)
        for wire, value in given.items():
            vars(entity)[info.python_names.get(wire, wire)] = value
        parts = tuple(given.values())
        self._identities.keep(root, parts[0] if len(parts) == 1 else parts, entity)


def _acceptable(entity_type: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """First values without those that don't count: None where only certain values are taken.

    Raises:
        ValueTypeError: for a value servers don't take.
    """
    accepted = _ACCEPTED.get(entity_type)
    if accepted is None:
        return values
    for name in values.keys() & accepted.keys():
        if values[name] is not None and values[name] not in accepted[name]:
            taken = " or ".join(map(repr, accepted[name]))
            raise ValueTypeError(entity_type, name, f"{taken} at creation", values[name])
    return {name: value for name, value in values.items() if value is not None or name not in accepted}
