"""Documents without a fixed shape, such as the results of writes: what is done with those that look alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_typed.identity.pairs import Pair, key_of
from ftrack_typed.identity.straight import OFTEN, define
from ftrack_typed.symbol import NOT_SET

if TYPE_CHECKING:
    from ftrack_typed.entity import Entity
    from ftrack_typed.entity.attribute import Attribute
    from ftrack_typed.identity.map import Known

Read = Callable[["dict[str, Any]"], Any]
"""Turns a document into its entity."""


class Arriving(NamedTuple):
    """An attribute of documents that is kept."""

    wire: str
    name: str
    """Its name in Python."""
    expected: type | None
    """Type of values that are taken as they come; None where all are looked at."""
    read: Callable[[Any], Any]
    """Reads other values; never given None."""


@dataclass(slots=True)
class DocumentPlan:
    """What is done with documents of one class that have the same attributes."""

    cls: type[Entity]
    known: Known
    """The entities of its type tree."""
    key: str | None
    """Wire name of the key attribute, None where there are several or it is missing."""
    arriving: list[Arriving]
    collections: list[Attribute]
    pairs: tuple[Pair, ...]
    """Pairs of attributes of which only one half arrives."""
    uses: int = 0
    """How many documents came so far."""
    straight: Read | None = None
    """Reads documents quickly, once there were many of them."""

    def used(self, otherwise: Read, changed: Mapping[int, Any]) -> None:
        """Count a document, and write the code for those that follow if there are many.

        Args:
            otherwise: Reads documents of entities that are new, changed, or known under another class.
            changed: Uncommitted changes by ``id(entity)``.
        """
        self.uses += 1
        if self.uses != OFTEN or self.key is None or self.collections:
            return
        names = {
            "NOT_SET": NOT_SET,
            "changed": changed,
            "cls": self.cls,
            "key_of": key_of,
            "known": self.known.get,
            "otherwise": otherwise,
            **{f"read_{number}": each.read for number, each in enumerate(self.arriving)},
        }
        self.straight = define("document", self._code(), names, f"documents of {self.cls.__name__}")

    def _code(self) -> list[str]:
        values = {each.name: f"v{number}" for number, each in enumerate(self.arriving)}
        lines = [
            f"key = document[{self.key!r}]",
            "held = known(key) if type(key) is str else None",
            "entity = None if held is None else held()",
            "if type(entity) is not cls or id(entity) in changed:",
            "    return otherwise(document)",
        ]
        for number, each in enumerate(self.arriving):
            value = f"v{number}"
            other = "" if each.expected is None else f"type({value}) is not {each.expected.__name__} and "
            lines += [
                f"{value} = document[{each.wire!r}]",
                f"if {other}{value} is not None: {value} = read_{number}({value})",
            ]
        lines.append("present = entity.__dict__")
        for relation, foreign_key in self.pairs:
            if relation in values:
                lines.append(
                    f"if {foreign_key!r} in present: present[{foreign_key!r}] = key_of({values[relation]})"
                )
            else:
                fresh = values[foreign_key]
                differs = f"{relation!r} in present and present.get({foreign_key!r}, NOT_SET) != {fresh}"
                unlike = f"key_of(present[{relation!r}]) != {fresh}"
                lines.append(f"if {differs} and {unlike}: del present[{relation!r}]")
        lines += [f"present[{each.name!r}] = {values[each.name]}" for each in self.arriving]
        return [*lines, "return entity"]
