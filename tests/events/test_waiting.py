"""The event hub against a local server: handling what comes."""

from __future__ import annotations

import threading

import pytest
from tests.events.conftest import SECONDS, Heard, MakeHub, handle_until

from ftrack_typed.errors import EventHubConnectionError
from ftrack_typed.events import Event, HubState, PublicationState, Subscriber

SENT = PublicationState.SENT


def test_waiting_ends_with_its_time(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    hub.wait(0)
    hub.publish(Event("studio.test"))
    assert hub.flush()
    hub.wait(0.01)
    hub.wait(duration=0)
    assert hub.statistics.handled <= 1


def test_waiting_for_no_time_handles_what_is_there(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()

    def publish_another(event: Event) -> None:
        heard(event)
        assert hub.publish(Event("studio.test")).wait(SECONDS) is SENT

    hub.subscribe("topic=studio.test", publish_another)
    for _ in range(3):
        assert hub.publish(Event("studio.test")).wait(SECONDS) is SENT
    hub.wait(0)
    assert len(heard) == 3


def test_waiting_needs_a_connection_or_one_on_its_way(make_hub: MakeHub) -> None:
    with pytest.raises(EventHubConnectionError, match="nothing to wait for"):
        make_hub(connect=False).wait(0)


@pytest.mark.parametrize("how", ["disconnect", "close"])
def test_waiting_ends_with_the_connection(make_hub: MakeHub, how: str) -> None:
    hub = make_hub()
    left = threading.Event()

    def listen() -> None:
        hub.wait()
        left.set()

    thread = threading.Thread(target=listen)
    thread.start()
    getattr(hub, how)()
    assert left.wait(SECONDS)
    thread.join(SECONDS)


def test_a_handler_may_end_the_wait(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.subscribe("topic=studio.test", lambda event: hub.disconnect())
    for _ in range(3):
        hub.publish(Event("studio.test"))
    hub.wait()
    assert hub.state is HubState.OFFLINE


def test_an_interrupt_ends_the_wait_and_the_hub_goes_on(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()

    def interrupt(event: Event) -> None:
        heard(event)
        if len(heard) == 1:
            raise KeyboardInterrupt

    hub.subscribe("topic=studio.test", interrupt)
    for number in range(2):
        hub.publish(Event("studio.test", data=number))
    with pytest.raises(KeyboardInterrupt):
        hub.wait()
    handle_until(hub, lambda: len(heard) == 2)
    assert heard.data == [0, 1]


def test_several_threads_may_wait(make_hub: MakeHub) -> None:
    hub = make_hub()
    both, handled = threading.Barrier(2), threading.Semaphore(0)

    def handle(event: Event) -> None:
        both.wait(SECONDS)
        handled.release()

    hub.subscribe("topic=studio.test", handle)
    threads = [threading.Thread(target=hub.wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        hub.publish(Event("studio.test"))
    for _ in range(2):
        assert handled.acquire(timeout=SECONDS)
    hub.disconnect()
    for thread in threads:
        thread.join(SECONDS)


def test_what_a_handler_gets_is_seen_in_numbers(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.subscribe("topic=studio.test", lambda event: 1 / 0)
    hub.publish(Event("studio.test"))
    handle_until(hub, lambda: hub.statistics.handled)
    statistics = hub.statistics
    assert (statistics.received, statistics.handled, statistics.handler_errors) == (1, 1, 1)
    assert (statistics.published, statistics.acknowledged, statistics.connects) == (1, 1, 1)
    assert (statistics.waiting, statistics.queued, statistics.internal_errors) == (0, 0, 0)
    assert statistics.last_packet_age is not None


def test_handling_can_be_done_by_others(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.subscribe("topic=studio.test", lambda event: event.data, {"id": "a"})
    hub.subscribe("topic=studio.test", lambda event: 1 / 0, {"id": "b"})
    event = Event("studio.test", data="x", source={"id": hub.id})
    assert [subscriber.id for subscriber in hub.subscribers_for(event)] == ["a", "b"]
    handling = hub.handle(event)
    assert handling.results == ["x"]
    [(subscriber, error)] = handling.errors
    assert isinstance(subscriber, Subscriber)
    assert isinstance(error, ZeroDivisionError)
