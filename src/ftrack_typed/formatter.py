"""Entities as indented text for people to read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ftrack_typed.entity import Collection, Entity
from ftrack_typed.entity.checking import checked_entity
from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.symbol import NOT_SET

Filter = Callable[[Entity, str, Any], bool]
"""Whether to show an attribute, from the entity, the attribute's wire name and its value."""

FILTER: Final[Mapping[str, Filter]] = {"ignore_unset": lambda entity, name, value: value is not NOT_SET}
"""Ready-made filters by name."""

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def coloured() -> bool:
    """Whether output should be coloured: as the environment says, else whether a terminal shows it."""
    if "ANSI_COLORS_DISABLED" in os.environ or "NO_COLOR" in os.environ:
        return False
    if "FORCE_COLOR" in os.environ:
        return True
    return os.environ.get("TERM") != "dumb" and sys.stdout is not None and sys.stdout.isatty()


def format(
    entity: Entity,
    formatters: Mapping[str, Callable[[str], str]] | None = None,
    attribute_filter: Filter | None = None,
    recursive: bool = False,
    indent: int = 0,
    indent_first_line: bool = True,
) -> str:
    """The entity's type and, line by line and sorted, its attributes.

    Attributes of the entity itself are loaded where its session auto-populates; of entities it leads to, those are
    shown that are loaded already. One that is shown further out already appears as ``User{...}``.

    Args:
        entity: What to show.
        formatters: How to dress ``"header"`` and ``"label"``; in colours by default, where these are welcome.
        attribute_filter: Which attributes to show, such as ``FILTER["ignore_unset"]``; all when omitted.
        recursive: Whether to show the entities in collections, rather than how many there are.
        indent: Spaces before each line.
        indent_first_line: Whether the first line gets them too.

    Raises:
        ConfigurationTypeError: when it is no entity; also a `TypeError`.
    """
    dress = {"header": _dressed(_BOLD), "label": _dressed(_DIM)} if coloured() else {}
    writer = _Writer({**dress, **(formatters or {})}, attribute_filter, recursive)
    lines = writer.lines(checked_entity(entity, "format"), dict(entity.items()), indent, ())
    text = "\n".join(lines)
    return text if indent_first_line else text[indent:]


def _dressed(code: str) -> Callable[[str], str]:
    return lambda text: f"{code}{text}{_PLAIN}"


class _Writer:
    def __init__(
        self,
        formatters: Mapping[str, Callable[[str], str]],
        attribute_filter: Filter | None,
        recursive: bool,
    ) -> None:
        self._header = formatters.get("header", str)
        self._label = formatters.get("label", str)
        self._filter = attribute_filter
        self._recursive = recursive

    def lines(
        self, entity: Entity, values: Mapping[str, Any], indent: int, outer: tuple[Entity, ...]
    ) -> Iterator[str]:
        """The lines of one entity, which stands within those `outer`."""
        pad = " " * indent
        yield f"{pad}{self._header(entity.entity_type)}"
        for name, value in sorted(values.items()):
            if self._filter is None or self._filter(entity, name, value):
                text = self._text(value, indent + 2, (*outer, entity))
                yield f"{pad} {self._label(name)}: {text}"

    def _text(self, value: Any, indent: int, outer: tuple[Entity, ...]) -> str:
        if isinstance(value, Entity):
            if any(value is each for each in outer):
                return f"{self._header(value.entity_type)}{{...}}"
            return "\n".join(self.lines(value, _loaded(value), indent, outer))[indent:]
        if isinstance(value, KeyValueCollection):
            return str(value)
        if isinstance(value, Collection):
            if not self._recursive:
                return f"{len(value)} {self._header(value._attribute.target)}" if len(value) else "[]"
            texts = [self._text(item, indent, outer) for item in value]
            return f"\n{' ' * indent}".join(texts) or "[]"
        return str(value)


def _loaded(entity: Entity) -> dict[str, Any]:
    attributes = type(entity).__attributes__
    return {attributes[name].wire: value for name, value in vars(entity).items() if name in attributes}
