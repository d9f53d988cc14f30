"""Replies to entities: odd, partial and repeated data, over real HTTP with crafted replies."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_entities import (
    AssetVersion,
    AssetVersionList,
    Context,
    Job,
    Metadata,
    Project,
    Shot,
    Status,
    Task,
    TypedContext,
    TypedContextList,
)
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import MalformedResponseError, ServerError, UnknownAttributeError

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


def rows(*documents: object, offset: int | None = None) -> list[dict[str, Any]]:
    return [{"action": "query", "data": list(documents), "metadata": {"next": {"offset": offset}}}]


def task(key: Any = "t1", **values: Any) -> dict[str, Any]:
    return {"__entity_type__": "Task", "id": key, **values}


def status(key: str = "s1", **values: Any) -> dict[str, Any]:
    return {"__entity_type__": "Status", "id": key, **values}


def ask(session: Session, loopback: Loopback, query: str, *documents: object) -> list[Any]:
    loopback.answer_once(rows(*documents))
    return session.query(query).all()


# -- what the classes don't know -------------------------------------------------------------------


def test_an_unknown_type_is_read_as_the_declared_one_and_reported_once(
    scripted: Session, loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    odd = {"__entity_type__": "Moonshot", "id": "m1", "name": "far"}
    ask(scripted, loopback, "select name, parent.name from Task", task(name="a", parent=odd))
    found = ask(scripted, loopback, "select name, parent.name from Task", task(name="a", parent=odd))
    assert type(found[0].parent) is Context
    assert found[0].parent.name == "far"
    assert [record.message for record in caplog.records if "Moonshot" in record.message] == [
        "The server sent a Moonshot, a type not in its schema; it is read as a Context."
    ]


@pytest.mark.parametrize("tag", [None, 3, ["Task"], {}])
def test_a_type_that_is_no_name_is_read_as_the_declared_one(
    scripted: Session, loopback: Loopback, tag: object
) -> None:
    (found,) = ask(
        scripted, loopback, "select name from Task", {"__entity_type__": tag, "id": "t1", "name": "a"}
    )
    assert type(found) is Task
    assert found.name == "a"


def test_an_unknown_attribute_is_passed_over(scripted: Session, loopback: Loopback) -> None:
    (found,) = ask(scripted, loopback, "select name from Task", task(name="a", moon_phase="full"))
    assert found.name == "a"
    with pytest.raises(UnknownAttributeError):
        found["moon_phase"]


def test_an_unknown_enum_value_is_kept_and_reported_once(
    scripted: Session, loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = [{"__entity_type__": "Job", "id": f"j{i}", "status": "levitating"} for i in range(3)]
    found = ask(scripted, loopback, "select status from Job", *jobs)
    (again,) = scripted.call([{"action": "query", "expression": "Job"}])
    assert {job.status for job in (*found, *again["data"])} == {"levitating"}
    assert all(type(job) is Job for job in found)
    assert len([record for record in caplog.records if "levitating" in record.message]) == 1


def test_a_value_of_the_wrong_type_costs_only_itself(
    scripted: Session, loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    documents = [task(f"t{i}", name=f"n{i}", bid=float(i), status=status(name="ok")) for i in range(20)]
    documents[7]["bid"] = "long"
    documents[9]["status"] = "s1"
    found = ask(scripted, loopback, "select name, bid, status.name from Task", *documents)
    assert [each.name for each in found] == [f"n{i}" for i in range(20)]
    assert found[7].bid == "long"
    assert found[9].status == "s1"
    assert [each.bid for each in found if each.id != "t7"] == [float(i) for i in range(20) if i != 7]
    assert all(type(each.status) is Status for each in found if each.id != "t9")
    assert len([record for record in caplog.records if "kept as it came" in record.message]) == 2


# -- gaps ------------------------------------------------------------------------------------------


def test_null_everywhere(scripted: Session, loopback: Loopback) -> None:
    paths = (
        "name",
        "bid",
        "start_date",
        "link",
        "status",
        "parent.name",
        "notes.content",
        "metadata",
        "sort",
    )
    nulls = task(**dict.fromkeys((path.partition(".")[0] for path in paths), None))
    (found,) = ask(scripted, loopback, f"select {', '.join(paths)} from Task", nulls)
    assert [found[name] for name in ("name", "bid", "start_date", "link", "status", "parent", "sort")] == [
        None
    ] * 7
    assert list(found.notes) == []
    assert dict(found.metadata) == {}


def test_a_row_without_its_key_is_plain_data(scripted: Session, loopback: Loopback) -> None:
    for broken in ({"__entity_type__": "Task", "name": "a"}, task(None, name="a"), task([], name="a")):
        found = ask(scripted, loopback, "select name from Task", broken, task(name="b"))
        assert found[0]["name"] == "a"
        assert not isinstance(found[0], Task)
        assert found[1].name == "b"
    assert scripted.get(Task, "t1") is found[1]


def test_things_that_are_no_rows_stay_out_of_collections(
    scripted: Session, loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    notes = [{"__entity_type__": "Note", "id": "n1"}, None, "n2", {"__entity_type__": "Note"}]
    (found, other) = ask(
        scripted,
        loopback,
        "select notes, metadata from Task",
        task(notes=notes, metadata=[None, {"key": "k"}]),
        task("t2", notes="none", metadata=[]),
    )
    assert [note.id for note in found.notes] == ["n1"]
    assert dict(found.metadata) == {}
    assert list(other.notes) == []
    assert any("Task.notes" in record.message for record in caplog.records)


def test_an_attribute_that_was_asked_for_and_did_not_come_is_not_loaded(
    scripted: Session, loopback: Loopback
) -> None:
    found = ask(scripted, loopback, "select name, bid from Task", task(), task("t2", name="b"))
    assert found[0].name is NOT_SET
    assert found[1].name == "b"
    assert found[1].bid is NOT_SET


@pytest.mark.parametrize(
    "metadata", [None, {}, {"next": None}, {"next": {}}, {"next": {"offset": None}}, "x", 5]
)
def test_page_metadata_may_be_missing(scripted: Session, loopback: Loopback, metadata: object) -> None:
    loopback.answer_once([{"data": [task(name="a")], "metadata": metadata}])
    assert [each.name for each in scripted.query("select name from Task")] == ["a"]
    loopback.answer_once([{"data": [task(name="b")]}])
    assert [each.name for each in scripted.query("select name from Task")] == ["b"]


# -- repetition ------------------------------------------------------------------------------------


def test_the_same_row_twice_is_one_object(scripted: Session, loopback: Loopback) -> None:
    note = {"__entity_type__": "Note", "id": "n1", "content": "x"}
    found = ask(
        scripted, loopback, "select name, notes.content from Task", task(name="a", notes=[note, note]), task()
    )
    assert found[0] is found[1]
    assert found[0].name == "a"
    assert len(found[0].notes) == 1


def test_data_comes_once_and_later_occurrences_are_bare(scripted: Session, loopback: Loopback) -> None:
    found = ask(
        scripted,
        loopback,
        "select status.name, status.color from Task",
        task("t1", status=status(name="wip", color="#fff")),
        task("t2", status=status()),
    )
    assert found[0].status is found[1].status
    assert (found[1].status.name, found[1].status.color) == ("wip", "#fff")


def test_data_may_come_with_a_later_occurrence(scripted: Session, loopback: Loopback) -> None:
    found = ask(
        scripted,
        loopback,
        "select status.name, status.color from Task",
        task("t1", status=status()),
        task("t2", status=status(name="wip")),
        task("t3", status=status(color="#fff")),
    )
    assert (found[0].status.name, found[0].status.color) == ("wip", "#fff")


@pytest.mark.parametrize("turned", [False, True])
def test_a_row_that_is_also_nested(scripted: Session, loopback: Loopback, turned: bool) -> None:
    shot = {"__entity_type__": "Shot", "id": "c1"}
    documents = [
        {**shot, "description": "d"},
        task(description="e", parent={**shot, "name": "010"}),
    ]
    ordered = documents[::-1] if turned else documents
    found = ask(scripted, loopback, "select description, parent.name from TypedContext", *ordered)
    own, child = found[::-1] if turned else found
    assert child.parent is own
    assert (own.name, own.description) == ("010", "d")
    assert type(own) is Shot


def test_everything_repeated_in_full(scripted: Session, loopback: Loopback) -> None:
    full = status(name="wip", state={"__entity_type__": "State", "id": "x", "short": "wip"})
    found = ask(
        scripted,
        loopback,
        "select status.name, status.state.short from Task",
        *(task(f"t{i}", status=full) for i in range(3)),
    )
    assert len({id(each.status.state) for each in found}) == 1


# -- types -----------------------------------------------------------------------------------------


def test_what_only_subtypes_have(scripted: Session, loopback: Loopback) -> None:
    documents = [
        task(object_type={"__entity_type__": "ObjectType", "id": "o", "name": "Task"}),
        {"__entity_type__": "Project", "id": "p1", "full_name": "Kite"},
    ]
    found = ask(scripted, loopback, "select object_type.name, full_name from Context", *documents)
    assert type(found[0]) is Task
    assert found[0].object_type.name == "Task"
    assert type(found[1]) is Project
    assert found[1].full_name == "Kite"


def test_an_attribute_that_means_different_things_on_different_subtypes(
    scripted: Session, loopback: Loopback
) -> None:
    found = ask(
        scripted,
        loopback,
        "select status from Context",
        task(status=status()),
        {"__entity_type__": "Project", "id": "p1", "status": "active"},
    )
    assert type(found[0].status) is Status
    assert found[1].status == "active"
    version = {"__entity_type__": "AssetVersion", "id": "v1"}
    lists = ask(
        scripted,
        loopback,
        "select items from List",
        {"__entity_type__": "AssetVersionList", "id": "l1", "items": [version]},
        {
            "__entity_type__": "TypedContextList",
            "id": "l2",
            "items": [task(), {"__entity_type__": "Shot", "id": "c"}],
        },
    )
    assert [type(each) for each in lists] == [AssetVersionList, TypedContextList]
    assert [type(item) for item in lists[0]["items"]] == [AssetVersion]
    assert [type(item) for item in lists[1]["items"]] == [Task, Shot]
    assert lists[1]["items"][0] is found[0]


def test_an_entity_first_seen_under_its_base_gets_its_class(scripted: Session, loopback: Loopback) -> None:
    (first,) = ask(
        scripted,
        loopback,
        "select name from TypedContext",
        {"__entity_type__": "TypedContext", "id": "t1", "name": "a"},
    )
    assert type(first) is TypedContext
    (second,) = ask(scripted, loopback, "select name from TypedContext", task(name="a"))
    assert first is second
    assert type(first) is Task
    ask(scripted, loopback, "select name from TypedContext", {"__entity_type__": "TypedContext", "id": "t1"})
    assert type(first) is Task


def test_composite_keys(scripted: Session, loopback: Loopback) -> None:
    def row(key: str, value: str | None = None) -> dict[str, Any]:
        given = {} if value is None else {"value": value}
        return {"__entity_type__": "Metadata", "parent_id": "t1", "key": key, **given}

    found = ask(
        scripted,
        loopback,
        "select metadata.key, metadata.value from Task",
        task(metadata=[row("a", "1"), row("b", "2")]),
    )
    assert dict(found[0].metadata) == {"a": "1", "b": "2"}
    rest = ask(scripted, loopback, "select value from Metadata", row("a", "3"), row("b"))
    assert dict(found[0].metadata) == {"a": "3", "b": "2"}
    assert scripted.get(Metadata, {"key": "a", "parent_id": "t1"}) is rest[0]


def test_names_python_keeps_for_itself(scripted: Session, loopback: Loopback) -> None:
    (link,) = ask(
        scripted,
        loopback,
        "select from, to from TypedContextLink",
        {"__entity_type__": "TypedContextLink", "id": "l", "from": task(), "to": task("t2")},
    )
    assert (link.from_.id, link["from"].id, link.to.id) == ("t1", "t1", "t2")


def test_twin_names_come_along(scripted: Session, loopback: Loopback) -> None:
    path = [{"id": "p1", "name": "Kite", "type": "Project"}]
    (found,) = ask(scripted, loopback, "select link from Task", task(link=path, _link=path))
    assert found.link == found["link"] == path


# -- pairs of a relation and its key ---------------------------------------------------------------


@pytest.mark.parametrize("raw", [False, True], ids=["query", "call"])
def test_a_relation_follows_when_only_its_key_arrives(
    scripted: Session, loopback: Loopback, raw: bool
) -> None:
    (found,) = ask(
        scripted, loopback, "select status.name from Task", task(status=status(name="wip"), status_id="s1")
    )
    _held = ask(scripted, loopback, "select name from Status", status("s2", name="done"))
    loopback.answer_once(rows(task(status_id="s2")))
    if raw:
        scripted.call([{"action": "query", "expression": "Task"}])
    else:
        scripted.query("select status_id from Task").all()
    assert found.status_id == "s2"
    assert found.status.name == "done"


@pytest.mark.parametrize("raw", [False, True], ids=["query", "call"])
def test_a_key_follows_when_only_its_relation_arrives(
    scripted: Session, loopback: Loopback, raw: bool
) -> None:
    (found,) = ask(scripted, loopback, "select status_id from Task", task(status_id="s1"))
    loopback.answer_once(rows(task(status=status("s2"))))
    if raw:
        scripted.call([{"action": "query", "expression": "Task"}])
    else:
        scripted.query("select status from Task").all()
    assert (found.status_id, found.status.id) == ("s2", "s2")
    ask(scripted, loopback, "select status from Task", task(status=None))
    assert found.status_id is None


def test_a_local_change_of_a_pair_outlives_what_arrives(scripted: Session, loopback: Loopback) -> None:
    one, two, three = ask(
        scripted, loopback, "select name from Status", *(status(f"s{i}", name=f"n{i}") for i in (1, 2, 3))
    )
    (found,) = ask(
        scripted, loopback, "select status, status_id from Task", task(status=status(), status_id="s1")
    )
    found.status = two
    ask(scripted, loopback, "select status_id from Task", task(status_id="s3"))
    assert (found.status, found.status_id) == (two, "s2")
    scripted.rollback()
    assert (found.status, found.status_id) == (three, "s3")
    assert one is not three


# -- moments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [False, True], ids=["query", "call"])
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"__type__": "datetime", "value": "2031-05-04T10:20:30"}, datetime(2031, 5, 4, 10, 20, 30)),
        ({"__type__": "datetime", "value": "2031-05-04T10:20:30Z"}, datetime(2031, 5, 4, 10, 20, 30)),
        ({"__type__": "datetime", "value": "2031-05-04T10:20:30+02:00"}, datetime(2031, 5, 4, 8, 20, 30)),
        (
            {"__type__": "datetime", "value": "2031-05-04T10:20:30.25"},
            datetime(2031, 5, 4, 10, 20, 30, 250000),
        ),
        ({"__type__": "date", "value": "2031-05-04"}, datetime(2031, 5, 4)),
        ({"__type__": "datetime", "value": "2031-05-04"}, datetime(2031, 5, 4)),
        ("2031-05-04T10:20:30", datetime(2031, 5, 4, 10, 20, 30)),
        ("2031-05-04 10:20:30", datetime(2031, 5, 4, 10, 20, 30)),
        ("2031-05-04T10:20:30-02:30", datetime(2031, 5, 4, 12, 50, 30)),
        ("2031-05-04", datetime(2031, 5, 4)),
    ],
)
def test_moments_in_every_form(
    scripted: Session, loopback: Loopback, raw: bool, sent: object, expected: datetime
) -> None:
    loopback.answer_once(rows(task(start_date=sent)))
    if raw:
        found = scripted.call([{"action": "query", "expression": "Task"}])[0]["data"][0]
    else:
        (found,) = scripted.query("select start_date from Task")
    assert found.start_date == expected.replace(tzinfo=timezone.utc)
    assert found.start_date.tzinfo is timezone.utc


@pytest.mark.parametrize(
    "sent", ["soon", 12, {"__type__": "date", "value": "x"}, {"__type__": "datetime"}, "2031-13-01"]
)
def test_moments_that_are_none_are_kept(scripted: Session, loopback: Loopback, sent: object) -> None:
    (found,) = ask(scripted, loopback, "select start_date from Task", task(start_date=sent))
    assert found.start_date == sent
    (reply,) = scripted.call([{"action": "query", "expression": "Task"}])
    assert reply["data"][0].start_date == sent


# -- broken replies --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'[{"data": [{"__entity_type__": "Task", "id": "t1"',
        b"[]",
        b"[5]",
        b'[{"data": 5}]',
        b'[{"action": "query"}]',
        b"<html>Please log in</html>",
        b"",
        b"null",
    ],
)
def test_a_broken_reply_is_a_clear_error(scripted: Session, loopback: Loopback, body: bytes) -> None:
    loopback.replies.clear()
    loopback.raw(body)
    with pytest.raises((MalformedResponseError, ServerError)):
        scripted.query("select name from Task").all()


def test_an_error_in_the_middle_of_paging(scripted: Session, loopback: Loopback) -> None:
    loopback.answer_once(rows(task("t1", name="a"), offset=1))
    loopback.answer({"exception": "ParseError", "content": "lost it", "error_code": None})
    loopback.answer(rows(task("t2", name="b")))
    result = scripted.query("select name from Task", page_size=1)
    with pytest.raises(ServerError, match="lost it"):
        result.all()
    assert [each.name for each in result] == ["a", "b"]


def test_pages_that_do_not_advance_are_an_error(scripted: Session, loopback: Loopback) -> None:
    loopback.answer_once(rows(task("t1"), offset=1))
    with pytest.raises(MalformedResponseError, match="row 1"):
        scripted.query("select name from Task", page_size=1).all()


def test_rows_without_entities_are_plain_data(scripted: Session, loopback: Loopback) -> None:
    loopback.answer_once(
        rows({"count_id": 3, "at": {"__type__": "datetime", "value": "2031-05-04T10:20:30"}})
    )
    (reply,) = scripted.call([{"action": "query", "expression": "select count(id) from Task group by x"}])
    assert reply["data"][0]["count_id"] == 3
    assert reply["data"][0]["at"] == datetime(2031, 5, 4, 10, 20, 30, tzinfo=timezone.utc)


def test_a_reply_is_logged_without_its_content(
    scripted: Session, loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(scripted, loopback, "select name from Task", task(name="hush-hush"))
    assert "hush-hush" not in caplog.text
