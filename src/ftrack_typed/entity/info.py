"""Facts about an entity type that its attribute declarations do not show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ftrack_typed.symbol import Symbol

UID: Final[Any] = Symbol("UID")
"""Default of identifiers: a fresh UUID made by the client (wire: ``{uid}``)."""

UNSET: Final[Any] = Symbol("UNSET", truth=False)
"""Right-hand side of attribute declarations: no value is stored on the class."""


class EntityInfo:
    """What the server's schema says about one entity type as a whole.

    All attribute names are wire names. The lists are complete for the type, not inherited: a subtype
    may be stricter than its base (a shot's ``bid`` can't be changed, a task's can).

    Args:
        name: Wire id of the entity type, for example ``Task``.
        primary_key: Attributes identifying an entity, in the order of ``entity_key`` on the wire.
        default_projections: What a query without ``select`` loads.
        system_projections: What the server always sends along.
        required: Attributes that must have a value when the entity is committed.
        immutable: Attributes that can be given at creation only.
        computed: Attributes only the server sets.
        defaults: Values a new entity starts with; :data:`UID` asks for a fresh identifier.
        wire_names: Python spelling → wire name, for those that differ.
        required_on_create: Those of `required` that the server neither fills in nor has a default for.
    """

    __slots__ = (
        "computed",
        "default_projections",
        "defaults",
        "immutable",
        "key_names",
        "lone_key",
        "name",
        "primary_key",
        "python_names",
        "required",
        "required_on_create",
        "system_projections",
        "wire_names",
    )

    def __init__(
        self,
        name: str,
        *,
        primary_key: Iterable[str],
        default_projections: Iterable[str] = (),
        system_projections: Iterable[str] = (),
        required: Iterable[str] = (),
        immutable: Iterable[str] = (),
        computed: Iterable[str] = (),
        defaults: Mapping[str, Any] | None = None,
        wire_names: Mapping[str, str] | None = None,
        required_on_create: Iterable[str] = (),
    ) -> None:
        self.name: str = name
        self.primary_key: tuple[str, ...] = tuple(primary_key)
        self.default_projections: tuple[str, ...] = tuple(default_projections)
        self.system_projections: tuple[str, ...] = tuple(system_projections)
        self.required: frozenset[str] = frozenset(required)
        self.required_on_create: frozenset[str] = frozenset(required_on_create)
        self.immutable: frozenset[str] = frozenset(immutable)
        self.computed: frozenset[str] = frozenset(computed)
        self.defaults: Mapping[str, Any] = dict(defaults or {})
        self.wire_names: Mapping[str, str] = dict(wire_names or {})
        self.python_names: Mapping[str, str] = {wire: python for python, wire in self.wire_names.items()}
        names = [self.python_names.get(wire, wire) for wire in self.primary_key]
        self.key_names: tuple[tuple[str, str], ...] = tuple(zip(self.primary_key, names, strict=True))
        """Wire and Python names of the key attributes."""
        self.lone_key: str | None = names[0] if len(names) == 1 else None
        """Python name of the key attribute, None where there are several."""

    def __repr__(self) -> str:
        return f"EntityInfo({self.name!r})"
