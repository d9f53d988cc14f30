"""What comes often is read and made by straight code, with the same outcome as before there was any."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timezone
from typing import TYPE_CHECKING, Any
from uuid import RFC_4122, UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_entities import Shot, Status, Task, TaskTemplateItem, User
from ftrack_typed import Entity, Session
from ftrack_typed.errors import ComputedAttributeError, NotUniqueError, ValueTypeError
from ftrack_typed.identity.straight import OFTEN, define
from ftrack_typed.unit_of_work.operations import CreateEntityOperation

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

Read = Callable[..., "list[Any]"]
"""Has documents of a type arrive, all with the same values, for these keys; gives back their entities."""

MANY = range(OFTEN + 3)


def test_a_function_is_what_its_lines_say() -> None:
    double = define("value", ["result = value * factor", "return result"], {"factor": 2}, "doubling")
    assert (double(3), double("ab")) == (6, "abab")


def test_names_are_of_one_function_only() -> None:
    one, two = (define("", ["return name"], {"name": value}, "names") for value in (1, 2))
    assert (one(), two()) == (1, 2)


# -- documents -------------------------------------------------------------------------------------


@pytest.fixture
def read(scripted: Session, loopback: Loopback) -> Read:
    """Reads documents in one reply."""

    def arrive(kind: str, keys: Iterable[object] = MANY, /, **values: Any) -> list[Any]:
        documents = [{"__entity_type__": kind, "id": f"{kind} {key}", **values} for key in keys]
        loopback.answer_once([{"data": document} for document in documents])
        return [result["data"] for result in scripted.call([{"action": "query", "expression": kind}])]

    return arrive


def loaded(entity: Entity) -> dict[str, Any]:
    return {name: value for name, value in vars(entity).items() if name != "id"}


def outcomes(read: Read, kind: str, before: dict[str, Any], arriving: dict[str, Any]) -> list[dict[str, Any]]:
    """What entities hold that knew `before` when `arriving` came: the first of them, and one behind many."""
    entities = read(kind, **before)
    assert all(one is other for one, other in zip(entities, read(kind, **arriving), strict=True))
    return [loaded(entities[0]), loaded(entities[-1])]


MOMENT = {"__type__": "datetime", "value": "2031-05-04T10:20:30"}
STATUS = {"__entity_type__": "Status", "id": "Status 1"}


@pytest.mark.parametrize(
    ("before", "arriving"),
    [
        ({"name": "a"}, {"name": "b", "bid": 1.5, "start_date": MOMENT}),
        ({"name": "a", "bid": 2.0}, {"name": None, "bid": None, "start_date": None}),
        ({"bid": 2.0}, {"bid": 3, "start_date": "2031-05-04 10:20"}),
        ({"name": "a"}, {"name": ["odd"], "bid": "odd", "start_date": {"value": []}}),
        ({"status": STATUS, "status_id": "Status 1"}, {"status_id": "Status 1"}),
        ({"status": STATUS, "status_id": "Status 1"}, {"status_id": "Status 2"}),
        ({"status": STATUS}, {"status_id": "Status 2"}),
        ({"status": STATUS}, {"status_id": None}),
        ({"status_id": "Status 1"}, {"status": {"__entity_type__": "Status", "id": "Status 2"}}),
        ({"status_id": "Status 1"}, {"status": None}),
        ({"name": "a"}, {"status": "odd", "assignments": None}),
        ({"name": "a"}, {"nobody knows": 1, "name": "b"}),
    ],
)
def test_documents_are_read_alike(read: Read, before: dict[str, Any], arriving: dict[str, Any]) -> None:
    held = read("Status", [1, 2])
    first, last = outcomes(read, "Task", before, arriving)
    assert list(first) == list(last)
    assert first == last
    assert held


def test_local_changes_stay_on_top(read: Read) -> None:
    tasks = read("Task", name="server", status_id="s1")
    tasks[-1].name = "mine"
    read("Task", name="newer", status_id="s2")
    assert [task.name for task in tasks] == ["newer"] * (OFTEN + 2) + ["mine"]
    del tasks[-1]["name"]
    assert tasks[-1].name == "newer"


def test_rows_first_seen_as_their_base_get_their_class(
    scripted: Session, loopback: Loopback, read: Read
) -> None:
    documents = [{"__entity_type__": "TypedContext", "id": f"Shot {number}", "name": "a"} for number in MANY]
    loopback.answer_once([{"data": document} for document in documents])
    contexts = [result["data"] for result in scripted.call([{"action": "query", "expression": "Shot"}])]
    read("Shot", name="b")
    assert {(type(entity), entity.name) for entity in contexts} == {(Shot, "b")}


def test_who_is_not_held_is_made(read: Read) -> None:
    held = read("User", username="a")
    (fresh,) = read("User", ["fresh"], username="b")
    assert isinstance(fresh, User)
    assert (fresh.id, fresh.username, fresh.session) == ("User fresh", "b", held[0].session)


def test_classes_that_change_meanwhile_are_used(scripted: Session, read: Read) -> None:
    class Shouting:
        def shout(self) -> str:
            return vars(self)["username"].upper()  # type: ignore[no-any-return]

    users = read("User", username="a")
    scripted.types.extend("User", Shouting)
    users += read("User", ["new"], username="b")
    assert {user.shout() for user in users} == {"A", "B"}


# -- new entities ----------------------------------------------------------------------------------


def made(session: Session, cls: Any, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a new entity holds, and what is sent of it, without its key."""
    entity: Entity = session.create(cls, **values)
    (*_, operation) = [
        each for each in session.recorded_operations if isinstance(each, CreateEntityOperation)
    ]
    assert operation.entity is entity
    assert operation.entity_key == entity.primary_key
    sent = {name: value for name, value in operation.entity_data.items() if name != "id"}
    assert operation.entity_data.get("id", entity["id"]) == entity["id"]
    return loaded(entity), sent


REFERENCES = st.sampled_from(["Status 1", "Status 2", "Shot 1", None])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=3),
        "bid": st.floats(0, 10) | st.integers(0, 9) | st.none(),
        "description": st.text(max_size=3) | st.none(),
        "start_date": st.datetimes(timezones=st.just(timezone.utc)) | st.none(),
        "parent": REFERENCES,
        "status": REFERENCES,
        "status_id": st.sampled_from(["Status 1", "Status 2"]),
    },
)


@given(st.lists(VALUES, min_size=2, max_size=2))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_new_entities_are_made_alike(scripted: Session, values: list[dict[str, Any]]) -> None:
    """Whatever is given first, and whatever is given often."""

    def outcome(session: Session, each: dict[str, Any]) -> object:
        try:
            return made(session, Task, each)
        except ValueTypeError as error:
            return str(error)

    with scripted.fork() as session:
        related: dict[str | None, Entity | None] = {
            None: None,
            "Shot 1": session.create(Shot, id="Shot 1", name="a"),
            **{key: session.create(Status, id=key, name="a") for key in ("Status 1", "Status 2")},
        }
        tried = [
            {name: related[value] if name in ("parent", "status") else value for name, value in each.items()}
            for each in values
        ]
        before = [outcome(session, each) for each in tried]
        for _ in range(OFTEN):
            outcome(session, tried[0])
        assert [outcome(session, each) for each in tried] == before
        session.rollback()


def often(session: Session, cls: Any, **values: Any) -> None:
    for _ in range(OFTEN + 1):
        session.create(cls, **values)


def test_a_value_that_does_not_fit_is_refused(scripted: Session) -> None:
    often(scripted, Task, name="a", bid=1.0)
    recorded = len(scripted.recorded_operations)
    with pytest.raises(ValueTypeError, match=r"Task\.name") as caught:
        scripted.create("Task", {"name": 5, "bid": 1.0})
    assert caught.value.attribute == "name"
    with pytest.raises(ValueTypeError, match=r"Task\.bid"):
        scripted.create(Task, name="a", bid=float("nan"))
    assert len(scripted.recorded_operations) == recorded


def test_what_only_the_server_sets_is_refused(scripted: Session) -> None:
    for _ in range(OFTEN + 2):
        with pytest.raises(ComputedAttributeError):
            scripted.create("Task", {"name": "a", "time_logged": 1.0})


def test_entities_of_other_sessions_become_ones_of_this(scripted: Session, read: Read) -> None:
    (status,) = read("Status", [1])
    with scripted.fork() as other:
        often(other, Task, name="a", status=other.create(Status, id="s2", name="wip"))
        task = other.create(Task, name="a", status=status)
        assert task.status is not status
        assert task.status.session is other
        assert task.status_id == "Status 1"
        detached = Status(id="s3")
        assert other.create(Task, name="a", status=detached).status.session is other
        other.rollback()


def test_who_has_no_key_yet_gives_none(scripted: Session, read: Read) -> None:
    often(scripted, Task, name="a", status=read("Status", [1])[0])
    without = Status(name="new")
    with pytest.raises(Exception, match="no key"):
        scripted.create(Task, name="a", status=without)


def test_a_key_that_is_taken_is_refused(scripted: Session) -> None:
    for number in range(OFTEN + 1):
        scripted.create("Task", {"id": f"t{number}", "name": "a"})
    with pytest.raises(NotUniqueError, match="t1"):
        scripted.create("Task", {"id": "t1", "name": "a"})
    assert len({task["id"] for task in scripted.created}) == OFTEN + 1


def test_identifiers_are_made_up_for_each(scripted: Session) -> None:
    often(scripted, Task, name="a")
    keys = {task["id"] for task in scripted.created}
    assert len(keys) == OFTEN + 1
    assert {(str(UUID(key)) == key, UUID(key).version, UUID(key).variant) for key in keys} == {
        (True, 4, RFC_4122)
    }


def test_values_that_do_not_count_are_left_out(scripted: Session) -> None:
    for _ in range(OFTEN + 2):
        job = scripted.create("Job", {"type": None, "status": "queued"})
        assert job.type == "api_job"
    with pytest.raises(ValueTypeError, match="at creation"):
        scripted.create("Job", {"type": "thumbnail", "status": "queued"})


def test_names_of_python_and_of_the_wire_are_told_apart(scripted: Session) -> None:
    for _ in range(OFTEN + 2):
        by_name = scripted.create(TaskTemplateItem, template_id="t")
        by_wire = scripted.create("TaskTemplateItem", {"template_id": "t"})
        assert loaded(by_name) == loaded(by_wire)
