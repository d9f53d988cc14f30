"""What orders events: those with the same key are handled one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ftrack_typed.events.event import Event

Key: TypeAlias = Callable[[Event], "str | None"]
"""Gives the key of an event; None for one that may be handled beside any other."""


def by_project(event: Event) -> str | None:
    """The project of an ``ftrack.update``, the topic of anything else.

    All changes within a project are seen in the order they were made. An update of entities of several projects
    goes with the first one.
    """
    if event.topic == "ftrack.update":
        for entity in _entities(event):
            parents = entity.get("parents")
            if isinstance(parents, Sequence) and parents and isinstance(parents[-1], Mapping):
                return f"project {parents[-1].get('entityId')}"
    return f"topic {event.topic}"


def by_entity(event: Event) -> str | None:
    """The entity of an ``ftrack.update``, the first one where it is about several; the topic of anything else."""
    if event.topic == "ftrack.update":
        for entity in _entities(event):
            return f"{entity.get('entityType')} {entity.get('entityId')}"
    return f"topic {event.topic}"


def by_path(path: str) -> Key:
    """What stands at a dotted path, such as ``"data.render.job"``; None where there is nothing.

    Raises:
        ValueError: when the path is empty.
    """
    names = path.split(".")
    if not all(names):
        raise ValueError(f"{path!r} is no path into an event; write it as 'data.shot'.")

    def key(event: Event) -> str | None:
        value: Any = event
        for name in names:
            if isinstance(value, Sequence) and not isinstance(value, str) and name.isdecimal():
                value = value[int(name)] if int(name) < len(value) else None
            else:
                value = value.get(name) if isinstance(value, Mapping) else None
        return None if value is None else f"{path} {value}"

    return key


def unordered(event: Event) -> str | None:
    """No key: events are begun in the order they come, and handled side by side."""
    return None


def _entities(event: Event) -> list[Mapping[str, Any]]:
    entities = event.data.get("entities") if isinstance(event.data, Mapping) else None
    if not isinstance(entities, Sequence) or isinstance(entities, str):
        return []
    return [entity for entity in entities if isinstance(entity, Mapping)]


__all__ = ["Key", "by_entity", "by_path", "by_project", "unordered"]
