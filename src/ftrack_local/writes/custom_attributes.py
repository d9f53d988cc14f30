"""Custom attribute values: written through dense rows, kept in the sparse table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from ftrack_local.codecs import StorageValueError, parse_datetime
from ftrack_local.compile.sources import column_of
from ftrack_local.errors import EntityNotFoundError, UnknownNameError, ValidationError, nearest
from ftrack_local.model import EntityType, ScalarAttribute

from .rows import Row, Rows
from .values import stored

SPARSE = "CustomAttributeValue"
"""Entity type of the rows that are really stored."""


class CustomAttributes:
    """Checks and stores custom attribute values."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._model = rows.model

    def write(self, view: EntityType, key: tuple[Any, ...], data: Mapping[str, Any]) -> None:
        """Store the value of a dense row, if the configuration applies to the entity."""
        for name in data:
            if name not in ("__entity_type__", "value", *view.primary_key):
                hint = nearest(name, view.attributes)
                raise UnknownNameError(f"{view.name}.{name} cannot be changed; only `value` can.{hint}")
        if "value" not in data:
            return
        source = self._rows.compiler.source(view)
        condition = [column == part for column, part in zip(source.key(), key, strict=True)]
        if self._rows.connection.execute(select(*source.key()).where(*condition)).first() is None:
            raise EntityNotFoundError(
                f"{view.name} {', '.join(map(str, key))} does not exist: no such configuration, no such entity, "
                "or the configuration does not apply to it."
            )
        self._store(dict(zip(view.primary_key, key, strict=True)), data["value"])

    def check_sparse(self, entity: EntityType, values: Mapping[str, Any]) -> None:
        """Refuse a value its configuration does not allow, for rows of the sparse table."""
        if entity.name != SPARSE:
            return
        configuration = self._configuration(values.get(column_of(entity, "configuration_id")))
        text = values.get(column_of(entity, "value"))
        if configuration is not None and text is not None:
            self._convert(configuration, json.loads(text))

    def _store(self, key: Mapping[str, Any], value: Any) -> None:
        sparse = self._model.types[SPARSE]
        identity = tuple(key[name] for name in sparse.primary_key)
        configuration = self._configuration(key["configuration_id"])
        if configuration is not None and value is not None:
            value = self._convert(configuration, value)
        attribute = sparse.attributes["value"]
        assert isinstance(attribute, ScalarAttribute)
        column = column_of(sparse, "value")
        # A row holding JSON null, not a null column: the entity has no value, whatever the default.
        text = "null" if value is None else stored(self._model, sparse, attribute, value)
        table = self._rows.table(sparse)
        if self._rows.find(sparse, identity) is None:
            values = dict(zip(self._rows.key_columns(sparse), identity, strict=True))
            self._rows.connection.execute(table.insert().values({**values, column: text}))
        else:
            self._rows.connection.execute(
                table.update().where(self._rows.identified(sparse, identity)).values({column: text})
            )

    def _configuration(self, key: Any) -> Row | None:
        return self._rows.find(self._model.types["CustomAttributeConfiguration"], (key,))

    def _convert(self, configuration: Row, value: Any) -> Any:
        """Return the value in the form its configuration's type has; refuse it when it has none."""
        if value is None:
            return None
        values = configuration.values
        kind = self._kind(values.get(column_of(configuration.entity, "type_id")))
        convert = _KINDS.get(kind)
        if convert is None:
            return value
        try:
            return convert(value, _settings(values.get(column_of(configuration.entity, "config"))))
        except (ValueError, StorageValueError):
            key = values.get(column_of(configuration.entity, "key"))
            raise ValidationError(
                f"The custom attribute `{key}` holds a {kind}, not {value!r} ({type(value).__name__})."
            ) from None

    def _kind(self, type_id: Any) -> str:
        found = self._rows.find(self._model.types["CustomAttributeType"], (type_id,))
        return "" if found is None else str(found.values.get(column_of(found.entity, "name")) or "")


def _settings(config: Any) -> Mapping[str, Any]:
    try:
        loaded = json.loads(config) if isinstance(config, str) else {}
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _text(value: Any, settings: Mapping[str, Any]) -> Any:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _boolean(value: Any, settings: Mapping[str, Any]) -> Any:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _number(value: Any, settings: Mapping[str, Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(value)
    return float(value) if settings.get("isdecimal") else int(value)


def _date(value: Any, settings: Mapping[str, Any]) -> Any:
    return {"__type__": "datetime", "value": parse_datetime(value)}


def _choices(value: Any, settings: Mapping[str, Any]) -> Any:
    chosen = [value] if isinstance(value, str) else value
    if not isinstance(chosen, list) or not all(isinstance(item, str) for item in chosen):
        raise ValueError(value)
    return chosen


_KINDS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "text": _text,
    "url": _text,
    "expression": _text,
    "boolean": _boolean,
    "number": _number,
    "date": _date,
    "enumerator": _choices,
    "dynamic enumerator": _choices,
}
