"""Finds how a collection's rows are reached: the wire says only what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ftrack_local.catalogue.attributes import foreign_key_target, is_relation
from ftrack_local.catalogue.definitions import AttributeDefinition, Catalogue, Kind
from ftrack_local.catalogue.documents import Tree, WireType
from ftrack_local.model import Inverse, JoinTable, Route, Through, Unrelated, Walk

_POLYMORPHIC_KEYS = {"Metadata": "parent_id", "Note": "parent_id", "EntitySetting": "parent_id"}


class Router:
    """Routes of all collections of one document; collects the join tables and columns they need."""

    def __init__(
        self,
        types: Mapping[str, WireType],
        tree: Tree,
        catalogue: Catalogue,
        table_of: Callable[[str], str],
    ) -> None:
        self._types = types
        self._tree = tree
        self._catalogue = catalogue
        self._table_of = table_of
        self.joins: dict[str, JoinTable] = {}
        self.needed: dict[tuple[str, str], str] = {}
        """(type, column) → type the column's key names, for routes over columns the document omits."""

    def route(self, owner: str, target: str, line: AttributeDefinition | None) -> Route:
        """The route of a collection of `owner` that holds `target`."""
        if line is not None and line.kind in (Kind.MANY, Kind.MAP) and self._same_family(line, target):
            return self._known(owner, target, line)
        return self._infer(owner, target)

    def _same_family(self, line: AttributeDefinition, target: str) -> bool:
        wanted = str(line.target)
        return wanted == target or wanted in self._tree.ancestry(target)

    def _known(self, owner: str, target: str, line: AttributeDefinition) -> Route:
        if line.walk_column is not None:
            self._need(target, line.walk_column, target)
            return Walk(line.walk_column, str(line.walk), line.start)
        if line.via is not None:
            if line.via.table not in self._types:
                return Unrelated()
            return Through(self._table_of(line.via.table), line.via.near, line.via.far, line.where)
        if line.join is not None:
            join = JoinTable(line.join.table, line.join.near, line.join.far)
            self.joins[join.name] = join
            return Through(join.name, join.near, join.far, line.where)
        if line.target_attribute is None:
            return Unrelated()
        column = self._column(str(line.target), line.target_attribute)
        self._need(target, column, owner)
        return Inverse(column, line.where)

    def _column(self, known: str, attribute: str) -> str:
        """The column a catalogue attribute is stored in: the key of a relation, else its own name."""
        line = self._catalogue.attributes(known).get(attribute)
        return str(line.key_name) if line is not None and line.kind is Kind.ONE else attribute

    def _need(self, name: str, column: str, owner: str) -> None:
        if column not in self._types[name]["properties"]:
            self.needed[name, column] = owner

    def _infer(self, owner: str, target: str) -> Route:
        fixed = _POLYMORPHIC_KEYS.get(target)
        if target.endswith("CustomAttributeValue"):
            fixed = "entity_id"
        if fixed is not None and fixed in self._types[target]["properties"]:
            return Inverse(fixed)
        ancestry = self._tree.ancestry(owner)
        keys = [key for key, named in self._keys(target) if named in ancestry]
        if len(keys) == 1:
            return Inverse(keys[0])
        through = list(self._pairs(ancestry, self._tree.ancestry(target))) if not keys else []
        return through[0] if len(through) == 1 else Unrelated()

    def _keys(self, name: str) -> Iterator[tuple[str, str]]:
        for key, prop in self._types[name]["properties"].items():
            if not is_relation(prop):
                named = foreign_key_target(prop)
                if named is not None and "items" not in prop:
                    yield key, named

    def _pairs(self, near: list[str], far: list[str]) -> Iterator[Through]:
        """Types whose primary key is a pair of keys, one to each side."""
        for name, document in self._types.items():
            pair = document.get("primary_key", [])
            if len(pair) != 2:
                continue
            named = dict(self._keys(name))
            first, second = pair
            for here, there in ((first, second), (second, first)):
                if named.get(here) in near and named.get(there) in far:
                    yield Through(self._table_of(name), here, there)
                    break
