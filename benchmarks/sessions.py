"""What a session costs: filling entities from a page, and sending one change."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator

import requests
from pydantic_core import from_json

import ftrack_entities as studio
from benchmarks.measure import Figure, best_of
from benchmarks.replay import PROJECTION, ROWS, Recording, record, replaying
from ftrack_typed import Session


def figures(rounds: int) -> list[Figure]:
    """Time of one page of tasks, and of a commit with few and with many entities held."""
    recording = record()
    with replaying(recording) as url:
        return [*_page(url, recording, rounds), *_commit(url, recording, rounds)]


@contextlib.contextmanager
def _session(url: str, recording: Recording) -> Iterator[Session]:
    with Session(url, recording.api_key, recording.api_user, schema_cache_path=False) as session:
        yield session


def _tasks(session: Session) -> list[studio.Task]:
    return list(session.query(f"select {PROJECTION} from Task", page_size=ROWS))


def _page(url: str, recording: Recording, rounds: int) -> list[Figure]:
    connection = requests.Session()

    def parsed() -> object:
        answer = connection.post(f"{url}/api", json=[{"action": "query"}], timeout=120)
        return from_json(answer.content)

    with contextlib.ExitStack() as stack, connection:
        # A session keeps what it loaded: each round fills a new one.
        fresh = iter([stack.enter_context(_session(url, recording)) for _ in range(rounds)])
        held = stack.enter_context(_session(url, recording))
        _tasks(held)
        times = best_of(
            rounds,
            {
                "parsed": parsed,
                "new": lambda: _tasks(next(fresh)),
                "held": lambda: _tasks(held),
            },
        )
    baseline = "the same page, only parsed"
    return [
        Figure(f"a page of {ROWS:,} tasks, new entities", times["new"], baseline, times["parsed"]),
        Figure(f"a page of {ROWS:,} tasks, entities held", times["held"], baseline, times["parsed"]),
    ]


def _commit(url: str, recording: Recording, rounds: int) -> list[Figure]:
    def change(session: Session) -> Callable[[], None]:
        task = session.get(studio.Task, recording.task_id)
        if task is None:
            raise RuntimeError("The recorded task is gone.")
        bids = iter(range(1, rounds + 1))

        def commit() -> None:
            task.bid = float(next(bids))
            session.commit()

        return commit

    one = Recording(
        {**recording.replies, "query": _first_row(recording)},
        recording.api_user,
        recording.api_key,
        recording.task_id,
    )
    with replaying(one) as small, _session(small, one) as few, _session(url, recording) as many:
        _kept = _tasks(many)
        times = best_of(rounds, {"few": change(few), "many": change(many)})
        assert len(_kept) == ROWS
    subject = "commit of one change"
    return [Figure(f"{subject}, {ROWS:,} entities held", times["many"], f"{subject}, 1 held", times["few"])]


def _first_row(recording: Recording) -> bytes:
    reply = json.loads(recording.replies["query"])
    reply[0]["data"] = reply[0]["data"][:1]
    return json.dumps(reply).encode()
