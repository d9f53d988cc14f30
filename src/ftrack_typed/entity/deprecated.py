"""Faces of attributes that are still there but better not used: checkers point at every use.

PEP 702 marks the reading of a descriptor (mypy with ``--enable-error-code deprecated``, pyright with
``reportDeprecated``; editors strike the name through). Checkers want the message as a literal, so it is one
for all attributes; the attribute's own description tells what to use instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Never

if TYPE_CHECKING:
    from typing_extensions import deprecated

    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.collections import Collection
    from ftrack_typed.query.operands import Expr
    from ftrack_typed.query.paths import ManyPath

T = TypeVar("T")
E = TypeVar("E", bound="Entity")


class DeprecatedReadOnly(Generic[T]):
    """A deprecated plain value that can't be assigned."""

    if TYPE_CHECKING:

        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: None, owner: type[Any]) -> Expr[T]: ...
        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: Entity, owner: type[Any]) -> T: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class DeprecatedAttr(DeprecatedReadOnly[T]):
    """A deprecated plain value."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: T) -> None: ...


class DeprecatedReadOnlyRef(Generic[E]):
    """A deprecated related entity that is always there that can't be assigned."""

    if TYPE_CHECKING:

        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: None, owner: type[Any]) -> type[E]: ...
        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: Entity, owner: type[Any]) -> E: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class DeprecatedRef(DeprecatedReadOnlyRef[E]):
    """A deprecated related entity that is always there."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: E) -> None: ...


class DeprecatedReadOnlyOptRef(Generic[E]):
    """A deprecated related entity or None that can't be assigned."""

    if TYPE_CHECKING:

        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: None, owner: type[Any]) -> type[E]: ...
        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: Entity, owner: type[Any]) -> E | None: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class DeprecatedOptRef(DeprecatedReadOnlyOptRef[E]):
    """A deprecated related entity or None."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: E | None) -> None: ...


class DeprecatedReadOnlyMany(Generic[E]):
    """A deprecated collection that can't be assigned."""

    if TYPE_CHECKING:

        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: None, owner: type[Any]) -> ManyPath[E]: ...
        @overload
        @deprecated("Deprecated; its description says what to use instead.")
        def __get__(self, instance: Entity, owner: type[Any]) -> Collection[E]: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class DeprecatedMany(DeprecatedReadOnlyMany[E]):
    """A deprecated collection."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: Iterable[E]) -> None: ...
