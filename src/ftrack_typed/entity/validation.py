"""Validation of values: strict where people assign, tolerant where the server sends.

Assignment takes the declared type and refuses anything else. Arrival takes what a server of any version
may send: nulls everywhere, unknown enum values, dates tagged or plain.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, ValidationError, core_schema

from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import Collection
from ftrack_typed.entity.mapped import mapped_collection
from ftrack_typed.errors import DuplicateItemInCollectionError, Error, ValueTypeError
from ftrack_typed.locks import ForkSafeLock
from ftrack_typed.symbol import NOT_SET
from ftrack_typed.wire import dates

if TYPE_CHECKING:
    from ftrack_typed.entity.base import Entity

_building = ForkSafeLock()
"""Pydantic before 2.14 can't build schemas in several threads at once."""


def build_validator(schema: CoreSchema) -> SchemaValidator:
    """Compile a schema, one at a time."""
    with _building:
        return SchemaValidator(schema)


def new_identifier() -> str:
    """A fresh key for an entity made by this client: the text of a random UUID (version 4).

    An object of :mod:`uuid` that is only written out would take more than twice as long.
    """
    text = os.urandom(16).hex()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


# -- assignment ------------------------------------------------------------------------------------


def _moment(value: Any) -> datetime:
    """An aware datetime from what pipelines hold: datetimes, dates, ISO texts, arrow-like objects."""
    inner = getattr(value, "datetime", None)  # arrow and pendulum wrap one
    if isinstance(inner, datetime):
        value = inner
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    if isinstance(value, date):
        return datetime.combine(value, time(), timezone.utc)
    if isinstance(value, str):
        return dates.parse(value)
    raise ValueError("no date")


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value


_ASSIGNED: dict[str, tuple[CoreSchema, Callable[[Any], Any] | None]] = {
    "str": (core_schema.str_schema(strict=True), _text),
    "int": (core_schema.int_schema(strict=True), None),
    "float": (core_schema.float_schema(strict=True, allow_inf_nan=False), None),
    "bool": (core_schema.bool_schema(strict=True), None),
    "datetime": (core_schema.datetime_schema(strict=True), _moment),
}


_TAKEN: Mapping[str, type] = {"str": str, "int": int, "bool": bool}
"""Types of values that are taken as they are: finding that out costs less than asking a validator."""


@lru_cache(maxsize=256)
def _assignment_validator(scalar: str, enum: tuple[str, ...]) -> Callable[[Any], Any]:
    if enum:
        schema: CoreSchema = core_schema.literal_schema(list(enum))
        prepare: Callable[[Any], Any] | None = None
    elif scalar in _ASSIGNED:
        schema, prepare = _ASSIGNED[scalar]
    else:
        schema, prepare = core_schema.any_schema(), None
    if prepare is not None:
        schema = core_schema.no_info_before_validator_function(prepare, schema)
    return build_validator(schema).validate_python


def validate_assignment(cls: type[Entity], attribute: Attribute, value: Any, owner: Entity) -> Any:
    """Check a value for an attribute, and give back what is stored.

    Raises:
        ValueTypeError: naming entity type, attribute, expected type and the value.
    """
    entity_type = cls.__entity__.name
    if attribute.kind == "scalar":
        if type(value) is _TAKEN.get(attribute.target) and not attribute.enum:
            return value
        if value is None:
            if attribute.required:
                raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), value)
            return None
        try:
            return _assignment_validator(attribute.target, attribute.enum)(value)
        except (ValidationError, Error):
            raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), value) from None
    if attribute.kind == "reference":
        if value is None:
            if attribute.required:
                raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), value)
            return None
        if not accepts(cls, attribute, value):
            raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), value)
        return value
    if attribute.kind == "mapped":
        if value is None and attribute.target == "Metadata":
            value = {}
        if not isinstance(value, Mapping):
            raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), value)
        rows = mapped_collection(owner, attribute, [])
        rows.offered = dict(value)
        return rows
    if attribute.kind == "restricted":
        raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), value)
    if value is None:
        value = []
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), value)
    items = list(value)
    known: set[Any] = set()
    for item in items:
        if not accepts(cls, attribute, item):
            raise ValueTypeError(entity_type, attribute.wire, attribute.expected(), item)
        if item in known and not isinstance(value, Collection):
            raise DuplicateItemInCollectionError(item, f"{entity_type}.{attribute.wire}")
        known.add(item)
    return Collection(owner, attribute, items)


def accepts(cls: type[Entity], attribute: Attribute, value: Any) -> bool:
    """Whether an entity may stand in a relation."""
    facts = getattr(type(value), "__entity__", None)
    if facts is None:
        return False
    target = cls.__registry__.by_class_name(attribute.target)
    if isinstance(value, target):
        return True
    registry = cls.__registry__
    # A relation declared as Task may hold any typed context (wire: protocol 1.3), and an entity the server
    # sent under the name of its base may be anything of that tree.
    wanted, given = target.__entity__.name, facts.name
    if wanted not in registry or given not in registry or registry.root(wanted) != registry.root(given):
        return False
    return wanted == "Task" or wanted in registry.subtypes(given)


# -- arrival ---------------------------------------------------------------------------------------


def _aware(value: datetime) -> datetime:
    # Servers send naive values, which are UTC (wire: protocol 1.4).
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def _untagged(value: Any) -> Any:
    if isinstance(value, dict) and "__type__" in value:
        return dates.parse(value) if value["__type__"] in ("datetime", "date") else value.get("value", value)
    return value


_from_iso = datetime.fromisoformat

_MOMENT = core_schema.union_schema(
    [
        # What servers really send, `2031-05-04T10:20:30`: five times faster than giving a datetime its zone later.
        core_schema.no_info_after_validator_function(
            lambda text: _from_iso(text + "+00:00"), core_schema.str_schema(min_length=19, max_length=19)
        ),
        core_schema.no_info_plain_validator_function(dates.parse),
    ],
    mode="left_to_right",
)

_ARRIVED: dict[str, CoreSchema] = {
    "str": core_schema.str_schema(),
    "int": core_schema.int_schema(),
    "float": core_schema.float_schema(),
    "bool": core_schema.bool_schema(),
    "datetime": _MOMENT,
    "Any": core_schema.no_info_after_validator_function(_untagged, core_schema.any_schema()),
}


def arrival_schema(scalar: str) -> CoreSchema:
    """Schema of a plain value in a reply; a ``datetime`` is expected without its wire tag."""
    found = plain_schema(scalar)
    return found if found["type"] == "any" else core_schema.nullable_schema(found)


def plain_schema(scalar: str) -> CoreSchema:
    """The same where null is no value, as in keys."""
    return _ARRIVED.get(scalar, core_schema.any_schema())


@lru_cache(maxsize=64)
def _arrival_validator(scalar: str) -> Callable[[Any], Any]:
    return build_validator(arrival_schema(scalar)).validate_python


def validate_arrival(scalar: str, value: Any) -> Any:
    """Read one plain value of a reply.

    Raises:
        ValueError: when it is not of the declared type; pydantic's ``ValidationError`` is one.
    """
    if scalar == "datetime" and isinstance(value, dict) and "value" in value:
        value = value["value"]
    return _arrival_validator(scalar)(value)


# -- pydantic's own methods ------------------------------------------------------------------------

_PUBLIC: dict[str, CoreSchema] = {
    **_ARRIVED,
    "datetime": core_schema.no_info_after_validator_function(_aware, core_schema.datetime_schema()),
}
"""As on arrival, but with moments as JSON schemas and other users of pydantic know them."""


def _refuse_unknown(value: Any) -> Any:
    raise PydanticCustomError("extra_forbidden", "Extra inputs are not permitted")


def unset_value(entity: Entity, attribute: Attribute) -> Any:
    """What an attribute that is not set reads as where no session can load it."""
    if attribute.kind in ("collection", "mapped"):
        value = validate_assignment(type(entity), attribute, {} if attribute.kind == "mapped" else [], entity)
        vars(entity)[attribute.name] = value
        return value
    return NOT_SET


def model_core_schema(cls: type[Entity]) -> CoreSchema:
    """Core schema behind ``model_validate``, ``TypeAdapter`` and ``model_dump`` of an entity class.

    Absent attributes stay absent, unknown names are refused, relations are written as type and key: that
    ends cycles, and nothing is ever loaded.
    """
    from ftrack_typed.entity.portable import reference

    related = core_schema.any_schema(
        serialization=core_schema.plain_serializer_function_ser_schema(reference)
    )
    # Written when the server has such an attribute and the class does not know it, never read.
    unknown = core_schema.no_info_before_validator_function(_refuse_unknown, related)
    fields: dict[str, core_schema.TypedDictField] = {}
    for attribute in cls.__attributes__.values():
        if attribute.kind == "restricted":
            continue
        if attribute.is_relation:
            schema: CoreSchema = related
        elif attribute.target in _PUBLIC:
            schema = core_schema.nullable_schema(_PUBLIC[attribute.target])
        else:
            schema = core_schema.any_schema()
        fields[attribute.name] = core_schema.typed_dict_field(schema, required=False)
    inner = core_schema.no_info_after_validator_function(
        lambda loaded: (loaded, None, set(loaded)),
        core_schema.typed_dict_schema(fields, extra_behavior="allow", extras_schema=unknown),
    )
    return core_schema.model_schema(cls, inner)
