"""What a user has selected: the entities, fetched once somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ftrack_typed.errors import EventHubError

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.events.topics import EventContext, SelectedEntity

E = TypeVar("E", bound="Entity")


class Selection(Sequence["Entity"]):
    """The selected entities, in the order they were selected.

    They are fetched when first looked at, with one request for each kind that is selected, as the server has them at
    that moment. Entities the server does not have any more are left out.

    Args:
        selected: What the event names.
        context: The session they belong to.
    """

    selected: tuple[SelectedEntity, ...]
    """Keys and tables as the event names them; looking at this fetches nothing."""

    def __init__(self, selected: Iterable[SelectedEntity], context: EventContext | None) -> None:
        self.selected = tuple(selected)
        self._context = context
        self._loaded: tuple[Entity, ...] | None = None

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entity]: ...
    def __getitem__(self, index: int | slice) -> Entity | Sequence[Entity]:
        return self._entities()[index]

    def __len__(self) -> int:
        return len(self._entities())

    def __repr__(self) -> str:
        return f"<Selection of {len(self.selected)}>"

    def of(self, entity_class: type[E]) -> list[E]:
        """Those of a class, typed."""
        return [entity for entity in self if isinstance(entity, entity_class)]

    def only(self, *entity_classes: type[Entity]) -> bool:
        """Whether something is selected, and nothing but entities of these classes."""
        return len(self) > 0 and all(isinstance(entity, entity_classes) for entity in self)

    def _entities(self) -> tuple[Entity, ...]:
        if self._loaded is None:
            self._loaded = tuple(self._load())
        return self._loaded

    def _load(self) -> list[Entity]:
        context = self._context
        if context is None:
            raise EventHubError("The event came to a hub without a session, which knows no entities.")
        keys: dict[type[Entity], list[str]] = {}
        for each in self.selected:
            cls = context.class_of(each.table, each.table)
            if cls is not None and len(cls.__entity__.primary_key) == 1:
                keys.setdefault(cls, []).append(each.id)
        found: dict[str, Any] = {}
        for cls, wanted in keys.items():
            key = getattr(cls, cls.__entity__.python_names.get(cls.__entity__.primary_key[0], "id"))
            for entity in context.session.query(cls).where(key.in_(wanted)):
                found[next(iter(entity.primary_key.values()))] = entity
        return [found[each.id] for each in self.selected if each.id in found]
