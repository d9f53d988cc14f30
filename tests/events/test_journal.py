"""The journal: what was stored is there until it is handled, whatever happens to the process."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ftrack_typed.errors import JournalBusyError, JournalError, JournalFullError
from ftrack_typed.events.durable.journal import Journal


def event(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "topic": "studio.test", "data": {"n": number, "text": "ä\ud800"}, **more}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "journal.sqlite"


def test_what_is_stored_waits_in_order_and_survives_closing(path: Path) -> None:
    journal = Journal(path)
    stored = [journal.store(event(n), "k" if n % 2 else None) for n in range(3)]
    assert [entry is not None and entry.event_id for entry in stored] == ["e0", "e1", "e2"]
    journal.close()
    again = Journal(path)
    waiting = list(again.waiting())
    assert [key for _, key, _ in waiting] == [None, "k", None]
    entry = again.entry(waiting[1][0])
    assert (dict(entry.content), entry.attempts, entry.errors) == (event(1), 0, ())
    again.close()


def test_an_event_delivered_twice_is_stored_once_even_when_it_is_done(path: Path) -> None:
    journal = Journal(path)
    first = journal.store(event(1))
    assert first is not None
    assert journal.store(event(1)) is None
    journal.finish(first.number)
    assert journal.store(event(1)) is None
    assert journal.counts().waiting == 0
    journal.close()


def test_handlers_that_had_an_event_are_remembered_until_all_had_it(path: Path) -> None:
    journal = Journal(path)
    entry = journal.store(event(1))
    assert entry is not None
    journal.acknowledge(entry.number, "first")
    journal.acknowledge(entry.number, "first")
    assert journal.fail(entry.number, ["ValueError: no"], due=50.0) == 1
    journal.close()
    journal = Journal(path)
    assert journal.handled_by(entry.number) == {"first"}
    assert list(journal.waiting()) == [(entry.number, None, 50.0)]
    journal.finish(entry.number)
    assert journal.handled_by(entry.number) == frozenset()
    with pytest.raises(JournalError, match="There is no event"):
        journal.entry(entry.number)
    journal.close()


def test_poison_is_kept_with_its_errors_until_someone_decides(path: Path) -> None:
    journal = Journal(path)
    entries = [journal.store(event(n)) for n in (1, 2)]
    for entry in entries:
        assert entry is not None
        journal.set_aside(entry.number, [f"ValueError: {entry.event_id}"])
    assert [(entry.event_id, entry.errors, entry.attempts) for entry in journal.poisoned()] == [
        ("e1", ("ValueError: e1",), 1),
        ("e2", ("ValueError: e2",), 1),
    ]
    assert (journal.counts().waiting, journal.counts().set_aside) == (0, 2)
    journal.retry("e1")
    journal.discard("e2")
    assert journal.poisoned() == []
    assert [journal.entry(number).event_id for number, _, _ in journal.waiting()] == ["e1"]
    assert journal.store(event(2)) is None, "what was discarded does not come back"
    for decide in (journal.retry, journal.discard):
        with pytest.raises(JournalError, match="No event 'e2' was set aside"):
            decide("e2")
    journal.close()


def test_what_was_set_aside_is_bounded_and_giving_up_is_told(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(path, max_set_aside=2)
    for n in range(3):
        entry = journal.store(event(n))
        assert entry is not None
        journal.set_aside(entry.number)
    assert [entry.event_id for entry in journal.poisoned()] == ["e1", "e2"]
    assert "Event e0" in caplog.text
    journal.close()


def test_a_full_journal_refuses_and_takes_again_when_something_is_done(path: Path) -> None:
    journal = Journal(path, max_waiting=2)
    first = journal.store(event(1))
    journal.store(event(2))
    with pytest.raises(JournalFullError, match=r"2 events wait in .*max_waiting"):
        journal.store(event(3))
    assert first is not None
    journal.finish(first.number)
    assert journal.store(event(3)) is not None
    journal.close()


def test_ids_of_what_is_done_are_remembered_up_to_the_bound(path: Path) -> None:
    journal = Journal(path, remembered=10)
    for n in range(200):
        entry = journal.store(event(n))
        assert entry is not None
        journal.finish(entry.number)
    journal.close()
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT count(*), count(body) FROM events").fetchone()
    connection.close()
    assert rows[0] <= 20
    assert rows[1] == 0


def test_a_second_worker_is_refused_and_the_first_goes_on(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(JournalBusyError, match="Another listener works on the journal"):
        Journal(path)
    code = f"from ftrack_typed.events.durable.journal import Journal; Journal({str(path)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "JournalBusyError" in other.stderr
    assert journal.store(event(1)) is not None
    journal.close()
    Journal(path).close()


def test_a_worker_killed_hard_leaves_everything_it_stored(path: Path) -> None:
    code = f"""
import os
from ftrack_typed.events.durable.journal import Journal
journal = Journal({str(path)!r})
for n in range(50):
    entry = journal.store({{"id": f"e{{n}}", "topic": "t"}})
    if n < 10:
        journal.finish(entry.number)
print("stored", flush=True)
os._exit(9)
"""
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (died.stdout, died.returncode) == ("stored\n", 9)
    journal = Journal(path)
    waiting = [journal.entry(number).event_id for number, _, _ in journal.waiting()]
    assert waiting == [f"e{n}" for n in range(10, 50)]
    journal.close()


def test_a_damaged_file_is_set_aside_and_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, " * 100)
    with caplog.at_level(logging.ERROR):
        journal = Journal(path)
    assert "damaged" in caplog.text
    assert len(list(path.parent.glob("*.corrupt"))) == 1
    assert journal.store(event(1)) is not None
    journal.close()


def test_a_closed_journal_and_unfit_content_are_named(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(JournalError, match=r"e1.*can't be stored"):
        journal.store(event(1, data={"x": object()}))
    assert journal.store(event(1)) is not None
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        journal.store(event(2))
    with pytest.raises(ValueError, match="max_waiting counts from 1"):
        Journal(path, max_waiting=0)


@pytest.mark.skipif(os.name == "nt", reason="permissions differ on Windows")
def test_only_the_owner_may_read_the_file(path: Path) -> None:
    journal = Journal(path)
    assert path.stat().st_mode & 0o077 == 0
    journal.close()


def test_a_file_of_another_version_is_refused(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="another version"):
        Journal(path)
