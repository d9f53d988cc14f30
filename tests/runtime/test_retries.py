"""What is tried again, how often and how fast."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed import RetryPolicy
from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import (
    ConfigurationValueError,
    ConnectionClosedError,
    ConnectionFailedError,
    MalformedResponseError,
    RequestError,
    ServerError,
)
from ftrack_typed.transport import HttpTransport
from ftrack_typed.transport.pacing import RetryBudget, seconds_to_wait
from ftrack_typed.transport.retries import ACTIONS, Safety, safety_of
from ftrack_typed.wire import payloads

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

DOCUMENT = Path(__file__).parents[2] / "docs" / "retries.md"
ROW = re.compile(r"^\| (safe|safe after a check|never) \| (.*) \| .* \|$", re.M)
READ = [payloads.query("Task")]
WRITE = [payloads.delete("Task", ["t-1"])]
BUSY = 503


class Clock:
    """Time that passes only in waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def policy(self, **settings: Any) -> RetryPolicy:
        settings.setdefault("random", lambda: 1.0)
        return RetryPolicy(clock=self, sleep=self.sleep, **settings)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def transport_to(url: str, policy: RetryPolicy, **settings: Any) -> HttpTransport:
    configuration = Configuration.resolve(
        url, "s3cret", "ada", environment={}, schema_cache_path=False, **{"timeout": 10, **settings}
    )
    return HttpTransport(configuration, policy)


@pytest.fixture
def transport(loopback: Loopback, clock: Clock) -> Iterator[HttpTransport]:
    transport = transport_to(loopback.url, clock.policy())
    yield transport
    transport.close()


# -- the table -----------------------------------------------------------------------------------------


def test_the_document_and_the_code_have_one_table() -> None:
    documented = {
        name: Safety(title)
        for title, names in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
        for name in re.findall(r"`(\w+)`", names)
    }
    assert documented == dict(ACTIONS)


@pytest.mark.parametrize(
    ("actions", "safety"),
    [
        ([], Safety.SAFE),
        (["query", "query_schemas"], Safety.SAFE),
        (["query", "update"], Safety.CHECKED),
        (["create", "delayed_job", "query"], Safety.NEVER),
        (["query", "invented"], Safety.NEVER),
        ([None], Safety.NEVER),
    ],
)
def test_a_batch_belongs_to_the_strictest_class(actions: list[Any], safety: Safety) -> None:
    assert safety_of([{"action": action} for action in actions]) is safety


def test_the_documented_settings_are_the_defaults() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for names, values in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([\d., ]+) \|", text, re.M):
        for name, value in zip(re.findall(r"\w+", names), values.split(", "), strict=True):
            assert getattr(RetryPolicy(), name) == float(value)


# -- reads ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        *({"status": status} for status in (408, 429, 502, 503, 504)),
        {"status": 502, "body": b"<html>Bad gateway</html>"},
        {"status": 200, "body": b"<html>Sign in</html>"},
        {"status": 200, "body": b""},
        {"status": 200, "body": b'[{"data": ['},
        {"status": 200, "body": b"[1, 2", "announced_length": 500},
        {"status": 503, "body": b'{"exception": "Maintenance", "content": "later"}'},
    ],
    ids=str,
)
@pytest.mark.parametrize("times", [1, 4])
def test_a_read_is_tried_again(
    loopback: Loopback, transport: HttpTransport, clock: Clock, failure: dict[str, Any], times: int
) -> None:
    for _ in range(times):
        loopback.raw(**failure)
    loopback.answer([{"data": []}])
    assert transport.send(READ) == b'[{"data": []}]'
    assert len(loopback.received) == times + 1
    assert clock.waits == [0.5, 1.0, 2.0, 4.0][:times]


@pytest.mark.parametrize(
    "failure",
    [
        *({"status": status} for status in (400, 401, 403, 404, 422, 500, 501)),
        {"status": 404, "body": b"<html>Not found</html>"},
        {"status": 200, "body": b'{"exception": "ParseError", "content": "no"}'},
        {"status": 302, "headers": {"Location": "https://elsewhere.invalid/"}},
    ],
    ids=str,
)
def test_what_would_fail_again_is_not_tried_again(
    loopback: Loopback, transport: HttpTransport, failure: dict[str, Any]
) -> None:
    loopback.raw(**failure)
    with pytest.raises(ServerError):
        transport.send(READ)
    assert len(loopback.received) == 1


def test_attempts_are_limited_and_the_last_error_is_raised(
    loopback: Loopback, transport: HttpTransport, clock: Clock
) -> None:
    loopback.raw(b"away", status=BUSY, headers={"X-Request-ID": "r-7", "Retry-After": "3"})
    with pytest.raises(MalformedResponseError) as caught:
        transport.send(READ)
    assert len(loopback.received) == 5
    assert clock.waits == [3.5, 4.0, 5.0, 7.0]
    error = caught.value
    assert (error.status, error.request_id, error.retry_after, error.sent) == (BUSY, "r-7", 3.0, True)


def test_credentials_are_signed_anew_for_each_attempt(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.raw(status=BUSY)
    loopback.answer([])
    transport.send(READ)
    assert [request.headers["ftrack-api-key"] for request in loopback.received] == ["s3cret", "s3cret"]


def test_a_connection_that_is_refused_is_tried_again_for_writes_too(clock: Clock) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    transport = transport_to(f"http://127.0.0.1:{port}", clock.policy(attempts=3))
    for batch in (READ, WRITE, [{"action": "delayed_job"}]):
        clock.waits.clear()
        with pytest.raises(ConnectionFailedError) as caught:
            transport.send(batch)
        assert caught.value.sent is False
        assert clock.waits == [0.5, 1.0]


@pytest.mark.parametrize("batch", [WRITE, [{"action": "delayed_job"}]], ids=["delete", "delayed_job"])
def test_a_write_that_was_turned_away_is_sent_again(
    loopback: Loopback, transport: HttpTransport, batch: list[dict[str, Any]]
) -> None:
    loopback.raw(status=429)
    loopback.answer([{"data": True}])
    transport.send(batch)
    assert len(loopback.received) == 2


@pytest.mark.parametrize("status", [200, 500, 502, 503, 504])
def test_a_write_that_may_have_arrived_is_not(
    loopback: Loopback, transport: HttpTransport, status: int
) -> None:
    loopback.raw(b"<html>", status=status)
    with pytest.raises(MalformedResponseError):
        transport.send(WRITE)
    assert len(loopback.received) == 1


# -- waiting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "waited"), [("2", 2.5), ("0", 0.5), ("9999", 60.5), ("soon", 0.5), ("-3", 0.5)]
)
def test_the_server_may_ask_for_a_time(
    loopback: Loopback, transport: HttpTransport, clock: Clock, header: str, waited: float
) -> None:
    loopback.raw(status=429, headers={"Retry-After": header})
    loopback.answer([])
    transport.send(READ)
    assert clock.waits == [waited]


def test_the_time_may_be_a_date() -> None:
    assert seconds_to_wait(formatdate(1_000_030, usegmt=True), 1_000_000) == 30
    assert seconds_to_wait(formatdate(1_000_000, usegmt=True), 1_000_030) == 0


@given(st.text())
def test_any_header_is_a_time_or_none(text: str) -> None:
    seconds = seconds_to_wait(text, 0.0)
    assert seconds is None or 0 <= seconds < float("inf")


def test_waits_are_random_and_end_growing(loopback: Loopback, clock: Clock) -> None:
    shares = iter([0.5, 0.0, 0.25, 1.0])
    policy = clock.policy(first_delay=4, longest_delay=10, random=lambda: next(shares))
    loopback.raw(status=BUSY)
    with pytest.raises(RequestError):
        transport_to(loopback.url, policy).send(READ)
    assert clock.waits == [2.0, 0.0, 2.5, 10.0]


def test_no_attempt_begins_behind_the_deadline(loopback: Loopback, clock: Clock) -> None:
    loopback.raw(status=BUSY, headers={"Retry-After": "4"})
    with pytest.raises(RequestError):
        transport_to(loopback.url, clock.policy(deadline=9.4)).send(READ)
    assert clock.waits == [4.5]
    assert len(loopback.received) == 2


def test_a_new_attempt_lasts_no_longer_than_the_deadline(loopback: Loopback, clock: Clock) -> None:
    loopback.raw(status=BUSY)
    loopback.raw(stall=True)
    transport = transport_to(loopback.url, clock.policy(deadline=0.55), timeout=60)
    with pytest.raises(RequestError, match=r"0\.0"):
        transport.send(READ)
    assert len(loopback.received) == 2


def test_an_outage_uses_the_budget_up(loopback: Loopback, clock: Clock) -> None:
    transport = transport_to(loopback.url, clock.policy(budget=6))
    loopback.raw(status=BUSY)
    for _ in range(10):
        with pytest.raises(RequestError):
            transport.send(READ)
    assert len(loopback.received) == 10 + 6
    loopback.answer_once([])
    for _ in range(5):
        transport.send(READ)
    loopback.received.clear()
    loopback.replies.clear()
    loopback.raw(status=BUSY)
    with pytest.raises(RequestError):
        transport.send(READ)
    assert len(loopback.received) == 2


def test_a_retry_that_helps_costs_nothing(loopback: Loopback, clock: Clock) -> None:
    transport = transport_to(loopback.url, clock.policy(budget=1))
    for _ in range(5):
        loopback.replies.clear()
        loopback.raw(status=BUSY)
        loopback.answer([])
        transport.send(READ)
    assert len(loopback.received) == 10


def test_threads_share_the_budget() -> None:
    budget = RetryBudget(100)
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(budget.take() for _ in range(50))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(taken), sum(taken)) == (400, 100)
    budget.give(1000)
    assert [budget.take() for _ in range(101)].count(True) == 100


def test_closing_ends_the_attempts(loopback: Loopback, clock: Clock) -> None:
    loopback.raw(status=BUSY)
    opened: list[HttpTransport] = []
    opened.append(transport_to(loopback.url, RetryPolicy(sleep=lambda _: opened[0].close())))
    with pytest.raises(ConnectionClosedError):
        opened[0].send(READ)
    assert len(loopback.received) == 1


@pytest.mark.parametrize(
    "settings",
    [{"attempts": 0}, {"deadline": -1}, {"deadline": float("nan")}, {"budget": -1}, {"first_delay": -1}],
)
def test_settings_are_checked(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationValueError, match=next(iter(settings))):
        RetryPolicy(**settings)
