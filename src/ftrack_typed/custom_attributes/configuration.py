"""One custom attribute as a studio configured it. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from ftrack_typed.errors import Error, ValueTypeError
from ftrack_typed.wire import dates

HIERARCHICAL_ON: Final = frozenset({"show", "task", "asset", "assetversion"})
"""Kinds of entities that have the hierarchical attributes."""

_TEXTS: Final = frozenset({"text", "url", "expression"})
_LISTS: Final = frozenset({"enumerator", "dynamic enumerator"})
_NO_TEXTS: Final = frozenset({"boolean", "number"})


@dataclass(frozen=True, slots=True)
class Place:
    """What decides which custom attributes an entity has.

    Attributes:
        kind: What configurations call the kind of entity: ``task`` for every typed context, ``show`` for projects,
            ``asset``, ``assetversion``, ``user``, ``list``.
        object_type_id: Object type of a typed context.
        project_id: The project it belongs to, or is; None when unknown or in no project.
    """

    kind: str
    object_type_id: str | None = None
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeConfiguration:
    """A custom attribute.

    Attributes:
        id: Id of the `CustomAttributeConfiguration`.
        key: Its key.
        type: Name of its type: ``text``, ``number``, ``boolean``, ``date``, ``enumerator``, ``dynamic enumerator``,
            ``expression`` or ``url``.
        entity_type: Kind of entity it was made for (see :class:`Place`).
        object_type_id: Object type it is for; None for all.
        project_id: The only project that has it; None for all.
        is_hierarchical: Whether values are inherited down the project tree.
        default: Value of entities on which none was set.
        is_decimal: Whether a number may have a fraction.
    """

    id: str
    key: str
    type: str
    entity_type: str
    object_type_id: str | None = None
    project_id: str | None = None
    is_hierarchical: bool = False
    default: Any = None
    is_decimal: bool = True

    def applies(self, place: Place) -> bool:
        """Whether entities at `place` have this attribute (wire: protocol 7).

        An unknown project matches those of any project.
        """
        if self.project_id is not None and place.project_id not in (None, self.project_id):
            return False
        if self.is_hierarchical:
            return place.kind in HIERARCHICAL_ON
        if self.entity_type != place.kind:
            return False
        return self.entity_type != "task" or self.object_type_id in (None, place.object_type_id)

    def precedence(self, place: Place | None = None) -> tuple[bool, bool]:
        """Orders attributes of the same key that apply: a project's own comes first, then one made for the type.

        When the project is unknown, what all projects have is the better guess.
        """
        guessed = place is not None and place.project_id is None
        return (self.project_id is None) != guessed, self.is_hierarchical

    def read(self, value: Any) -> Any:
        """A value as the server gives it, in the type it has in Python: dates aware, enumerators as lists."""
        if self.type == "date" and isinstance(value, str):
            # Defaults are plain texts, values are tagged (wire: protocol 7).
            return dates.parse(value) if value else None
        if self.type in _LISTS and isinstance(value, str):
            return [value] if value else []
        # A default that was never given is an empty text, whatever the type.
        return None if value == "" and self.type in _NO_TEXTS else value

    def accept(self, entity_type: str, value: Any) -> Any:
        """Check a value that is to be set, and give back what is sent; None takes the value away.

        Raises:
            ValueTypeError: when it does not fit.
        """
        if value is None:
            return None
        fits, accepted = self._converted(value)
        if not fits:
            raise ValueTypeError(entity_type, f"custom_attributes[{self.key!r}]", self._expected(), value)
        return accepted

    def _converted(self, value: Any) -> tuple[bool, Any]:
        if self.type in _TEXTS:
            return (True, str(value)) if isinstance(value, uuid.UUID) else (isinstance(value, str), value)
        if self.type == "boolean":
            return isinstance(value, bool), value
        if self.type == "number":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return number and (self.is_decimal or value == int(value)), value
        if self.type in _LISTS:
            chosen = [value] if isinstance(value, str) else value
            fits = isinstance(chosen, (list, tuple)) and all(isinstance(item, str) for item in chosen)
            return fits, list(chosen) if fits else None
        if self.type == "date":
            if not isinstance(value, (str, date, datetime)):
                return False, None
            try:
                return True, dates.parse(value)
            except Error:
                return False, None
        return True, value  # a type newer than this library

    def _expected(self) -> str:
        if self.type == "number":
            return "a number or None" if self.is_decimal else "a whole number or None"
        if self.type in _LISTS:
            return "an option, a list of options or None"
        return {"boolean": "a bool or None", "date": "a datetime, a date or None"}.get(
            self.type, "a str or None"
        )


def is_decimal(config: Any) -> bool:
    """Whether the ``config`` of a number allows fractions; it does when it does not say (wire: JSON text)."""
    try:
        settings = json.loads(config) if isinstance(config, str) else config
    except ValueError:
        return True
    return bool(settings.get("isdecimal", True)) if isinstance(settings, Mapping) else True
