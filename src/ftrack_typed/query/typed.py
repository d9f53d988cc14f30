"""The typed query: built from the classes of a generated package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ftrack_typed.errors import QueryError
from ftrack_typed.query.criteria import Criterion, all_of
from ftrack_typed.query.paths import Expr, ManyPath, Ordering, projection
from ftrack_typed.query.result import PAGE_SIZE, PageSource, QueryResult
from ftrack_typed.query.text import QueryText

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity

E = TypeVar("E", bound="Entity")


@dataclass(frozen=True, slots=True)
class _Plan:
    criteria: tuple[Criterion, ...] = ()
    projections: tuple[str, ...] = ()
    ordering: tuple[str, ...] = ()
    limit: int | None = None
    offset: int | None = None


class Query(QueryResult[E], Generic[E]):
    """A query for entities of one class.

    Each method gives a new query and leaves this one as it is; ``str(query)`` is its text. The rows are
    fetched when they are looked at, as in :class:`QueryResult`.
    """

    def __init__(
        self,
        source: PageSource,
        entity_class: type[E],
        *,
        page_size: int = PAGE_SIZE,
        plan: _Plan | None = None,
    ) -> None:
        self._class = entity_class
        self._plan = _Plan() if plan is None else plan
        super().__init__(source, _text(entity_class, self._plan), page_size)

    def _with(self, plan: _Plan) -> Query[E]:
        return Query(self._source, self._class, page_size=self._page_size, plan=plan)

    def where(self, *criteria: Criterion) -> Query[E]:
        """Only entities that fulfil all `criteria`, and those given before."""
        all_of(criteria)  # refuses anything else now, where it was written
        return self._with(replace(self._plan, criteria=(*self._plan.criteria, *criteria)))

    def load(self, *attributes: Expr[Any] | ManyPath[Any] | type[Entity] | str) -> Query[E]:
        """Load these attributes along: ``Task.name``, ``Task.status.name``, ``Task.notes``.

        Without any, the type's default projections are loaded.
        """
        added = tuple(projection(attribute) for attribute in attributes)
        return self._with(
            replace(self._plan, projections=tuple(dict.fromkeys((*self._plan.projections, *added))))
        )

    def order_by(self, *keys: Expr[Any] | Ordering) -> Query[E]:
        """Sort by these attributes, after those given before; ``Task.name.desc()`` turns one around."""
        texts = tuple(key.text if isinstance(key, Ordering) else projection(key) for key in keys)
        return self._with(replace(self._plan, ordering=(*self._plan.ordering, *texts)))

    def limit(self, count: int) -> Query[E]:
        """At most `count` entities."""
        return self._with(replace(self._plan, limit=_count(count, "limit")))

    def offset(self, count: int) -> Query[E]:
        """Without the first `count` entities."""
        return self._with(replace(self._plan, offset=_count(count, "offset")))


def _count(value: int, what: str) -> int:
    given: object = value  # people may pass anything
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise QueryError(f"{what} takes a number from 0, not {value!r}.")
    return given


def _text(entity_class: type[Entity], plan: _Plan) -> QueryText:
    info = entity_class.__entity__
    conditions = []
    where = all_of(plan.criteria)
    if where:
        conditions.append(f"where {where}")
    if plan.ordering:
        conditions.append(f"order by {', '.join(plan.ordering)}")
    projections = plan.projections or info.default_projections or info.primary_key
    return QueryText(info.name, projections, " ".join(conditions), plan.limit, plan.offset)
