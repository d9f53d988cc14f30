"""Entities and rows as plain records, tables in HTML, and data frames. Never talks to the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, TypeAlias

from ftrack_typed.errors import MissingExtraError

Progress: TypeAlias = Callable[[int, "int | None"], None]
"""Told how much is done, and of how much, None where that is not known."""

_ROWS_SHOWN = 50
_TEXT_SHOWN = 120
_SECRET = frozenset(("api_key", "password", "secret", "token"))


def is_entity(value: object) -> bool:
    """Whether `value` is an entity."""
    return hasattr(type(value), "__entity__")


def loaded(entity: Any) -> dict[str, Any]:
    """What is loaded of an entity by wire names, key first."""
    attributes = type(entity).__attributes__
    values = {
        attributes[name].wire if name in attributes else name: value for name, value in vars(entity).items()
    }
    return {**entity.primary_key, **values}


def record(row: Any, paths: Sequence[str]) -> dict[str, Any]:
    """A row as a dictionary from paths such as ``"status.name"`` to values.

    A path through a collection gives a list. Related entities at the end of a path become their key, key/value
    rows a dictionary; what is not loaded is None.
    """
    if isinstance(row, Mapping) and not is_entity(row):
        return dict(row)
    if isinstance(row, tuple):
        return {path: plain(value) for path, value in zip(paths, row, strict=False)}
    return {path: plain(_at(row, [step.partition("[")[0] for step in path.split(".")])) for path in paths}


def _at(value: Any, steps: Sequence[str]) -> Any:
    for index, step in enumerate(steps):
        if is_entity(value):
            value = vars(value).get(type(value).__entity__.python_names.get(step, step))
        elif hasattr(value, "loaded_values"):
            kept = value.loaded_values()
            value = (
                list(kept) if step == "key" else list(kept.values()) if step == "value" else kept.get(step)
            )
        elif isinstance(value, Sequence) and not isinstance(value, str):
            return [_at(item, steps[index:]) for item in value]
        else:
            return None
    return value


def plain(value: Any) -> Any:
    """A value without entities in it."""
    if is_entity(value):
        parts = list(value.primary_key.values())
        return parts[0] if len(parts) == 1 else tuple(parts)
    if hasattr(value, "loaded_values"):
        return dict(value.loaded_values())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(item) for item in value]
    return value


def data_frame(records: Sequence[Mapping[str, Any]], columns: Sequence[str] | None) -> Any:
    """A data frame of pandas, one row for each record.

    Raises:
        MissingExtraError: If pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ModuleNotFoundError:
        raise MissingExtraError("to_dataframe()", "pandas") from None
    return pandas.DataFrame(records, columns=None if columns is None else list(columns))


# -- HTML ----------------------------------------------------------------------------------------------


def entity_table(entity: Any) -> str:
    """An entity as a table of two columns: its loaded attributes and their values."""
    rows = "".join(
        f"<tr><th>{_cell(name)}</th>{_data(name, value)}</tr>" for name, value in loaded(entity).items()
    )
    return f"<table><caption>{_cell(repr(entity))}</caption><tbody>{rows}</tbody></table>"


def mapping_table(values: Mapping[str, Any]) -> str:
    """A mapping as a table of two columns."""
    rows = "".join(f"<tr><th>{_cell(key)}</th>{_data(key, value)}</tr>" for key, value in values.items())
    return f"<table><tbody>{rows}</tbody></table>"


def rows_table(
    rows: Sequence[Any], caption: str, paths: Sequence[str] | None = None, more: bool = False
) -> str:
    """Rows as a table with a column for each path; of entities, when no paths are given, what is loaded.

    Args:
        rows: Entities, tuples or dictionaries; of many, the first ones are shown.
        caption: Stands above the table.
        paths: The columns.
        more: Whether there are rows that are not among these.
    """
    shown = list(rows[:_ROWS_SHOWN])
    if paths is None:
        records: list[dict[str, Any]] = [loaded(row) if is_entity(row) else record(row, ()) for row in shown]
    else:
        records = [record(row, paths) for row in shown]
    columns = list(dict.fromkeys(name for each in records for name in each))
    head = "".join(f"<th>{_cell(name)}</th>" for name in columns)
    body = "".join(
        f"<tr>{''.join(_data(name, each.get(name, '')) for name in columns)}</tr>" for each in records
    )
    if more or len(rows) > len(shown):
        body += f'<tr><td colspan="{max(1, len(columns))}">…</td></tr>'
    return f"<table><caption>{_cell(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def rows_to_show() -> int:
    """How many rows a table shows at most."""
    return _ROWS_SHOWN


def _data(name: str, value: Any) -> str:
    return f"<td>{'…' if name in _SECRET and value else _cell(_text(value))}</td>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if is_entity(value):
        name = vars(value).get("name")
        return name if isinstance(name, str) and name else repr(value)
    if hasattr(value, "loaded_values"):
        return ", ".join(f"{key}: {item}" for key, item in value.loaded_values().items())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return _joined(value)
    return str(value)


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(_text(value) for value in values)


def _cell(text: str) -> str:
    import html

    shown = text if len(text) <= _TEXT_SHOWN else f"{text[: _TEXT_SHOWN - 1]}…"
    return html.escape(shown)
