"""Which entity types get which methods, and what happens when an attribute has the name of one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import ftrack_entities
from ftrack_codegen.intermediate import build
from ftrack_entities import Task
from ftrack_typed import Entity, Session, entity_helpers
from ftrack_typed.entity import UNSET, Attr, EntityInfo, EntityRegistry, Identifier
from ftrack_typed.entity_helpers import Helpers, NoteHelpers, TimerHelpers
from ftrack_typed.entity_helpers import __all__ as all_helpers
from ftrack_typed.entity_helpers.rules import RULES, Applied, TypeFacts, bases_of
from ftrack_typed.schema import Schema

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

Documents = list[dict[str, Any]]
Open = Callable[..., Session]


@pytest.fixture
def bare() -> ModuleType:
    """A generated package without types: every class is built at run time."""
    module = ModuleType("bare")
    module.REGISTRY = EntityRegistry("bare", {})  # type: ignore[attr-defined]
    return module


@pytest.fixture
def connected(loopback: Loopback) -> Iterator[Open]:
    """Opens sessions with a server of any schema."""
    opened: list[Session] = []

    def connect(documents: Documents, **options: Any) -> Session:
        loopback.replies.clear()
        loopback.answer([{"version": "4.13.8"}])
        loopback.answer([documents])
        options.setdefault("on_schema_drift", "ignore")
        session = Session(loopback.url, "key", "ada", schema_cache_path=False, **options)
        opened.append(session)
        loopback.answer_once([])
        return session

    yield connect
    for session in opened:
        session.close()


def with_attribute(documents: Documents, entity_type: str, name: str) -> Documents:
    changed = copy.deepcopy(documents)
    (document,) = [one for one in changed if one["id"] == entity_type]
    document["properties"][name] = {"type": "string"}
    return changed


def helpers(cls: type[Entity]) -> set[str]:
    return {
        base.__name__ for base in cls.__mro__ if issubclass(base, Helpers) and not issubclass(base, Entity)
    }


def test_classes_built_at_run_time_get_what_generated_ones_have(
    connected: Open, stock_documents: Documents, bare: ModuleType
) -> None:
    session = connected(stock_documents, entities=bare)
    seen: set[str] = set()
    for name in ftrack_entities.REGISTRY:
        generated = helpers(ftrack_entities.REGISTRY[name])
        assert helpers(session.types[name]) == generated, name
        seen |= generated
    assert seen == set(all_helpers)


def test_types_of_a_studio_get_them_by_what_they_have(connected: Open, stock_documents: Documents) -> None:
    documents = copy.deepcopy(stock_documents)
    (shot,) = [one for one in documents if one["id"] == "Shot"]
    (version,) = [one for one in documents if one["id"] == "AssetVersion"]
    documents += [{**copy.deepcopy(shot), "id": "Stage"}, {**copy.deepcopy(version), "id": "Take"}]
    session = connected(documents)
    assert helpers(session.types["Stage"]) == helpers(Task)
    assert helpers(session.types["Take"]) == {"Helpers", "NoteHelpers", "LinkHelpers"}


def test_an_attribute_of_the_server_wins(
    connected: Open, stock_documents: Documents, bare: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    documents = with_attribute(stock_documents, "User", "stop_timer")
    session = connected(documents, entities=bare)
    user: Any = session.types["User"]
    assert helpers(user) == {"Helpers", "AccountHelpers"}
    assert str(user.stop_timer == "x") == 'stop_timer is "x"'
    assert not hasattr(user(id="u"), "start_timer")
    assert "User has no TimerHelpers: its attribute stop_timer has the name of a method." in caplog.text


def test_an_attribute_of_one_type_leaves_the_others_alone(
    connected: Open, stock_documents: Documents, bare: ModuleType
) -> None:
    session = connected(with_attribute(stock_documents, "Task", "create_note"), entities=bare)
    assert "NoteHelpers" not in helpers(session.types["Task"])
    assert "NoteHelpers" not in helpers(session.types["Context"])
    assert "NoteHelpers" in helpers(session.types["Shot"])
    assert "AssignmentHelpers" in helpers(session.types["Task"])


def test_generated_code_leaves_them_out_alike(stock_documents: Documents) -> None:
    package = build(Schema.from_wire(with_attribute(stock_documents, "Task", "create_note")), "made")
    named = {name: [base.name for base in entity.helpers] for name, entity in package.entities.items()}
    assert named["Context"] == ["AssignmentHelpers"]
    assert named["Task"] == []
    assert named["Shot"] == ["NoteHelpers"]
    assert package.without_helpers == (
        "NoteHelpers of Context (create_note)",
        "NoteHelpers of Task (create_note)",
        "NoteHelpers of TypedContext (create_note)",
    )


def test_what_the_generated_class_does_not_know_can_be_read_beside_the_method(
    connected: Open, loopback: Loopback, stock_documents: Documents
) -> None:
    session = connected(with_attribute(stock_documents, "Task", "create_note"), auto_populate=False)
    row = {"__entity_type__": "Task", "id": "t", "create_note": "theirs"}
    loopback.answer_once([{"action": "query", "data": [row]}])
    (task,) = session.query("select create_note from Task").all()
    assert task["create_note"] == "theirs"
    assert task.x_create_note == "theirs"
    task["create_note"] = "ours"
    assert callable(task.create_note)
    loopback.answer_once([{"action": "update", "data": {"__entity_type__": "Task", "id": "t"}}])
    session.commit()
    assert loopback.received[-1].operations[0]["entity_data"]["create_note"] == "ours"


class Noted(Entity, NoteHelpers["Entity", "Entity", "Entity", "Entity"]):
    """An entity type with notes."""

    __entity__ = EntityInfo("Noted", primary_key=("id",))
    id: Identifier = UNSET


class Clashing(Noted):
    """One below it, with an attribute that has the name of a method."""

    __entity__ = EntityInfo("Clashing", primary_key=("id",))
    create_note: Attr[str] = UNSET  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]


def test_an_attribute_hides_the_method_of_a_base() -> None:
    noted: type[Any] = Noted
    below: type[Any] = Clashing
    clashing = below(id="x")
    assert not callable(clashing.create_note)
    clashing.create_note = "mine"
    assert clashing.create_note == clashing["create_note"] == "mine"
    assert str(below.create_note == "mine") == 'create_note is "mine"'
    assert callable(noted(id="x").create_note)


def test_helpers_replace_nothing_an_entity_can_by_itself() -> None:
    taken = {name for base in Entity.__mro__ for name in vars(base)}
    for name in all_helpers:
        found = getattr(entity_helpers, name)
        assert not {method for method in vars(found) if not method.startswith("_")} & taken
        assert found.__dict__["__slots__"] == ()


def test_no_attribute_of_the_stock_schema_has_the_name_of_a_method(stock_documents: Documents) -> None:
    assert build(Schema.from_wire(stock_documents), "made").without_helpers == ()


def test_rules_can_be_added() -> None:
    class Lens(Helpers):
        def focus(self) -> None: ...

    facts = TypeFacts("User", ("User", "BaseUser"), {}, frozenset({"id"}))
    further = (*RULES, lambda facts: Applied(Lens) if facts.name == "User" else None)
    assert [one.helpers for one in bases_of(facts, (), further).applied][-1] is Lens
    without = bases_of(facts, [TimerHelpers], further)
    assert TimerHelpers not in [one.helpers for one in without.applied]
    named = bases_of(facts._replace(names=frozenset({"focus"})), (), further)
    assert named.met == ((Lens, "focus"),)
