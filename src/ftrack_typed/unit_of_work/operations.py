"""Operations: what has been done in a session and is not yet on the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity


Identity = tuple[str, tuple[str, ...]]
"""Type and key of an entity."""


def identity_of(entity_type: str, key: Mapping[str, Any], entity: Entity | None) -> Identity:
    """What tells whether two operations concern the same entity; as long as it has no key, the object itself."""
    if not key and entity is not None:
        return entity_type, (f"object {id(entity)}",)  # the server will choose its key
    return entity_type, tuple(map(str, key.values()))


class Operation:
    """Base of the operations a commit sends.

    Args:
        entity_type: Wire id of the entity type.
        entity_key: Key attributes and their values, in the order of the schema.
        entity: The entity concerned, when it is one of the session's.
    """

    __slots__ = ("entity", "entity_key", "entity_type")

    action: ClassVar[str] = ""
    """What the server does; empty where it has no action."""

    def __init__(
        self, entity_type: str, entity_key: Mapping[str, Any], *, entity: Entity | None = None
    ) -> None:
        self.entity_type: str = entity_type
        self.entity_key: dict[str, Any] = dict(entity_key)
        self.entity: Entity | None = entity

    def identity(self) -> Identity:
        """Type and key, to tell whether two operations concern the same entity."""
        return identity_of(self.entity_type, self.entity_key, self.entity)

    def values(self) -> dict[str, Any]:
        """What is written, by wire name; not to be changed."""
        return {}

    def __repr__(self) -> str:
        key = ", ".join(str(part) for part in self.entity_key.values())
        return f"{type(self).__name__}({self.entity_type} {key})"


class CreateEntityOperation(Operation):
    """An entity is made; `entity_data` holds its first values by wire name."""

    __slots__ = ("entity_data",)

    action: ClassVar[str] = "create"

    def __init__(
        self,
        entity_type: str,
        entity_key: Mapping[str, Any],
        entity_data: Mapping[str, Any],
        *,
        entity: Entity | None = None,
    ) -> None:
        # Not left to the base class: commits of many operations make as many calls.
        self.entity_type = entity_type
        self.entity_key: dict[str, Any] = dict(entity_key)
        self.entity = entity
        self.entity_data: dict[str, Any] = dict(entity_data)

    def values(self) -> dict[str, Any]:
        """The first values."""
        return self.entity_data


class UpdateEntityOperation(Operation):
    """One attribute gets a new value; `attribute_name` is its wire name.

    A collection as `new_value` is sent as it stands when the commit happens.
    """

    __slots__ = ("attribute_name", "new_value", "old_value")

    action: ClassVar[str] = "update"

    def __init__(
        self,
        entity_type: str,
        entity_key: Mapping[str, Any],
        attribute_name: str,
        old_value: Any,
        new_value: Any,
        *,
        entity: Entity | None = None,
    ) -> None:
        self.entity_type = entity_type
        self.entity_key: dict[str, Any] = dict(entity_key)
        self.entity = entity
        self.attribute_name: str = attribute_name
        self.old_value: Any = old_value
        self.new_value: Any = new_value

    def values(self) -> dict[str, Any]:
        """The new value by the name of its attribute."""
        return {self.attribute_name: self.new_value}


class DeleteEntityOperation(Operation):
    """An entity is deleted, with everything the server deletes along with it."""

    __slots__ = ()

    action: ClassVar[str] = "delete"


class Operations:
    """The stack of recorded operations, oldest first."""

    __slots__ = ("_stack", "_touched")

    def __init__(self) -> None:
        self._stack: list[Operation] = []
        self._touched: tuple[int, set[int]] = 0, set()
        """Ids of the entities concerned, behind the number of operations that was looked at for them."""

    def push(self, operation: Operation) -> None:
        """Record an operation.

        Raises:
            TypeError: when it is none.
        """
        if not isinstance(operation, Operation):
            raise TypeError(f"{operation!r} is no operation that can be recorded.")
        self._stack.append(operation)

    def pop(self) -> Operation:
        """Take back the operation recorded last; values that were assigned stay where they are."""
        self._touched = -1, set()
        return self._stack.pop()

    def clear(self) -> None:
        """Forget all operations; values that were assigned stay where they are."""
        self._touched = -1, set()
        self._stack.clear()

    def remove(self, operations: Iterable[Operation]) -> None:
        """Forget these operations, by object; others, also newer ones, stay."""
        self._touched = -1, set()
        operations = list(operations)
        if operations == self._stack:
            self._stack = []
            return
        gone = {id(operation) for operation in operations}
        self._stack = [operation for operation in self._stack if id(operation) not in gone]

    def touched(self) -> set[int]:
        """Ids of the entities concerned; not to be changed."""
        count, known = self._touched
        if count != len(self._stack):
            stack = tuple(self._stack)  # other threads look as well, while its own records more
            known = {id(each.entity) for each in stack if each.entity is not None}
            self._touched = len(stack), known
        return known

    def __len__(self) -> int:
        return len(self._stack)

    def __iter__(self) -> Iterator[Operation]:
        return iter(tuple(self._stack))

    def __repr__(self) -> str:
        return f"Operations({self._stack!r})"
