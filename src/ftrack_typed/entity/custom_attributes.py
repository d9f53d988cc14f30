"""Custom attributes as generated code declares them.

A generated package has one class per entity type with custom attributes of its own. Checkers take it for what
reading ``shot.custom_attributes`` gives; at run time it only holds facts, and no instance is ever made.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, overload

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.query.criteria import Criterion
    from ftrack_typed.query.operands import KeyExpr

T = TypeVar("T")
O_co = TypeVar("O_co", bound=str, covariant=True)
E = TypeVar("E", bound="Entity")
M_co = TypeVar("M_co", covariant=True)


@dataclass(frozen=True, slots=True)
class CustomAttributeInfo:
    """What the studio configured under one key of an entity type."""

    key: str
    kind: str
    """Name of its type: ``number``, ``enumerator`` and so on; several are joined with a comma."""
    ids: tuple[str, ...]
    """Ids of the configurations: projects may have their own for the same key."""
    hierarchical: bool = False
    """Whether values are inherited down the project's tree."""
    projects: tuple[str, ...] = ()
    """Ids of the projects that alone have it; empty when all have."""


class CustomAttributesInfo:
    """The custom attributes of an entity type.

    Args:
        entity_type: Wire id of the entity type.
        keys: Python spelling → key, those of base types too.
        configurations: Facts about the attributes the base types do not have.
    """

    __slots__ = ("configurations", "entity_type", "keys")

    def __init__(
        self,
        entity_type: str,
        *,
        keys: Mapping[str, str] | None = None,
        configurations: Iterable[CustomAttributeInfo] = (),
    ) -> None:
        self.entity_type: str = entity_type
        self.keys: Mapping[str, str] = dict(keys or {})
        self.configurations: Mapping[str, CustomAttributeInfo] = {one.key: one for one in configurations}

    def __repr__(self) -> str:
        return f"CustomAttributesInfo({self.entity_type!r})"


@dataclass(frozen=True, slots=True)
class ValueSource:
    """Where the value of a custom attribute comes from."""

    kind: Literal["own", "inherited", "default"]
    value: Any
    """The value in effect."""
    entity: Entity | None = field(default=None)
    """Who holds it: the entity itself, or the one it is inherited from; None for a default."""


class CustomAttributeMappingMeta(ABCMeta):
    """What ``Shot.custom_attributes`` offers besides the attributes themselves; only checkers see it."""

    if TYPE_CHECKING:

        def __getitem__(cls, key: str) -> KeyExpr[Any]: ...
        def any(cls, *criteria: Criterion) -> Criterion:
            """Match when one value fulfils all `criteria`."""
            ...

        @property
        def each(cls) -> Any:
            """The rows of values as a path."""
            ...


class CustomAttributeMapping(MutableMapping[str, Any], metaclass=CustomAttributeMappingMeta):
    """The custom attributes of an entity as a mapping from key to value, and as attributes."""

    __custom__: ClassVar[CustomAttributesInfo]

    if TYPE_CHECKING:

        def __getitem__(self, key: str, /) -> Any: ...
        def __setitem__(self, key: str, value: Any, /) -> None: ...
        def __delitem__(self, key: str, /) -> None: ...
        def __iter__(self) -> Iterator[str]: ...
        def __len__(self) -> int: ...
        def source(self, key: str) -> ValueSource:
            """Tell where the value of `key` comes from.

            Raises:
                KeyError: when the entity has no such custom attribute.
            """
            ...


class CustomAttributes(Generic[E, M_co]):
    """Custom attributes of an entity type whose configurations are known: rows `E`, seen as `M_co`."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> type[M_co]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> M_co: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Mapping[str, Any]) -> None: ...


class CustomAttr(Generic[T]):
    """A custom attribute with a plain value."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> KeyExpr[T]: ...
        @overload
        def __get__(self, instance: CustomAttributeMapping, owner: type[Any]) -> T: ...
        def __get__(self, instance: CustomAttributeMapping | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: CustomAttributeMapping, value: T) -> None: ...


class CustomOptions(Generic[O_co]):
    """An enumerator: a list of options, of which one is meant by itself too (wire: always a list)."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> KeyExpr[O_co]: ...
        @overload
        def __get__(self, instance: CustomAttributeMapping, owner: type[Any]) -> list[O_co]: ...
        def __get__(self, instance: CustomAttributeMapping | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: CustomAttributeMapping, value: Sequence[O_co] | O_co) -> None: ...
