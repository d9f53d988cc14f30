"""Errors of entities, their attributes and collections, and of recorded operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_typed.errors.base import Error, suggestion

if TYPE_CHECKING:
    from ftrack_typed.unit_of_work.chunks import CommitReport


class EntityAttributeError(Error):
    """An attribute of an entity cannot be used in the way it was.

    Attributes:
        entity_type: Entity type concerned.
        attribute: Name of the attribute.
    """

    def __init__(self, message: object, *, entity_type: str, attribute: str) -> None:
        super().__init__(message, {"entity_type": entity_type, "attribute": attribute})
        self.entity_type = entity_type
        self.attribute = attribute


class UnknownAttributeError(EntityAttributeError, AttributeError, KeyError):
    """An entity type has no attribute of this name.

    Args:
        entity_type: Entity type asked.
        attribute: The name asked for.
        known: The names that exist, to suggest the nearest.
    """

    def __init__(self, entity_type: str, attribute: str, known: Iterable[str] = ()) -> None:
        super().__init__(
            f"{entity_type} has no attribute {attribute!r}.{suggestion(attribute, known)}",
            entity_type=entity_type,
            attribute=attribute,
        )


class UnknownCustomAttributeError(UnknownAttributeError, ValueError):
    """An entity has no custom attribute of this key."""


class NotLoadedError(EntityAttributeError):
    """An attribute was read that is not loaded, in a session with ``on_missing="raise"``.

    Deliberately no `AttributeError`: ``hasattr`` and ``getattr(…, default)`` must not hide it.
    """

    def __init__(self, entity_type: str, attribute: str, path: str, entity: str) -> None:
        super().__init__(
            f"{entity_type}.{attribute} of {entity} is not loaded, and this session has on_missing='raise'. Load it "
            f"with the query, as in .load({path}), or with session.prefetch(entities, {path}).",
            entity_type=entity_type,
            attribute=attribute,
        )


class ImmutableAttributeError(EntityAttributeError, AttributeError):
    """An attribute was assigned that cannot change once the entity exists."""

    def __init__(self, entity_type: str, attribute: str, message: object | None = None) -> None:
        super().__init__(
            message or f"{entity_type}.{attribute} cannot change after the entity is created.",
            entity_type=entity_type,
            attribute=attribute,
        )


class ComputedAttributeError(ImmutableAttributeError):
    """An attribute was assigned that only the server calculates."""

    def __init__(self, entity_type: str, attribute: str, message: object | None = None) -> None:
        super().__init__(
            entity_type,
            attribute,
            message or f"{entity_type}.{attribute} is calculated by the server and cannot be set.",
        )


class MissingKeyError(EntityAttributeError, KeyError):
    """An entity lacks part of its key; also a `KeyError`."""

    def __init__(self, entity_type: str, attribute: str) -> None:
        super().__init__(
            f"This {entity_type} has no {attribute}, which is part of its key.",
            entity_type=entity_type,
            attribute=attribute,
        )


class ValueTypeError(EntityAttributeError, TypeError, ValueError):
    """A value does not fit the type of an attribute.

    Args:
        entity_type: Entity type concerned.
        attribute: Name of the attribute.
        expected: The type asked for, in words or as it stands in code.
        given: The value that was given; the message shows it shortened, together with its type.

    Attributes:
        expected: As given.
        given: The shortened representation of the value.
    """

    def __init__(self, entity_type: str, attribute: str, expected: str, given: object) -> None:
        text = repr(given)
        shown = text if len(text) <= 80 else f"{text[:77]}..."
        super().__init__(
            f"{entity_type}.{attribute} takes {expected}, not {shown} ({type(given).__name__}).",
            entity_type=entity_type,
            attribute=attribute,
        )
        self.expected = expected
        self.given = shown


class DetachedEntityError(Error):
    """An operation needs a session, and the entity belongs to none."""


class CollectionError(Error):
    """A collection cannot be used in the way it was.

    Attributes:
        collection: The collection in words, such as ``"Task.assignments"``.
    """

    def __init__(self, message: object, *, collection: str) -> None:
        super().__init__(message, {"collection": collection})
        self.collection = collection


class ImmutableCollectionError(CollectionError, AttributeError):
    """A collection that cannot change was changed."""

    def __init__(self, collection: str) -> None:
        super().__init__(f"The collection {collection} cannot change.", collection=collection)


class DuplicateItemInCollectionError(CollectionError, ValueError):
    """An item was added to a collection that already has it.

    Attributes:
        item: Representation of the item.
    """

    def __init__(self, item: object, collection: str) -> None:
        super().__init__(f"{item!r} is already in the collection {collection}.", collection=collection)
        self.item: str = repr(item)


class OperationError(Error):
    """A recorded operation cannot be carried out."""


class CommitStoppedError(OperationError):
    """One of several batches of a commit failed; those before it are on the server, the rest stays recorded.

    Attributes:
        report: What became of each batch, with `landed` and `remaining` operations.
    """

    def __init__(self, report: CommitReport, error: BaseException) -> None:
        done, left = len(report.landed), len(report.remaining)
        super().__init__(
            f"The server took {done} operations and not the other {left}, which stay recorded: {error}"
        )
        self.report = report


class MissingAttributesError(OperationError, ValueError):
    """An entity was to be created without attributes it must have. Nothing was sent.

    Attributes:
        entity_type: Its type.
        entity_key: Its key.
        attributes: What is missing, by wire names.
    """

    def __init__(self, entity_type: str, entity_key: Sequence[Any], attributes: Iterable[str]) -> None:
        missing = tuple(attributes)
        key = " ".join(str(part) for part in entity_key)
        super().__init__(
            f"{entity_type} {key or 'without key'} can't be created without {', '.join(missing)}: set "
            f"{'it' if len(missing) == 1 else 'them'} before the commit. Nothing was sent.",
            {"entity_type": entity_type, "attributes": missing},
        )
        self.entity_type = entity_type
        self.entity_key: tuple[Any, ...] = tuple(entity_key)
        self.attributes = missing


class InvalidStateError(OperationError):
    """An entity is not in a state that allows the operation."""
