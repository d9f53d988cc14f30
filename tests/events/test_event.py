"""Events, and how they travel."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.errors import Error, EventHubError, EventHubPacketError, UnencodableValueError
from ftrack_typed.events import Event, Subscriber, Subscription, packets

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_an_event_is_a_mapping_of_seven_keys() -> None:
    event = Event(
        "studio.test", id="1", data={"a": 1}, source={"id": "h"}, target="id=x", in_reply_to_event="0"
    )
    assert dict(event) == {
        "id": "1",
        "data": {"a": 1},
        "topic": "studio.test",
        "sent": None,
        "source": {"id": "h"},
        "target": "id=x",
        "in_reply_to_event": "0",
    }
    assert (event.id, event.topic, event.data, event.sent) == ("1", "studio.test", {"a": 1}, None)
    assert (event.source, event.target, event.in_reply_to_event) == ({"id": "h"}, "id=x", "0")
    event["data"] = [2]
    assert event.data == [2]
    assert str(event) == f"<Event {dict(event)}>"


def test_the_keys_of_an_event_are_fixed() -> None:
    event = Event("studio.test")
    with pytest.raises(KeyError, match="'topics'"):
        event.update(topics="x")
    with pytest.raises(EventHubError, match="can't be removed"):
        event.pop("topic")
    with pytest.raises(EventHubError, match="can't be removed"):
        event.clear()
    with pytest.raises(KeyError, match="Did you mean 'topic'"):
        event["topics"]
    assert event.get("topics") is None
    assert len(event) == 7


def test_ids_are_texts() -> None:
    assert Event.from_wire({"topic": "studio.test", "id": 7}).id == "7"
    assert Event.from_wire({"topic": "studio.test"}).id


def test_events_are_equal_by_content_and_not_hashable() -> None:
    first, second = Event("studio.test", id="1"), Event("studio.test", id="1")
    assert first == second
    assert first != Event("studio.test", id="2")
    assert Event("studio.test").id != Event("studio.test").id
    with pytest.raises(TypeError):
        hash(first)


def test_events_can_be_stopped() -> None:
    event = Event("studio.test")
    assert not event.is_stopped()
    event.stop()
    assert event.is_stopped()


def test_events_travel_under_the_names_of_the_wire() -> None:
    event = Event("studio.test", in_reply_to_event="0", data={"in_reply_to_event": "kept as it is"})
    wire = event.to_wire()
    assert wire["inReplyToEvent"] == "0"
    assert "in_reply_to_event" not in wire
    assert wire["data"] == {"in_reply_to_event": "kept as it is"}
    assert Event.from_wire(wire) == event


def test_unknown_keys_are_kept_aside() -> None:
    event = Event.from_wire({"topic": "studio.test", "id": "1", "shard": 7, "sent": None})
    assert len(event) == 7
    assert event.extra == {"shard": 7}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {},
        {"topic": None},
        {"topic": ""},
        {"topic": 1},
        {"topic": "studio.test", "id": []},
        {"topic": "studio.test", "target": {}},
    ],
)
def test_what_is_no_event_is_refused(document: object) -> None:
    with pytest.raises(EventHubPacketError):
        Event.from_wire(document)


@given(topic=st.text(min_size=1), data=json_values)
def test_events_come_as_they_were_sent(topic: str, data: Any) -> None:
    event = Event(topic, data={} if data is None else data)
    frame = packets.event_frame(7, packets.dump(event.to_wire()))
    frame.encode("utf-8")
    packet = packets.decode(frame)
    assert (packet.code, packet.id, packet.path) == ("5", "7+", "")
    assert [Event.from_wire(found) for found in packets.arguments(packet) or []] == [event]


@given(st.text() | st.binary())
def test_any_frame_is_a_packet_or_the_one_error(frame: str | bytes) -> None:
    for read in (packets.arguments, packets.acknowledged):
        # Any other error fails the test.
        with contextlib.suppress(EventHubPacketError):
            assert isinstance(read(packets.decode(frame)), (list, tuple, type(None)))


@given(st.sampled_from("56"), st.text(max_size=5), st.text())
def test_any_data_is_read_or_the_one_error(code: str, number: str, data: str) -> None:
    packet = packets.Packet(code, number, "", data)
    for read in (packets.arguments, packets.acknowledged):
        with contextlib.suppress(EventHubPacketError):
            assert isinstance(read(packet), (list, tuple, type(None)))


def test_packets_read_as_the_protocol_has_them() -> None:
    assert packets.event_frame(3, '{"topic":"é"}') == '5:3+::{"name":"ftrack.event","args":[{"topic":"é"}]}'
    assert packets.acknowledgement_frame(packets.decode("5:4+::x")) == "6:::4"
    assert packets.BEAT == "2::"
    assert packets.decode("2:::") == packets.Packet("2")
    assert packets.decode("1::").encode() == "1::"
    assert packets.decode(b"5:1+:/p:a:b").encode() == "5:1+:/p:a:b"
    assert packets.acknowledged(packets.decode('6:::12+[{"success":true}]')) == (12, [{"success": True}])
    assert packets.acknowledged(packets.decode("6:::12")) == (12, [])
    assert packets.arguments(packets.decode('5:::{"name":"other","args":[]}')) is None


def test_what_json_cannot_hold_is_named() -> None:
    with pytest.raises(UnencodableValueError, match=r"data\.takes"):
        packets.dump(Event("studio.test", data={"takes": {1, 2}}).to_wire())
    with pytest.raises(UnencodableValueError, match=r"data\.frame"):
        packets.dump(Event("studio.test", data={"frame": float("nan")}).to_wire())
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(UnencodableValueError):
        packets.dump(Event("studio.test", data=endless).to_wire())


def test_half_a_surrogate_pair_travels() -> None:
    text = packets.dump(Event("studio.test", data={"name": "\ud800"}).to_wire())
    text.encode("utf-8")
    assert json.loads(text)["data"] == {"name": "\ud800"}


def test_subscribers_and_subscriptions_print() -> None:
    subscriber = Subscriber("topic=test", print, {"meta": "data"}, 100)
    assert str(subscriber) == "<Subscriber metadata={'meta': 'data'} subscription=\"topic=test\">"
    assert subscriber.interested_in(Event("test"))
    assert not subscriber.interested_in(Event("other"))
    subscription = Subscription("topic=test")
    assert str(subscription) == "topic=test"
    assert subscription.includes({"topic": "test"})
    assert not subscription.includes({})


def test_errors_of_events_are_errors_of_this_library() -> None:
    with pytest.raises(Error):
        Event("studio.test")["none"]
