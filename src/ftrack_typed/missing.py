"""Attributes read but not loaded: what a session does about them, besides loading them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, get_args

from ftrack_typed.errors import ConfigurationValueError, NotLoadedError

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute

_logger: Final = logging.getLogger("ftrack_typed.missing")

OnMissing = Literal["batch", "fetch", "warn", "raise"]
"""What to do when an attribute is read that is not loaded."""


class MissingPolicy:
    """Decides what reading an attribute that is not loaded costs.

    ``"batch"`` loads it for the entities that came with this one too, ``"fetch"`` for this one alone; ``"warn"``
    loads in batches and says once per attribute where it was read; ``"raise"`` loads nothing.

    Raises:
        ConfigurationValueError: for anything else.
    """

    def __init__(self, on_missing: OnMissing) -> None:
        if on_missing not in get_args(OnMissing):
            choices = ", ".join(repr(each) for each in get_args(OnMissing))
            raise ConfigurationValueError(
                f"on_missing is one of {choices}, not {on_missing!r}.", setting="on_missing"
            )
        self.on_missing: OnMissing = on_missing
        self._warned: set[tuple[str, str]] = set()

    @property
    def in_batches(self) -> bool:
        """Whether what is missing is loaded for several entities at once."""
        return self.on_missing != "fetch"

    def met(self, entity: Entity, attributes: Sequence[Attribute]) -> None:
        """Tell about attributes that are about to be fetched.

        Raises:
            NotLoadedError: when they are not to be.
        """
        if self.on_missing == "raise":
            raise NotLoadedError(
                entity.entity_type, attributes[0].wire, _path(entity, attributes[0]), repr(entity)
            )
        if self.on_missing != "warn":
            return
        from ftrack_typed.caller import calling_line

        for attribute in attributes:
            met = (entity.entity_type, attribute.wire)
            if met not in self._warned:
                self._warned.add(met)
                _logger.warning(
                    "%s: %s.%s is read without being loaded, which costs requests; load it with the query, as in "
                    ".load(%s), or with session.prefetch.",
                    calling_line(),
                    *met,
                    _path(entity, attribute),
                )


def _path(entity: Entity, attribute: Attribute) -> str:
    return f"{type(entity).__name__}.{attribute.name}"
