"""Sessions with a cache beneath their memory."""

from __future__ import annotations

import functools
import gc
import logging
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ftrack_entities import Note, Project, Shot, Status, Task, User
from ftrack_typed import Session
from ftrack_typed.cache import Cache, FileCache, MemoryCache, ObjectKeyMaker, ProxyCache, SerialisedCache
from ftrack_typed.entity import Entity
from ftrack_typed.errors import ConfigurationTypeError

Open = Callable[..., Session]
Calls = Callable[[], int]


@pytest.fixture(params=["file", "encoded by hand", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A cache that outlives a session, in each of the ways to give one."""
    path = tmp_path / "entities.db"
    if request.param == "file":
        return FileCache(path)
    if request.param == "objects":
        return MemoryCache()

    def make(session: Session) -> Cache:
        encode = functools.partial(session.encode, entity_attribute_strategy="persisted_only")
        return SerialisedCache(FileCache(path), encode, session.decode)

    return make


def _kept(session: Session) -> set[Any]:
    return set(session.cache.below.keys())


@pytest.fixture
def task(session: Session) -> Task:
    """A task of its own for the test."""
    project = session.query(Project).first()
    assert project is not None
    status = session.query(Status).first()
    assert status is not None
    task = session.create(Task, name="cached", parent=project, description="first", status=status)
    session.commit()
    return task


def test_another_session_needs_no_request(open_session: Open, calls: Calls, store: Any) -> None:
    first = open_session(cache=store)
    columns = (Task.name, Task.type.name, Task.status.name, Task.assignments, Task.metadata)
    tasks = list(first.query(Task).load(*columns).limit(5))
    metadata = {task.id: dict(task.metadata) for task in tasks}
    assigned = {task.id: [appointment.resource.id for appointment in task.assignments] for task in tasks}
    second = open_session(cache=store)
    before = calls()
    for task in tasks:
        again = second.get(Task, task.id)
        assert again is not None
        assert again is not task
        assert again == task
        assert again.session == second
        assert (again.name, again.type.name, again.status.name) == (
            task.name,
            task.type.name,
            task.status.name,
        )
        assert [appointment.resource.id for appointment in again.assignments] == assigned[task.id]
        assert dict(again.metadata) == metadata[task.id]
        assert second.get("TypedContext", task.id) is again
    assert calls() == before


def test_what_is_not_kept_is_asked_for(open_session: Open, calls: Calls, store: Any) -> None:
    first = open_session(cache=store)
    task = first.query(Task).load(Task.name).first()
    assert task is not None
    second = open_session(cache=store)
    again = second.get(Task, task.id)
    assert again is not None
    before = calls()
    description = again.description
    assert calls() == before + 1
    third = open_session(cache=store)
    kept = third.get(Task, task.id)
    assert kept is not None
    assert (kept.name, kept.description) == (task.name, description)
    assert calls() == before + 2, "only what opening a session takes"


def test_a_query_always_asks_and_renews_what_is_kept(
    open_session: Open, session: Session, task: Task, store: Any
) -> None:
    reader = open_session(cache=store)
    reader.query(f"select name, description from Task where id is {task.id}").one()
    task.description = "second"
    session.commit()
    later = open_session(cache=store)
    kept = later.get(Task, task.id)
    assert kept is not None
    assert kept.description == "first", "nothing told the cache"
    later.query(f"select description from Task where id is {task.id}").one()
    assert kept.description == "second"
    last = open_session(cache=store).get(Task, task.id)
    assert last is not None
    assert (last.name, last.description) == ("cached", "second")


def test_nothing_kept_replaces_what_is_loaded(
    open_session: Open, session: Session, task: Task, store: Any
) -> None:
    kept = open_session(cache=store)
    kept.query(f"select name, description, status.name from Task where id is {task.id}").one()
    other = session.query(Status).where(Status.id != task.status_id).first()
    assert other is not None
    task.description, task.status = "second", other
    session.commit()
    # The session has one half of the pair, newer than what is kept.
    later = open_session(cache=store)
    fresh = later._hydrator.walk(
        {"__entity_type__": "Task", "id": task.id, "description": "second", "status_id": other.id}
    )
    assert fresh.name == "cached"
    assert (fresh.description, fresh.status_id) == ("second", other.id)
    assert fresh.status.id == other.id, "not the status that was kept"


def test_a_session_does_not_put_old_values_over_newer_ones(
    open_session: Open, session: Session, task: Task, store: Any
) -> None:
    slow = open_session(cache=store)
    slow.query(f"select name, description from Task where id is {task.id}").one()
    task.description = "second"
    session.commit()
    open_session(cache=store).query(f"select description from Task where id is {task.id}").one()
    slow.query(f"select name from Task where id is {task.id}").one()
    kept = open_session(cache=store).get(Task, task.id)
    assert kept is not None
    assert kept.description == "second"


def test_a_commit_renews_what_is_kept(open_session: Open, calls: Calls, store: Any) -> None:
    writer = open_session(cache=store)
    project = writer.query(Project).first()
    assert project is not None
    made = writer.create(Task, name="made", parent=project)
    assert writer.cache.below.keys() == open_session(cache=store).cache.below.keys()
    assert not any(made.id in key for key in _kept(writer)), "it is not on the server yet"
    writer.commit()
    made.name = "renamed"
    reader = open_session(cache=store)
    found = reader.get(Task, made.id)
    assert found is not None
    assert found.name == "made"
    writer.commit()
    before = calls()
    opened = open_session(cache=store)
    again = opened.get(Task, made.id)
    assert again is not None
    assert again.name == "renamed"
    assert again.project_id == project.id
    assert calls() == before + 1, "only what opening a session takes"
    writer.delete(made)
    writer.commit()
    assert not any(made.id in key for key in _kept(writer))
    assert open_session(cache=store).get(Task, made.id) is None


def test_a_refused_or_rolled_back_change_is_not_kept(open_session: Open, store: Any) -> None:
    writer = open_session(cache=store)
    task = writer.query(Task).load(Task.name).first()
    assert task is not None
    name = task.name
    task.name = "only here"
    writer.query(Task).load(Task.name).all()
    writer.rollback()
    kept = open_session(cache=store).get(Task, task.id)
    assert kept is not None
    assert kept.name == name


def test_a_commit_lets_go_of_collections_it_changed(open_session: Open, store: Any) -> None:
    writer = open_session(cache=store)
    shot = writer.query(Shot).load(Shot.name, Shot.children, Shot.notes, Shot.metadata).first()
    assert shot is not None
    task = writer.create(Task, name="one more", parent=shot)
    user = writer.query(User).first()
    assert user is not None
    note = writer.create(Note, content="kept", author=user)
    shot.notes.append(note)
    shot.metadata["cached"] = "yes"
    writer.commit()
    reader = open_session(cache=store)
    again = reader.get(Shot, shot.id)
    assert again is not None
    assert task.id in [child.id for child in again.children]
    assert note.id in [each.id for each in again.notes]
    assert again.metadata["cached"] == "yes"


def test_custom_attributes_are_kept_and_renewed(open_session: Open, store: Any) -> None:
    writer = open_session(cache=store)
    shot = writer.query(Shot).load(Shot.name, Shot.custom_attributes).first()
    assert shot is not None
    key = next(key for key, value in shot.custom_attributes.items() if isinstance(value, (int, float)))
    shot.custom_attributes[key] = 41
    writer.commit()
    again = open_session(cache=store).get(Shot, shot.id)
    assert again is not None
    assert again.custom_attributes[key] == 41
    shot.custom_attributes[key] = 42
    writer.commit()
    renewed = open_session(cache=store).get(Shot, shot.id)
    assert renewed is not None
    assert renewed.custom_attributes[key] == 42


def test_what_nobody_holds_is_collected_all_the_same(open_session: Open) -> None:
    session = open_session(cache=MemoryCache())
    gone = weakref.ref(session.query(Task).load(Task.name, Task.status.name).limit(1).all()[0])
    gc.collect()
    assert gone() is None


def test_the_cache_may_be_an_instance_a_callable_or_nothing(open_session: Open) -> None:
    cache = MemoryCache()
    assert open_session(cache=cache).cache.caches[1:] == [cache]
    given: list[Session] = []

    def make(session: Session) -> Cache:
        given.append(session)
        return cache

    session = open_session(cache=make)
    assert given == [session]
    assert session.cache.caches[1:] == [cache]
    assert len(open_session(cache=lambda session: None).cache.caches) == 1
    assert len(open_session().cache.caches) == 1
    wrong: Any
    for wrong in ("file.db", {}, lambda session: "file.db"):
        with pytest.raises(ConfigurationTypeError, match=r"cache takes.*Cache"):
            open_session(cache=wrong)
    with pytest.raises(ConfigurationTypeError, match="cache_key_maker"):
        open_session(cache_key_maker="key")


def test_forks_share_the_cache_and_not_the_memory(open_session: Open, calls: Calls, store: Any) -> None:
    session = open_session(cache=store)
    task = session.query(Task).load(Task.name).first()
    assert task is not None
    before = calls()
    with session.fork() as fork:
        again = fork.get(Task, task.id)
        assert again is not None
        assert again is not task
        assert again == task
        assert again.session == fork
        assert fork.cache.get(fork.cache_key_maker.key(("Task", [task.id]))) is again
    assert calls() == before


def test_keys_are_type_and_key(open_session: Open) -> None:
    session = open_session(cache=MemoryCache())
    task = session.query(Task).first()
    assert task is not None
    key = session.cache_key_maker.key(("Task", [task.id]))
    assert key == f"('Task', ['{task.id}'])"
    assert session.cache.get(key) is task
    assert key in session.cache
    assert key in _kept(session)
    with pytest.raises(KeyError):
        session.cache.get("no key")


def test_keys_may_be_made_in_another_way(open_session: Open, calls: Calls) -> None:
    cache, maker = MemoryCache(), ObjectKeyMaker()
    first = open_session(cache=cache, cache_key_maker=maker)
    task = first.query(Task).load(Task.name).first()
    assert task is not None
    key = maker.key(("Task", [task.id]))
    assert first.cache.get(key) is task
    assert key in cache
    second = open_session(cache=cache, cache_key_maker=maker)
    before = calls()
    assert second.get(Task, task.id) == task
    assert calls() == before


def test_a_store_of_texts_needs_keys_that_are_texts(open_session: Open, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationTypeError, match="ObjectKeyMaker does not make"):
        open_session(cache=FileCache(tmp_path / "entities.db"), cache_key_maker=ObjectKeyMaker())


def test_after_removal_a_get_gives_another_object(open_session: Open, store: Any) -> None:
    session = open_session(cache=store)
    task = session.query(Task).load(Task.name).first()
    assert task is not None
    assert session.cache.remove(session.cache_key_maker.key(("Task", [task.id]))) is task
    again = session.get(Task, task.id)
    assert again == task
    assert again is not task


def test_the_whole_cache_may_be_emptied(open_session: Open, calls: Calls, store: Any) -> None:
    session = open_session(cache=store)
    task = session.query(Task).first()
    assert task is not None
    session.cache.clear()
    assert session.cache.keys() == []
    before = calls()
    assert session.get(Task, task.id) == task
    assert calls() == before + 1


def test_a_deeper_layer_is_read_through_the_session(open_session: Open) -> None:
    cache = MemoryCache()
    task = open_session(cache=cache).query(Task).load(Task.name).first()
    assert task is not None
    session = open_session(cache=cache)
    found = session.cache.get(session.cache_key_maker.key(("Task", [task.id])))
    assert found == task
    assert found.session is session
    assert session.get(Task, task.id) is found


def test_layers_may_change_while_a_session_is_open(open_session: Open, calls: Calls) -> None:
    session = open_session()
    below = MemoryCache()
    session.cache.caches.append(below)
    task = session.query(Task).load(Task.name).first()
    assert task is not None
    assert session.cache_key_maker.key(("Task", [task.id])) in below


class Selective(ProxyCache):
    """Keeps only some types."""

    def set(self, key: Any, value: Any) -> None:
        if value.entity_type == "Status":
            super().set(key, value)


def test_a_proxy_may_choose_what_is_kept(open_session: Open) -> None:
    cache = MemoryCache()
    session = open_session(cache=Selective(cache))
    session.query(Task).load(Task.name, Task.status.name).limit(3).all()
    assert cache.keys()
    assert {entity.entity_type for entity in cache.values()} == {"Status"}
    assert all(isinstance(entity, Entity) and entity.session is None for entity in cache.values())


class Broken(MemoryCache):
    """Fails at everything."""

    def get(self, key: Any) -> Any:
        raise OSError("out of reach")

    def set(self, key: Any, value: Any) -> None:
        raise OSError("out of reach")

    def remove(self, key: Any) -> Any:
        raise OSError("out of reach")


def test_a_broken_cache_costs_time_and_nothing_else(
    open_session: Open, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(cache=Broken())
    with caplog.at_level(logging.ERROR, "ftrack_typed.cache"):
        project = session.query(Project).first()
        assert project is not None
        task = session.create(Task, name="made", parent=project)
        session.commit()
        assert task.name == "made"
        session.delete(task)
        session.commit()
        assert session.get(Task, task.id) is None
    assert "left out" in caplog.text


def test_servers_do_not_share_entities(open_session: Open, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "entities.db")
    session = open_session(cache=cache)
    task = session.query(Task).first()
    assert task is not None
    assert all(key.startswith(f"{session.server_url} (") for key in set(cache.keys()))
    assert session.api_key not in "".join(cache.keys() + cache.values())
    cache.close()


def test_a_session_refreshes_what_others_changed(open_session: Open) -> None:
    class Telling(MemoryCache):
        """Tells what it was told."""

        told: ClassVar[list[Any] | None] = []

        def invalidated(self) -> list[Any] | None:
            return self.told

    cache = Telling()
    reader, writer = open_session(cache=cache), open_session(cache=cache)
    task = reader.query(Task).load(Task.name, Task.description).first()
    assert task is not None
    assert reader.cache.refresh() == 0
    theirs = writer.get(Task, task.id)
    assert theirs is not None
    name, theirs.name = theirs.name, "renamed elsewhere"
    writer.commit()
    assert task.name == name
    task.description = "changed here"
    Telling.told = [reader.cache_key_maker.key(("Task", [task.id]))]
    assert reader.cache.refresh() == 1
    assert (task.name, task.description) == ("renamed elsewhere", "changed here")
    Telling.told = None
    assert reader.cache.refresh() >= 1
    theirs.name = name
    writer.commit()
