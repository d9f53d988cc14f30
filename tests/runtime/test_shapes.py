"""A compiled shape and the walk read every reply alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ftrack_entities
from ftrack_entities import REGISTRY
from ftrack_typed import Entity, Session
from ftrack_typed.entity import Collection
from ftrack_typed.entity.attribute import Attribute
from ftrack_typed.entity.collections import KeyValueCollection
from ftrack_typed.identity.hydration import Hydrator
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.identity.pairs import pair_of
from ftrack_typed.identity.projection import Projection, projection_tree
from ftrack_typed.unit_of_work.changes import ChangeTracker

ROOTS = (
    "Task",
    "Shot",
    "TypedContext",
    "Context",
    "AssetVersion",
    "Note",
    "Metadata",
    "List",
    "StatusChange",
    "Job",
)
SCALARS = {
    "str": st.sampled_from(["", "a", "wip"]),
    "int": st.integers(-3, 3),
    "float": st.sampled_from([0.0, 1.5, 3]),
    "bool": st.booleans(),
    "datetime": st.sampled_from(
        [
            {"__type__": "datetime", "value": "2031-05-04T10:20:30"},
            {"__type__": "date", "value": "2031-05-04"},
            {"__type__": "datetime", "value": "2031-05-04T10:20:30.5+02:00"},
            "2031-05-04T10:20:30Z",
        ]
    ),
    "Any": st.sampled_from([1, "x", True, {"__type__": "datetime", "value": "2031-05-04T10:20:30"}]),
}
ODD = st.sampled_from([5, "odd", True, [1], {"value": "x"}, 1.25])


def concrete_types(name: str) -> list[str]:
    """What rows declared as this type may be."""
    if name == "Task":
        return ["Task", "Shot"]
    return [name, *REGISTRY.subtypes(name)]


@st.composite
def projections(draw: st.DrawFn, name: str, depth: int = 2) -> list[str]:
    """Paths on a type: its own attributes, and those only its subtypes have."""
    pool = {
        attribute.wire: attribute
        for each in reversed(concrete_types(name))
        for attribute in REGISTRY[each].__attributes__.values()
        if attribute.kind != "restricted" and not attribute.wire.startswith("_")
    }
    paths: list[str] = []
    for wire in draw(st.lists(st.sampled_from(sorted(pool)), min_size=1, max_size=5, unique=True)):
        attribute = pool[wire]
        if attribute.kind == "scalar" or depth == 0 or draw(st.booleans()):
            paths.append(wire)
        else:
            target = REGISTRY.by_class_name(attribute.target).__entity__.name
            paths += [f"{wire}.{below}" for below in draw(projections(target, depth - 1))]
    return paths


def key_names(name: str) -> tuple[str, ...]:
    return REGISTRY[name].__entity__.primary_key


class Server:
    """Serialises a made-up but consistent world, each value of each entity once or every time."""

    def __init__(self, draw: Callable[[Any], Any], *, repeat: bool, odd: bool) -> None:
        self.draw = draw
        self.repeat = repeat
        self.odd = odd
        self.types: dict[tuple[str, str], str] = {}
        self.values: dict[tuple[str, str, str], Any] = {}
        self.sent: set[tuple[str, str, str]] = set()

    def entity(self, declared: str, given: str | None = None) -> tuple[str, str]:
        """Choose an entity: its type, and its number."""
        root = REGISTRY.root(declared)
        # No two trees share a key: these are UUIDs.
        number: str = f"{root} {self.draw(st.sampled_from('123'))}" if given is None else given
        known = self.types.get((root, number))
        if given is None and known is not None and known not in concrete_types(declared):
            number = f"{number} {declared}"  # no server sends a folder for a project
            known = self.types.get((root, number))
        if known is None:
            known = self.types[root, number] = self.draw(st.sampled_from(concrete_types(declared)))
        return known, number

    def row(self, chosen: tuple[str, str], tree: Projection) -> dict[str, Any]:
        name, number = chosen
        root = REGISTRY.root(name)
        cls = REGISTRY[name]
        document: dict[str, Any] = {"__entity_type__": name}
        for wire in cls.__entity__.primary_key:
            document[wire] = number
        for wire in (*cls.__entity__.system_projections, *tree.attributes):
            below = tree.attributes.get(wire, Projection())
            attribute = cls.__attributes__.get(cls.__entity__.python_names.get(wire, wire))
            if attribute is None or wire in cls.__entity__.primary_key or attribute.kind == "restricted":
                continue
            if attribute.kind == "scalar":
                slot = (root, number, wire)
                if slot not in self.values:
                    self.values[slot] = self.scalar(chosen, attribute)
                if self.repeat or slot not in self.sent:
                    document[wire] = self.values[slot]
                    self.sent.add(slot)
                continue
            held = self.held(chosen, attribute)
            if held is None:
                document[wire] = None
            elif isinstance(held, list):
                document[wire] = [self.row(each, below) for each in held]
            else:
                document[wire] = self.row(held, below)
        return document

    def scalar(self, chosen: tuple[str, str], attribute: Attribute) -> Any:
        pair = pair_of(REGISTRY[chosen[0]], attribute)
        if pair is not None:  # a foreign key says what its relation says
            related = self.held(chosen, REGISTRY[chosen[0]].__attributes__[pair.relation])
            return None if related is None else related[1]
        if self.draw(st.integers(0, 4)) == 0:
            return None
        if self.odd and self.draw(st.integers(0, 9)) == 0:
            return self.draw(ODD)
        if attribute.enum:
            return self.draw(st.sampled_from([*attribute.enum, "of a newer server"]))
        return self.draw(SCALARS.get(attribute.target, st.sampled_from([None, {"url": "x"}, [{"id": "1"}]])))

    def held(self, chosen: tuple[str, str], attribute: Attribute) -> Any:
        """The related entity or entities."""
        name, number = chosen
        slot = (REGISTRY.root(name), number, attribute.wire)
        if slot not in self.values:
            target = REGISTRY.by_class_name(attribute.target).__entity__.name
            pair = pair_of(REGISTRY[name], attribute)
            if attribute.kind == "reference" and pair is not None and pair.foreign_key in key_names(name):
                self.values[slot] = self.entity(target, number)  # part of the key, which has the same number
            elif attribute.kind == "reference":
                self.values[slot] = self.entity(target) if self.draw(st.integers(0, 3)) else None
            else:
                self.values[slot] = [self.entity(target) for _ in range(self.draw(st.integers(0, 2)))]
        return self.values[slot]


def plain(value: Any) -> Any:
    """A value without identities: entities as their type and key."""
    if isinstance(value, Entity):
        return type(value).__name__, tuple(value.primary_key.values())
    if isinstance(value, KeyValueCollection):
        return "mapped", [plain(row) for row in value.rows]
    if isinstance(value, Collection):
        return "collection", [plain(item) for item in value]
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def reached(value: Any, known: dict[int, Entity]) -> dict[int, Entity]:
    """All entities a value leads to, by id."""
    if isinstance(value, Entity):
        if id(value) not in known:
            known[id(value)] = value
            for each in vars(value).values():
                reached(each, known)
    elif isinstance(value, (list, Collection)):
        for item in value:
            reached(item, known)
    elif isinstance(value, KeyValueCollection):
        for row in value.rows:
            reached(row, known)
    return known


def world(rows: list[Any]) -> dict[Any, Any]:
    """What is known of all entities that rows lead to; the identity map may still know others."""
    return {
        plain(entity): {name: plain(value) for name, value in vars(entity).items()}
        for entity in reached(rows, {}).values()
    }


def fresh(session: Session) -> Hydrator:
    return Hydrator(session, session.types, IdentityMap(), ChangeTracker())


@pytest.mark.parametrize("name", ROOTS)
@settings(max_examples=40)
@given(data=st.data(), repeat=st.booleans(), odd=st.booleans())
def test_shape_and_walk_agree(
    shared_session: Session, name: str, data: st.DataObject, repeat: bool, odd: bool
) -> None:
    paths = tuple(dict.fromkeys(data.draw(projections(name), label="projections")))
    tree = projection_tree(paths)
    assert tree is not None
    server = Server(data.draw, repeat=repeat, odd=odd)
    rows = [server.row(server.entity(name), tree) for _ in range(data.draw(st.integers(1, 4)))]
    body = json.dumps([{"action": "query", "data": rows, "metadata": {"next": {"offset": None}}}]).encode()
    shaped, walked = fresh(shared_session), fresh(shared_session)
    by_shape, _ = shaped.page(getattr(ftrack_entities, name), paths, body)
    by_walk = walked.walk(rows, getattr(ftrack_entities, name))
    assert [plain(row) for row in by_shape] == [plain(row) for row in by_walk]
    assert world(by_shape) == world(by_walk)
    again, _ = shaped.page(getattr(ftrack_entities, name), paths, body)
    assert all(one is other for one, other in zip(by_shape, again, strict=True))
    assert world(by_shape) == world(by_walk)
