"""What people read with, besides queries: the half of a session's face that says what reading may cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity import Entity
from ftrack_typed.entity.checking import checked_entity
from ftrack_typed.errors import QueryNameError
from ftrack_typed.query import paths
from ftrack_typed.query.paths import Expr, ManyPath

if TYPE_CHECKING:
    import threading

    from ftrack_typed.loading import Loader
    from ftrack_typed.missing import MissingPolicy, OnMissing
    from ftrack_typed.transport import HttpTransport
    from ftrack_typed.transport.budget import Budget


class Reading:
    """Loading ahead, budgets, and what happens to attributes that are not loaded; a base of the session."""

    if TYPE_CHECKING:
        _loader: Loader
        _missing: MissingPolicy
        _transport: HttpTransport
        _auto_populate: bool
        _local: threading.local
        _validate_queries: bool

        def _check(self, query: str) -> None: ...

    def populate(
        self,
        entities: Entity | Sequence[Entity],
        projections: str | Expr[Any] | ManyPath[Any] | type[Entity] | Sequence[Any],
    ) -> None:
        """Load attributes of many entities at once.

        Args:
            entities: One entity or several, also a query's result.
            projections: Attributes to load: ``"name, status.name"``, ``Task.status.name``, or a list of such.

        Raises:
            QueryNameError: when a text names what none of the entities has, as of query texts.
        """
        members = _members(entities)
        self._check_names(members, projections)
        self._loader.populate(members, paths.projections(projections))

    def prefetch(
        self, entities: Entity | Iterable[Entity], *attributes: Expr[Any] | ManyPath[Any] | type[Entity] | str
    ) -> None:
        """Load what entities lack of these attributes: ``prefetch(tasks, Task.bid, Task.status.name)``.

        As few requests as their number allows, none when everything is there; :meth:`populate` asks again for
        what is there too.

        Raises:
            QueryNameError: as :meth:`populate`.
        """
        members = _members(entities)
        self._check_names(members, *attributes)
        self._loader.prefetch(members, paths.projections(*attributes))

    def _check_names(self, members: Iterable[Entity], *given: object) -> None:
        """Refuse names given as text that no type among the entities has."""
        named = paths.projections(*_texts(given)) if self._validate_queries else ()
        types = dict.fromkeys(entity.entity_type for entity in members) if named else ()
        for path in named:
            refusals: list[QueryNameError] = []
            for entity_type in types:
                try:
                    self._check(f"select {path} from {entity_type}")
                except QueryNameError as error:
                    refusals.append(error)
            if refusals and len(refusals) == len(types):
                raise refusals[0]

    def budget(self, calls: int) -> AbstractContextManager[Budget]:
        """Allow this thread at most `calls` calls to the server within a ``with`` block.

        One more raises :class:`BudgetExceededError`, which names the lines that spent them. Trying again what
        failed on the way costs no further call. Budgets may be nested.
        """
        return self._transport.budgets.limit(calls)

    @property
    def on_missing(self) -> OnMissing:
        """What reading an attribute that is not loaded does."""
        return self._missing.on_missing

    @property
    def auto_populate(self) -> bool:
        """Whether this thread fetches attributes that are not loaded when they are read."""
        return bool(getattr(self._local, "auto_populate", self._auto_populate))

    @auto_populate.setter
    def auto_populate(self, value: bool) -> None:
        self._local.auto_populate = bool(value)

    @contextmanager
    def auto_populating(self, auto_populate: bool) -> Iterator[None]:
        """Switch auto-populate for this thread within a ``with`` block."""
        before = self.auto_populate
        self.auto_populate = auto_populate
        try:
            yield
        finally:
            self.auto_populate = before


def _texts(given: Iterable[object]) -> Iterator[str]:
    for item in given:
        if isinstance(item, str):
            yield item
        elif isinstance(item, (list, tuple)):
            yield from _texts(item)


def _members(entities: Entity | Iterable[Entity]) -> list[Entity]:
    if isinstance(entities, Entity):
        return [entities]
    given: object = entities
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        checked_entity(given, "Loading")
    return [checked_entity(entity, "Loading") for entity in entities]
