"""Subscriptions for the answers to one event, by the key it has here or the one it travels under."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.events.conftest import SECONDS, Heard, MakeHub, handle_until

from ftrack_typed.events import Event, Subscription
from ftrack_typed.events.expressions import parse

SPELLINGS = ["in_reply_to_event", "inReplyToEvent"]


@pytest.mark.parametrize("key", SPELLINGS)
def test_answers_to_one_event_are_heard_by_either_spelling(make_hub: MakeHub, key: str) -> None:
    hub, publisher = make_hub(), make_hub()
    wanted, everything = Heard(), Heard()
    hub.subscribe(f'topic=studio.answer and (not source.id=nobody) and {key}="question 1"', wanted)
    hub.subscribe("topic=studio.answer", everything)
    assert hub.flush(SECONDS)
    for question in ("question 1", "question 2"):
        publisher.publish(Event("studio.answer", in_reply_to_event=question))
    assert publisher.flush(SECONDS)
    handle_until(hub, lambda: len(everything) == 2)
    assert [event.in_reply_to_event for event in wanted] == ["question 1"]


@pytest.mark.parametrize("key", SPELLINGS)
def test_a_server_delivers_them_for_that_subscription_alone(make_hub: MakeHub, key: str) -> None:
    hub, publisher, wanted = make_hub(), make_hub(), Heard()
    hub.subscribe(f"{key}=q1", wanted)
    assert hub.flush(SECONDS)
    publisher.publish(Event("studio.answer", in_reply_to_event="q1"))
    assert publisher.flush(SECONDS)
    handle_until(hub, lambda: wanted)
    assert hub.publish(Event("studio.answer", in_reply_to_event="q1"), synchronous=True) == [None]


@pytest.mark.parametrize("key", SPELLINGS)
def test_the_text_stays_as_it_was_written(key: str) -> None:
    subscription = Subscription(f'topic = studio.answer and not {key}="x y"')
    assert str(subscription) == f'topic = studio.answer and not {key}="x y"'
    assert str(subscription.expression) == 'topic=studio.answer and not in_reply_to_event="x y"'
    assert parse(subscription.wire_text) == parse('topic=studio.answer and not inReplyToEvent="x y"')


@pytest.mark.parametrize(
    "text", ["", "topic  =  studio.*", "data.inReplyToEvent=1", 'a="in_reply_to_event=1"']
)
def test_what_does_not_ask_for_it_is_sent_as_it_was_written(text: str) -> None:
    assert Subscription(text).wire_text == text
    assert Subscription(text).expression == parse(text)


CONDITIONS = st.builds(
    lambda key, value: f"{key}={value}", st.sampled_from(["topic", *SPELLINGS]), st.sampled_from(["a", "b"])
)
TEXTS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=6,
)


@given(TEXTS, st.sampled_from(["a", "b"]), st.sampled_from(["a", "b", None]))
def test_here_and_on_the_wire_the_same_events_are_included(
    text: str, topic: str, question: str | None
) -> None:
    event, subscription = Event(topic, in_reply_to_event=question), Subscription(text)
    assert subscription.includes(event) == parse(subscription.wire_text).matches(event.to_wire())
