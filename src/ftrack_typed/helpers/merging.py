"""Taking over what entities of other sessions, copies and decoded texts hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ftrack_typed.entity import Collection, Entity
from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.entity.portable import encodable_reference
from ftrack_typed.errors import InvalidStateError
from ftrack_typed.symbol import CREATED, NOT_SET
from ftrack_typed.wire.decoding import decode_json
from ftrack_typed.wire.encoding import dumps

if TYPE_CHECKING:
    from ftrack_typed.session import Session


def merge(session: Session, value: Any) -> Any:
    """This session's counterpart of `value` (see :meth:`Session.merge`)."""
    if isinstance(value, KeyValueCollection):
        return dict(value)
    if isinstance(value, (Collection, list, tuple)):
        arrived = _take_over(session, value)  # held until the last one is found: the session itself does not
        owned = [session._own(item) for item in value]
        del arrived
        return owned
    if isinstance(value, Entity):
        return merge(session, [value])[0]
    return value


def _take_over(session: Session, values: Any) -> list[Any]:
    """Hydrate everything foreign that can be reached, as if the server had sent it; to be held while it is used."""
    documents = list(_documents(session, [value for value in values if isinstance(value, Entity)]))
    arrived: list[Any] = session._hydrator.walk(decode_json(dumps(documents, encodable_reference)))
    return arrived


def _documents(session: Session, waiting: list[Entity]) -> Iterator[dict[str, Any]]:
    """One document per foreign entity; what it leads to are references in it. In a loop: chains may be long."""
    seen: set[int] = set()
    while waiting:
        entity = waiting.pop()
        if entity.session is session or id(entity) in seen:
            continue
        seen.add(id(entity))
        if entity.session is not None and entity.session._state(entity) is CREATED:
            raise InvalidStateError(
                f"{entity!r} exists only in its own session so far; commit it there first."
            )
        document: dict[str, Any] = encodable_reference(entity)
        for name, found in type(entity).__attributes__.items():
            value = _committed(entity, name)
            if value is NOT_SET or found.kind == "restricted":
                continue
            if isinstance(value, KeyValueCollection):
                continue  # its rows are the server's to give: here they are read again
            document.setdefault(found.wire, list(value) if isinstance(value, Collection) else value)
            members = value if isinstance(value, (Collection, list)) else [value]
            waiting.extend(member for member in members if isinstance(member, Entity))
        yield document


def _committed(entity: Entity, name: str) -> Any:
    owner = entity.session
    return vars(entity).get(name, NOT_SET) if owner is None else owner._persisted(entity, name)
