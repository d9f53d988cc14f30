"""Places of a projection: where rows of one kind stand, and the functions that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

from ftrack_typed.entity import Entity
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.owner import Arrival
from ftrack_typed.identity.layouts import TAG, Field, Namespace, OddValueError, Read, reading_code
from ftrack_typed.identity.map import Known
from ftrack_typed.identity.merging import adopt, refine_class, wrap_collections
from ftrack_typed.identity.pairs import Pair, align

_MOST_LAYOUTS = 64
"""Layouts of one place that get a function; rows differ by their subtypes, not one by one."""


@dataclass(eq=False)
class Place:
    """Reads rows at one place of a projection, whatever layouts they come in.

    Rows repeat: a status stands in every task that has it. The first occurrence with data is remembered for the rest of
    the reply, and further ones cost one look-up: whatever the server says of an entity at one place of a projection, it
    has said completely by then (wire: protocol 1.3). Its ``id`` alone tells: ids are UUIDs.
    """

    names: Namespace
    """Global names of the shape's functions."""
    path: tuple[str, ...]
    """Wire names that lead here from the root of the projection."""
    cls: type[Entity]
    """Class the rows are declared to have."""
    class_of: Mapping[str | None, type[Entity]] | None
    """Classes by the type a row carries; None when it can only be the declared one."""
    fields: dict[str, tuple[str, Field]]
    """Python name and reading of each attribute, by wire name."""
    witness: str
    """Wire name of an attribute whose presence tells that a row carries its data."""
    known: Known
    """The entities of this type tree."""
    collections: list[Attribute]
    """Attributes that arrive as lists of rows."""
    pairs: tuple[Pair, ...]
    """Pairs of attributes of which only one half arrives."""
    reader: str = field(init=False)
    """Global name of the function that reads a row; another function is its value once a layout is known."""
    memory: str | None = field(init=False)
    """Global name of the entities read before in this reply, by the row's ``id``."""

    def __post_init__(self) -> None:
        names = self.names
        self._layouts: dict[frozenset[str], Read] = {}
        self._remembered: dict[Any, Entity] = {}
        self._other: str = names.bind("other", self.read)
        self._arrival: str = names.bind("arrival", None)
        self.reader = names.bind("read", self.read)
        self._simple: bool = self.cls.__entity__.primary_key == ("id",) and not self.collections
        memory = names.keep("memory", self._remembered)
        self.memory = memory if self._simple else None

    def begin(self, arrival: Arrival) -> None:
        """Begin a reply: rows with data are marked with `arrival`."""
        self.names.globals[self._arrival] = arrival

    def read_all(self, rows: Any) -> list[Any]:
        """The entities of decoded rows.

        Raises:
            OddValueError: when `rows` is no list.
        """
        if type(rows) is not list:
            raise OddValueError
        first = [self.read(row) for row in rows[:1]]
        read: Read = self.names.globals[self.reader]
        return first + [read(row) for row in rows[1:]]

    def read(self, row: dict[str, Any]) -> Any:
        """The entity of a decoded row of any layout.

        Raises:
            OddValueError: when it is no row, or lacks its key.
        """
        if type(row) is not dict:
            raise OddValueError
        keys = frozenset(row)
        known = self._layouts.get(keys)
        return (self._learn(keys) if known is None else known)(row)

    def _learn(self, keys: frozenset[str]) -> Read:
        if not keys.issuperset(self.cls.__entity__.primary_key) or len(self._layouts) >= _MOST_LAYOUTS:
            raise OddValueError
        names = self.names
        code = reading_code(keys, self.fields, self._finish(keys), self._other, names)
        read: Read = names.define(code, f"rows of {self.cls.__name__}")
        if not self._layouts:
            names.globals[self.reader] = read
        self._layouts[keys] = read
        return read

    def _finish(self, keys: frozenset[str]) -> list[str]:
        """Code that turns a checked row of this layout into its entity."""
        names = self.names
        carries_data = self.witness in keys
        arrival = self._arrival if carries_data else "arrival"
        if self.class_of is None:
            lines, cls = [], names.bind("cls", self.cls)
        else:
            usual = f"{names.bind('cls', self.cls)} if tag == {self.cls.__entity__.name!r}"
            lines, cls = [f"cls = {usual} else {names.bind('class_of', self.class_of)}[tag]"], "cls"
        if not self._simple:
            return [
                *lines,
                f"return {names.bind('join', self._join)}(loaded, {cls}, {arrival}, {carries_data})",
            ]
        known = names.bind("known", self.known)
        lines += [
            f"if key not in {known} or (entity := {known}[key]()) is None:",
            f"    entity = new({cls})",
            "    set_loaded(entity, loaded)",
            f"    set_arrival(entity, {arrival})",
            f"    {known}[key] = ref(entity)",
        ]
        merge = [f"if type(entity) is not {cls}: refine_class(entity, {cls})"] if self.class_of else []
        if len(keys - {TAG}) > 1:  # else a bare reference
            if self.pairs:
                merge.append(f"align(entity, loaded, {names.bind('pairs', self.pairs)}, changed)")
            merge += [
                "if changed and id(entity) in changed: merge_changed(entity, loaded)",
                "else: entity.__dict__.update(loaded)",
            ]
            if carries_data:
                merge.append(f"set_arrival(entity, {arrival})")
        if merge:
            lines += ["else:", *(f"    {line}" for line in merge)]
        if carries_data and self.path:  # rows of the root stand once each
            lines.append(f"{self.memory}[key] = entity")
        return [*lines, "return entity"]

    def _join(
        self, loaded: dict[str, Any], cls: type[Entity], arrival: Arrival, carries_data: bool
    ) -> Entity:
        """The entity of a row with a composite key or with collections."""
        python_names = self.cls.__entity__.python_names
        parts = [loaded[python_names.get(wire, wire)] for wire in self.cls.__entity__.primary_key]
        key = parts[0] if len(parts) == 1 else tuple(parts)
        held = self.known.get(key)
        entity: Entity | None = None if held is None else held()
        if entity is None:
            entity = object.__new__(cls)
            self.names.globals["set_loaded"](entity, loaded)
            entity._arrival = arrival
            self.known[key] = ref(entity)
            self._remembered[key] = entity  # nobody may hold it yet, and it may come again
            wrap_collections(entity, self.collections, loaded)
            return entity
        refine_class(entity, cls)
        wrap_collections(entity, self.collections, loaded)
        align(entity, loaded, self.pairs, self.names.globals["changed"])
        if id(entity) in self.names.globals["changed"]:
            self.names.globals["merge_changed"](entity, loaded)
        else:
            adopt(entity, loaded)
        if carries_data:
            entity._arrival = arrival
        return entity
