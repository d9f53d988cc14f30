"""Methods of entities: notes, timers, accounts, assignments, links, lists, reviews."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import pytest

from ftrack_entities import (
    Appointment,
    AssetVersion,
    AssetVersionList,
    Group,
    Job,
    NoteCategory,
    NoteLabel,
    Project,
    ReviewSession,
    ReviewSessionInvitee,
    Shot,
    Task,
    Timelog,
    Timer,
    TypedContextList,
    User,
)
from ftrack_typed import Entity, Session
from ftrack_typed.errors import (
    ConfigurationValueError,
    DetachedEntityError,
    EntityTypeError,
    NoResultFoundError,
    NotUniqueError,
    ServerCompatibilityError,
    ServerError,
    ValueTypeError,
)

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

E = TypeVar("E", bound=Entity)
OpenSession = Callable[..., Session]


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """A session that has the server's schema, as most have it cached: calls are counted without it."""
    opened = open_session()
    assert opened.schemas
    return opened


@pytest.fixture
def shot(session: Session) -> Shot:
    """A shot of the test's own."""
    project = some(session, Project)
    made = session.create(Shot, name=f"helped_{uuid4().hex}", parent=project, project=project)
    session.commit()
    return made


@pytest.fixture
def task(session: Session, shot: Shot) -> Task:
    made = session.create(Task, name="helped", parent=shot)
    session.commit()
    return made


@pytest.fixture
def user(session: Session) -> User:
    """A user without a timer."""
    made = session.create(User, username=f"helped-{uuid4()}", email="helped@example.com")
    session.commit()
    return made


def some(session: Session, entity_type: type[E]) -> E:
    """Any entity of the demo studio."""
    (found,) = session.query(entity_type).limit(1).all()
    return found


def people(session: Session, number: int) -> list[User]:
    return session.query(User).limit(number).all()


# Notes -------------------------------------------------------


def test_a_note_has_author_recipients_and_labels(
    session: Session, other_session: Session, task: Task, calls: Callable[[], int]
) -> None:
    author, reader, further = people(session, 3)
    group = some(session, Group)
    label = some(session, NoteLabel)
    before = calls()
    note = task.create_note("Too dark.", author, recipients=[reader, group, reader], labels=[label])
    assert calls() == before
    session.commit()
    assert calls() == before + 1
    found = other_session.get("Note", note.id)
    assert found["content"] == "Too dark."
    assert found["author"] == author
    assert (found["parent_id"], found["parent_type"]) == (task.id, "Task")
    assert {row["resource_id"] for row in found["recipients"]} == {author.id, reader.id, group.id}
    assert [row["label_id"] for row in found["note_label_links"]] == [label.id]
    assert further.id not in {row["resource_id"] for row in found["recipients"]}


def test_a_note_without_author_is_the_sessions_users(session: Session, task: Task) -> None:
    note = task.create_note("Mine.")
    session.commit()
    assert note.author["username"] == session.api_user
    assert note.recipients[0]["resource_id"] == note.user_id


@pytest.mark.parametrize("entity_type", ["Project", "AssetVersion", "ReviewSessionObject", "Shot"])
def test_whatever_has_notes_takes_them(session: Session, other_session: Session, entity_type: str) -> None:
    entity: Any = session.query(entity_type).first()
    note = entity.create_note("For all.")
    session.commit()
    assert note in other_session.get(entity_type, entity["id"])["notes"]
    session.delete(note)
    session.commit()


def test_notes_that_were_read_are_read_again(session: Session, task: Task) -> None:
    assert list(task.notes) == []
    note = task.create_note("New.")
    session.commit()
    assert task.notes == [note]


def test_a_note_can_be_written_about_what_is_not_committed_yet(
    session: Session, other_session: Session, shot: Shot
) -> None:
    task = session.create(Task, name="new", parent=shot)
    note = task.create_note("First.")
    session.commit()
    found = other_session.get(Task, task.id)
    assert found is not None
    assert [each.id for each in found.notes] == [note.id]


def test_a_category_is_a_label_where_there_are_labels(session: Session, task: Task) -> None:
    label = some(session, NoteLabel)
    with pytest.warns(PendingDeprecationWarning, match="labels=") as told:
        note = task.create_note("Old way.", category=label)
    assert told[0].filename == __file__
    session.commit()
    assert [row["label_id"] for row in note.note_label_links] == [label.id]


def test_a_category_and_labels_are_refused(session: Session, task: Task) -> None:
    label = some(session, NoteLabel)
    with pytest.raises(ConfigurationValueError, match="not both"):
        task.create_note("Both.", category=label, labels=[])
    assert not session.recorded_operations


@pytest.mark.parametrize("wrong", ["recipients", "labels"])
def test_wrong_recipients_and_labels_leave_nothing_behind(session: Session, task: Task, wrong: str) -> None:
    given: dict[str, Any] = {wrong: [task]}
    with pytest.raises(EntityTypeError, match=r"A (Resource|NoteLabel) is needed here, not <Task"):
        task.create_note("Wrong.", **given)
    assert not session.recorded_operations


def without(documents: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    """The schema of an older server."""
    kept = [copy.deepcopy(document) for document in documents if document["id"] not in types]
    for document in kept:
        if (document.get("$mixin") or {}).get("$ref") in types:
            del document["$mixin"]
    return kept


@pytest.fixture
def older(loopback: Loopback, stock_documents: list[dict[str, Any]]) -> Iterator[Session]:
    """A session with a server that has no labels of notes, which the generated package knows."""
    loopback.answer([{"version": "3.5.0"}])
    loopback.answer([without(stock_documents, "NoteLabel", "NoteLabelLink")])
    with Session(loopback.url, "key", "ada", schema_cache_path=False, auto_populate=False) as session:
        yield session


def test_older_servers_have_categories(older: Session, loopback: Loopback) -> None:
    loopback.answer_once([{"action": "query", "data": [{"__entity_type__": "Task", "id": "t"}]}])
    (task,) = older.query(Task).all()
    with pytest.raises(ServerCompatibilityError, match="has no NoteLabel"):
        task.create_note("x", labels=[])
    category = older.create(NoteCategory, name="old")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        note = task.create_note("x", category=category)
    assert note.category == category
    assert {operation.entity_type for operation in older.recorded_operations} == {"NoteCategory", "Note"}


def test_a_reply_belongs_to_its_note(session: Session, other_session: Session, task: Task) -> None:
    author, other = people(session, 2)
    note = task.create_note("Question?", author)
    session.commit()
    assert list(note.replies) == []
    reply = note.create_reply("Answer.", other)
    session.commit()
    assert note.replies == [reply]
    found = other_session.get("Note", reply.id)
    assert found["in_reply_to_id"] == note.id
    assert found["parent_id"] == task.id
    assert found["author"] == other


# Timers ------------------------------------------------------


def test_a_timer_becomes_a_time_log(session: Session, user: User, task: Task, other_session: Session) -> None:
    timer = user.start_timer(task, comment="comp", name="day")
    assert (timer.context, timer.comment, timer.name) == (task, "comp", "day")
    start = timer.start
    log = user.stop_timer()
    assert log.start == start
    assert log.duration == int(log.duration) >= 0
    assert (log.context, log.comment, log.name, log.user) == (task, "comp", "day", user)
    assert other_session.get(Timer, timer.id) is None
    found = other_session.get(Timelog, log.id)
    assert found is not None
    assert found.start == start
    assert log in user.timelogs


def test_the_duration_is_the_time_since_the_start(session: Session, user: User) -> None:
    start = datetime.now(timezone.utc) - timedelta(hours=2)
    session.create(Timer, user=user, start=start)
    session.commit()
    assert 7200 <= user.stop_timer().duration < 7260


def test_a_start_in_the_future_lasts_no_time(session: Session, user: User) -> None:
    session.create(Timer, user=user, start=datetime.now(timezone.utc) + timedelta(hours=1))
    session.commit()
    assert user.stop_timer().duration == 0


def test_a_second_timer_is_refused_and_leaves_nothing_pending(session: Session, user: User) -> None:
    timer = user.start_timer()
    with pytest.raises(NotUniqueError, match=r"has a timer running: stop_timer\(\) first"):
        user.start_timer()
    assert not session.recorded_operations
    assert session.query(Timer).where(Timer.user_id == user.id).one() == timer


def test_other_doubles_in_the_batch_stay_what_they_are(session: Session, user: User) -> None:
    session.create(User, username=user.username)
    with pytest.raises(ServerError) as caught:
        user.start_timer()
    assert "timer" not in str(caught.value).lower()
    assert len(session.recorded_operations) == 1


def test_force_stops_what_is_running_in_the_same_batch(
    session: Session, user: User, calls: Callable[[], int]
) -> None:
    first = user.start_timer(comment="first")
    before = calls()
    second = user.start_timer(comment="second", force=True)
    assert calls() == before + 2
    assert session.query(Timer).where(Timer.user_id == user.id).all() == [second] != [first]
    assert [log.comment for log in user.timelogs] == ["first"]


def test_force_needs_nothing_running(session: Session, user: User) -> None:
    assert user.start_timer(force=True).user == user
    assert list(user.timelogs) == []


def test_nothing_running_can_not_be_stopped(session: Session, user: User) -> None:
    with pytest.raises(NoResultFoundError, match="has no timer running"):
        user.stop_timer()
    assert not session.recorded_operations


def test_a_unit_of_work_commits_the_timer(session: Session, user: User, calls: Callable[[], int]) -> None:
    before = calls()
    with session.unit_of_work():
        user.start_timer()
        assert calls() == before
    assert calls() == before + 1


@pytest.mark.parametrize(("in_utc", "told"), [(True, False), (False, False), (None, True)])
def test_the_zone_of_a_start_is_the_servers(
    loopback: Loopback,
    stock_documents: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    in_utc: bool | None,
    told: bool,
) -> None:
    loopback.answer([{"version": "4.13.8", "is_timezone_support_enabled": in_utc}])
    loopback.answer([stock_documents])
    local = datetime.now() if in_utc is False else datetime.now(timezone.utc).replace(tzinfo=None)
    start = (local - timedelta(hours=3)).isoformat(timespec="seconds")
    row = {"__entity_type__": "Timer", "id": "t1", "context_id": None, "comment": "", "name": None}
    row["start"] = {"__type__": "datetime", "value": start}  # type: ignore[assignment]
    with Session(loopback.url, "key", "ada", schema_cache_path=False) as session:
        loopback.answer_once([{"action": "query", "data": [row]}])
        user = session.create(User, id="u1")
        session.recorded_operations.clear()
        log = user.stop_timer()
    assert 10800 <= log.duration < 10860
    assert any("zone of its moments" in record.getMessage() for record in caplog.records) is told


# Accounts ----------------------------------------------------


def test_users_can_be_invited_and_get_keys(session: Session, user: User) -> None:
    user.send_invite()
    keys = {user.reset_api_key() for _ in range(3)}
    assert len(keys) == 3


# Assignments -------------------------------------------------


def test_people_are_assigned_once(
    session: Session, other_session: Session, task: Task, calls: Callable[[], int]
) -> None:
    (person,) = people(session, 1)
    appointment = task.assign(person)
    assert task.assign(person) is appointment
    session.commit()
    assert [each.resource for each in task.assignments] == [person]
    before = calls()
    assert task.assign(person) is appointment
    assert calls() == before + 1
    assert not session.recorded_operations
    found = other_session.get(Task, task.id)
    assert found is not None
    assert [each.resource for each in found.assignments] == [person]


def test_assignments_are_taken_back(session: Session, other_session: Session, task: Task) -> None:
    first, second = people(session, 2)
    task.assign(first)
    task.assign(second)
    session.commit()
    assert task.unassign(first) is True
    assert task.unassign(first) is False
    session.commit()
    assert task.unassign(first) is False
    found = other_session.get(Task, task.id)
    assert found is not None
    assert [each.resource for each in found.assignments] == [second]


def test_new_tasks_are_assigned_without_asking(
    session: Session, shot: Shot, calls: Callable[[], int]
) -> None:
    (person,) = people(session, 1)
    before = calls()
    task = session.create(Task, name="new", parent=shot)
    assert task.assign(person) is task.assign(person)
    assert task.unassign(person) is True
    task.assign(person)
    assert calls() == before
    session.commit()
    assert [each.resource for each in task.assignments] == [person]


def test_people_are_allocated_apart_from_assignments(session: Session, shot: Shot) -> None:
    group = some(session, Group)
    shot.assign(group, "allocation")
    session.commit()
    assert [each.resource for each in shot.allocations] == [group]
    assert shot.unassign(group) is False


def test_only_resources_are_assigned(session: Session, task: Task) -> None:
    with pytest.raises(EntityTypeError, match="A Resource is needed here, not <Task"):
        task.assign(task)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# Links -------------------------------------------------------


def test_contexts_depend_on_each_other(
    session: Session, other_session: Session, task: Task, shot: Shot
) -> None:
    assert list(task.outgoing_links) == list(shot.incoming_links) == []
    link = task.link_to(shot, lag=3600, type="start_to_start")
    back = task.link_from(shot)
    session.commit()
    assert (link.from_, link.to, link.lag, link.type) == (task, shot, 3600, "start_to_start")
    assert (back.from_, back.to) == (shot, task)
    assert [*task.outgoing_links, *task.incoming_links] == [link, back]
    assert [*shot.outgoing_links, *shot.incoming_links] == [back, link]
    found = other_session.get(Task, task.id)
    assert found is not None
    assert found.outgoing_links[0].to == shot


def test_versions_use_each_other(session: Session) -> None:
    first, second = session.query(AssetVersion).limit(2).all()
    link = first.link_to(second)
    session.commit()
    assert first in second.used_in_versions or first in second.uses_versions
    session.delete(link)
    session.commit()


def test_links_lead_to_the_same_kind(session: Session, task: Task) -> None:
    version = some(session, AssetVersion)
    with pytest.raises(ValueTypeError, match=r"TypedContextLink\.to takes"):
        task.link_to(version)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueTypeError, match=r"TypedContextLink\.from takes"):
        task.link_from(version)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert not session.recorded_operations


# Lists -------------------------------------------------------


def a_list(session: Session, entity_type: Any) -> Any:
    example: Any = session.query(entity_type).first()
    made = session.create(
        entity_type, name=f"helped {uuid4()}", project=example.project, category=example.category
    )
    session.commit()
    return made


def test_lists_get_and_lose_items(session: Session, other_session: Session, calls: Callable[[], int]) -> None:
    listed = a_list(session, AssetVersionList)
    one, two, three = session.query(AssetVersion).limit(3).all()
    listed.add_items(one, two, one)
    listed.add_items(two)
    session.commit()
    assert listed.items_ == [one, two]
    before = calls()
    listed.add_items(two, three)
    listed.remove_items(one)
    listed.remove_items(one)
    assert calls() == before + 3
    session.commit()
    found = other_session.get(AssetVersionList, listed.id)
    assert found is not None
    assert set(found.items_) == {two, three}


def test_what_others_put_on_a_list_stays(session: Session, other_session: Session) -> None:
    listed = a_list(session, TypedContextList)
    shots = session.query(Shot).limit(2).all()
    assert list(listed.items_) == []
    theirs = other_session.get(TypedContextList, listed.id)
    assert theirs is not None
    theirs.add_items(shots[0])
    other_session.commit()
    listed.add_items(shots[1])
    session.commit()
    assert set(listed.items_) == set(shots)


def test_new_lists_are_filled_without_asking(session: Session, calls: Callable[[], int]) -> None:
    example = some(session, AssetVersionList)
    version = some(session, AssetVersion)
    facts = {"project_id": example["project_id"], "category_id": example["category_id"]}
    before = calls()
    listed = session.create("AssetVersionList", {"name": f"new {uuid4()}", **facts})
    listed.add_items(version)
    listed.remove_items(version)
    listed.add_items(version)
    assert calls() == before
    session.commit()
    assert listed["items"] == [version]


def test_lists_take_what_they_are_for(session: Session, task: Task) -> None:
    listed = some(session, AssetVersionList)
    with pytest.raises(EntityTypeError, match="A AssetVersion is needed here"):
        listed.add_items(task)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert not session.recorded_operations


# Reviews -----------------------------------------------------


@pytest.fixture
def review(session: Session) -> ReviewSession:
    project = some(session, Project)
    made = session.create(ReviewSession, name=f"helped {uuid4()}", project=project)
    session.commit()
    return made


def test_versions_are_put_into_a_review(
    session: Session, other_session: Session, review: ReviewSession, calls: Callable[[], int]
) -> None:
    version = some(session, AssetVersion)
    assert list(review.review_session_objects) == []
    before = calls()
    shown = review.create_object(version, description="Look at the sky")
    assert calls() <= before + 1
    named = review.create_object(version, name="again", label="v2")
    session.commit()
    assert shown.name == version.asset.name
    assert shown.version == f"Version {version.version}"
    assert (named.name, named.version, named.description) == ("again", "v2", "")
    assert review.review_session_objects == [shown, named]
    found = other_session.get("ReviewSessionObject", shown.id)
    assert found["asset_version"] == version
    assert found["description"] == "Look at the sky"


def test_new_versions_can_be_shown_at_once(
    session: Session, other_session: Session, review: ReviewSession, calls: Callable[[], int]
) -> None:
    published = some(session, AssetVersion)
    session.prefetch(published, AssetVersion.asset.name)
    before = calls()
    version = session.create(AssetVersion, asset=published.asset)
    shown = review.create_object(version)
    assert calls() == before
    assert (shown.name, shown.version) == (published.asset.name, "")
    session.commit()
    found = other_session.get("ReviewSessionObject", shown.id)
    assert found["asset_version"] == version
    session.delete(version)
    session.commit()


def test_versions_of_other_sessions_are_shown(
    session: Session, other_session: Session, review: ReviewSession
) -> None:
    version = some(other_session, AssetVersion)
    shown = review.create_object(version)
    session.commit()
    assert shown.asset_version is session.get(AssetVersion, version.id)
    assert shown.version == f"Version {version.version}"


def test_only_versions_are_reviewed(session: Session, review: ReviewSession, task: Task) -> None:
    with pytest.raises(EntityTypeError, match="A AssetVersion is needed here"):
        review.create_object(task)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_people_are_asked_to_a_review(
    session: Session, other_session: Session, review: ReviewSession
) -> None:
    one = review.create_invitee("One", "one@example.com")
    two = review.create_invitee("Two", "two@example.com")
    session.commit()
    three = review.create_invitee("Three", "three@example.com")
    session.commit()

    def asked() -> set[str]:
        invitees = other_session.query(ReviewSessionInvitee)
        mailed = ReviewSessionInvitee.last_sent_at.is_not(None)
        found = invitees.where(ReviewSessionInvitee.review_session_id == review.id, mailed)
        return {each.name for each in found.load(ReviewSessionInvitee.name)}

    one.send_invite()
    assert asked() == {"One"}
    review.send_invites([two])
    assert asked() == {"One", "Two"}
    review.send_invites()
    assert asked() == {"One", "Two", three.name}


def test_nobody_is_invited_without_a_call(
    session: Session, review: ReviewSession, calls: Callable[[], int]
) -> None:
    review.review_session_invitees  # noqa: B018 - loads them
    before = calls()
    review.send_invites()
    assert calls() == before


# Jobs --------------------------------------------------------


def test_jobs_need_no_data(session: Session) -> None:
    user = some(session, User)
    for made in (
        session.create(Job, user=user),
        session.create("Job"),
        session.create("Job", {"type": None}),
    ):
        assert made.type == "api_job"
        session.commit()
        assert made.status == "queued"


def test_other_jobs_are_the_servers(session: Session) -> None:
    with pytest.raises(ValueTypeError, match=r"Job\.type takes 'api_job' at creation, not 'encode' \(str\)"):
        session.create("Job", {"type": "encode"})
    assert not session.recorded_operations


# In general --------------------------------------------------


def test_entities_without_a_session_can_not_ask_it(task: Task) -> None:
    with pytest.raises(DetachedEntityError, match="belongs to no session"):
        Task(id="x").create_note("x")


def test_helpers_work_without_auto_populate(open_session: OpenSession) -> None:
    session = open_session(auto_populate=False)
    task = some(session, Task)
    user = some(session, User)
    task.create_note("Quiet.", user)
    assert isinstance(task.assign(user), Appointment)
    session.rollback()
    assert not session.recorded_operations
