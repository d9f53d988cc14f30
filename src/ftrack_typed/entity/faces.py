"""The two faces of an attribute: a path on the class, a value on the instance.

``name: Attr[str] = UNSET`` in a class body tells checkers that ``Task.name`` is an :class:`Expr` and
``task.name`` a ``str``. At run time no descriptor exists: the metaclass takes the annotation text and
removes the declaration, values live in the instance's ``__dict__``, and only what is missing there goes
through ``__getattr__``. That keeps a loaded read as fast as a plain Python object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

from typing_extensions import Never, TypedDict

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity
    from ftrack_typed.entity.collections import Collection
    from ftrack_typed.entity.custom_attributes import CustomAttributeMapping
    from ftrack_typed.query.operands import Expr
    from ftrack_typed.query.paths import ManyPath, MappedPath

T = TypeVar("T")
V = TypeVar("V")
E = TypeVar("E", bound="Entity")
E_co = TypeVar("E_co", bound="Entity", covariant=True)

if TYPE_CHECKING:

    class Key(str, Generic[E_co]):
        """The key of an entity of the type `E_co`: a text that says what it points to."""

else:

    class Key:
        """The key of an entity; a plain ``str``, of which only checkers know what it points to.

        ``Key[Status]`` is ``str`` at run time, in annotations and in ``Key[Status](text)``, which lets a key
        that came as plain text pass for one.
        """

        def __class_getitem__(cls, entity_type):
            return str


class LinkItem(TypedDict):
    """One step of ``link``: an entity on the way from the project down to the entity itself."""

    id: str
    name: str
    type: str


Link: TypeAlias = list[LinkItem]
"""The value of ``link``: project first, the entity itself last (wire: protocol 1.3)."""

JsonObject: TypeAlias = Mapping[str, Any]
"""A value the server makes as a JSON object, such as ``thumbnail_url`` with its ``url`` key."""


class ReadOnly(Generic[T]):
    """A plain value that can't be assigned."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Expr[T]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> T: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class Attr(ReadOnly[T]):
    """A plain value."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: T) -> None: ...


class Identifier:
    """The key of the entity itself. It reads as the key of the type at hand: ``task.id`` is a ``Key[Task]``."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Expr[str]: ...
        @overload
        def __get__(self, instance: E, owner: type[Any]) -> Key[E]: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class ReadOnlyKeyTo(Generic[E]):
    """The key of a related entity; can't be assigned.

    Keys arrive from events and environments as plain texts, so they compare with those too.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Expr[str]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> Key[E]: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class KeyTo(ReadOnlyKeyTo[E]):
    """The key of a related entity; any text can be assigned."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: str) -> None: ...


class ReadOnlyOptKeyTo(Generic[E]):
    """The key of a related entity or None; can't be assigned."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Expr[str | None]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> Key[E] | None: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class OptKeyTo(ReadOnlyOptKeyTo[E]):
    """The key of a related entity or None; any text can be assigned."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: str | None) -> None: ...


class ReadOnlyRef(Generic[E]):
    """A related entity that is always there and can't be assigned."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> type[E]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> E: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class Ref(ReadOnlyRef[E]):
    """A related entity that is always there."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: E) -> None: ...


class ReadOnlyOptRef(Generic[E]):
    """A related entity or None; can't be assigned."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> type[E]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> E | None: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class OptRef(ReadOnlyOptRef[E]):
    """A related entity or None."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: E | None) -> None: ...


class ReadOnlyMany(Generic[E]):
    """Related entities in a collection that can't be assigned."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> ManyPath[E]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> Collection[E]: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...


class Many(ReadOnlyMany[E]):
    """Related entities."""

    if TYPE_CHECKING:

        def __set__(self, instance: Entity, value: Iterable[E]) -> None: ...


class KeyValue(Generic[E, V]):
    """Rows of a key and a value, seen as a mapping."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> MappedPath[E, V]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> MutableMapping[str, V]: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Mapping[str, V]) -> None: ...


class AnyCustomAttributes(Generic[E]):
    """Custom attributes of an entity type whose configurations are not known: rows `E`, and any keys."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> MappedPath[E, Any]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> CustomAttributeMapping: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Mapping[str, Any]) -> None: ...


class FilterOnly(Generic[E]):
    """A relation that may be used in criteria only; the server refuses to load it."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> ManyPath[E]: ...
        @overload
        def __get__(self, instance: Entity, owner: type[Any]) -> Never: ...
        def __get__(self, instance: Entity | None, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Entity, value: Never) -> None: ...
