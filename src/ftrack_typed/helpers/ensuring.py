"""Finding an entity by some of its values, and making it when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from ftrack_typed.entity import Entity
from ftrack_typed.entity.validation import validate_assignment
from ftrack_typed.errors import (
    ConfigurationTypeError,
    MultipleResultsFoundError,
    QueryError,
    UnknownAttributeError,
)
from ftrack_typed.query.criteria import AND, Criterion
from ftrack_typed.query.literals import literal
from ftrack_typed.symbol import CREATED, NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.session import Session

E = TypeVar("E", bound=Entity)


def ensure(
    session: Session, cls: type[E], values: Mapping[str, Any], identifying_keys: Iterable[str] | None
) -> E:
    """The entity that has these values, made or updated so that it does (see :meth:`Session.ensure`).

    Args:
        session: Where to look and commit.
        cls: Class of the entity.
        values: Values by Python name.
        identifying_keys: Python names of those that tell which entity is meant; all plain ones when None.
    """
    attributes = {name: _attribute(session, cls, name) for name in values}
    named = _identifying(cls, attributes, identifying_keys)
    found = None
    if not any(
        isinstance(values[name], Entity) and session._state(values[name]) is CREATED for name in named
    ):
        found = _find(session, cls, {attributes[name]: values[name] for name in named}, attributes.values())
    if found is None:
        made: E = session._unit.create(cls, values)
        session.commit()
        return made
    with session.auto_populating(True):
        differing = {
            name: value
            for name, value in values.items()
            if name not in named and _differs(found, attributes[name], session._own(value))
        }
    for name, value in differing.items():
        setattr(found, name, value)
    if differing:
        session.commit()
    return found


def _attribute(session: Session, cls: type[Entity], name: str) -> Attribute:
    found = cls.__attributes__.get(name) or session._extra_attribute(cls, name)
    if found is None:
        raise UnknownAttributeError(cls.__entity__.name, name, cls.__attributes__)
    return found


def _identifying(
    cls: type[Entity], attributes: Mapping[str, Attribute], keys: Iterable[str] | None
) -> list[str]:
    plain = [name for name, found in attributes.items() if found.kind in ("scalar", "reference")]
    if isinstance(keys, str):
        raise ConfigurationTypeError(
            f"identifying_keys takes a list of names; for one write [{keys!r}].", setting="identifying_keys"
        )
    if keys is None:
        named = plain
    else:
        named = [cls.__entity__.python_names.get(key, key) for key in keys]
        for name in named:
            if name not in attributes:
                raise UnknownAttributeError(f"The data given for {cls.__entity__.name}", name, attributes)
            if name not in plain:
                raise QueryError(
                    f"{cls.__entity__.name}.{name} holds several values and can't identify an entity; "
                    f"name other identifying_keys."
                )
    if not named:
        raise QueryError(f"Nothing tells which {cls.__entity__.name} is meant: give a value to find it by.")
    return named


def _find(
    session: Session,
    cls: type[E],
    identifying: Mapping[Attribute, Any],
    wanted: Iterable[Attribute],
) -> E | None:
    conditions = " and ".join(_condition(session, cls, found, value) for found, value in identifying.items())
    info = cls.__entity__
    plain = (found.wire for found in wanted if found.kind == "scalar")
    projections = dict.fromkeys((*info.primary_key, *info.default_projections, *plain))
    rows = session.query(cls).where(Criterion(conditions, AND)).load(*projections).limit(2).all()
    if len(rows) > 1:
        raise MultipleResultsFoundError(f"Several entities of type {info.name} have {conditions}.")
    return rows[0] if rows else None


def _condition(session: Session, cls: type[Entity], attribute: Attribute, value: Any) -> str:
    validated = validate_assignment(cls, attribute, session._own(value), cls())
    if isinstance(validated, Entity):
        return " and ".join(
            f"{attribute.wire}.{name} is {literal(part)}" for name, part in validated.primary_key.items()
        )
    return f"{attribute.wire} is {literal(validated)}"


def _differs(entity: Entity, attribute: Attribute, value: Any) -> bool:
    """Whether assigning `value` would change anything, as far as the server can tell values apart."""
    present = getattr(entity, attribute.name)
    if attribute.kind == "mapped":
        rows = dict(present)
        if attribute.target == "Metadata" and set(rows) != set(value):
            return True
        return any(_plain(rows.get(key, NOT_SET)) != _plain(item) for key, item in value.items())
    if attribute.kind == "collection":
        return set(present) != set(value)
    return bool(_plain(present) != _plain(validate_assignment(type(entity), attribute, value, entity)))


def _plain(value: Any) -> Any:
    """A value as the server keeps it: moments in UTC and whole seconds."""
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=timezone.utc) if value.utcoffset() is None else value
        return aware.astimezone(timezone.utc).replace(microsecond=0)
    return value
