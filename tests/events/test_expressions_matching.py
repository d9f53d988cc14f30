"""The index of subscribers: the same answer as asking each of them, in their order."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_typed.events import Event
from ftrack_typed.events.expressions import All, Condition, Expression, Not
from ftrack_typed.events.expressions import Any as AnyOf
from ftrack_typed.events.matching import SubscriberIndex
from ftrack_typed.events.subscriber import Subscriber

TOPICS = st.sampled_from(["a", "a.b", "b", "ftrack.update", ""])
CONDITIONS = st.one_of(
    st.builds(
        Condition,
        st.just("topic"),
        st.sampled_from(["=", "!=", ">="]),
        st.sampled_from(["a", "a*", "*", "b", "ftrack.*"]),
    ),
    st.builds(
        Condition, st.sampled_from(["data.n", "topic.x"]), st.just("="), st.sampled_from(["1", "2", "*"])
    ),
)
VALUES = st.sampled_from([1, "1", "a", "b", "", True, None, ["a"], {"a": "b"}])
DATA = st.dictionaries(st.sampled_from("nst"), VALUES)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(CONDITIONS, st.just(Expression())),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=3)),
        st.builds(AnyOf, st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)


def subscriber(expression: Expression | str, priority: int = 100) -> Subscriber:
    made = Subscriber("" if isinstance(expression, Expression) else expression, print, {"id": "x"}, priority)
    if isinstance(expression, Expression):
        made.subscription.expression = expression
    return made


@settings(max_examples=300)
@given(
    st.lists(st.tuples(EXPRESSIONS, st.integers(0, 3)), max_size=6),
    st.lists(st.tuples(TOPICS, DATA), max_size=5),
)
def test_those_who_want_an_event_are_found_in_order(
    given_subscribers: list[tuple[Expression, int]], events: list[tuple[str, dict[str, Any]]]
) -> None:
    subscribers = [subscriber(expression, priority) for expression, priority in given_subscribers]
    index = SubscriberIndex(subscribers)
    for topic, data in events:
        event = Event(topic, data=data)
        wanted = [each for each in subscribers if each.interested_in(event)]
        assert index.matching(event) == sorted(wanted, key=lambda each: each.priority)
        assert index.has_candidates(topic) or not wanted


def test_subscribers_come_and_go() -> None:
    index = SubscriberIndex()
    event = Event("studio.render")
    first, second = subscriber("topic=studio.*"), subscriber("topic=studio.render", 50)
    assert index.matching(event) == []
    index.add(first)
    assert index.matching(event) == [first]
    index.add(second)
    assert index.matching(event) == [second, first]
    index.remove(first)
    index.remove(first)
    assert index.matching(event) == [second]
    assert len(index) == 1


def test_topics_nobody_wants_are_known() -> None:
    index = SubscriberIndex([subscriber("topic=studio.render and data.n=1"), subscriber("topic=other.*")])
    assert index.has_candidates("studio.render")
    assert index.has_candidates("other.thing")
    assert not index.has_candidates("studio.publish")
    assert not SubscriberIndex().has_candidates("studio.render")


def test_more_topics_than_are_remembered() -> None:
    wanted = subscriber("topic=t.4999")
    index = SubscriberIndex([wanted])
    found = [topic for topic in range(5000) if index.matching(Event(f"t.{topic}"))]
    assert found == [4999]
    assert index.matching(Event("t.4999")) == [wanted]


def test_a_topic_that_is_no_text_is_matched_all_the_same() -> None:
    everything = subscriber("")
    index = SubscriberIndex([everything, subscriber("topic=a")])
    event = Event("a")
    event["topic"] = ["no", "text"]
    assert index.matching(event) == [everything]


def test_subscribing_while_events_are_matched() -> None:
    always = subscriber("topic=a")
    index = SubscriberIndex([always])
    misses: list[list[Subscriber]] = []

    def work() -> None:
        for number in range(300):
            found = index.matching(Event("a", data={"n": number}))
            if always not in found:
                misses.append(found)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        other = subscriber("topic=a and data.n=1")
        index.add(other)
        index.remove(other)
    for thread in threads:
        thread.join(30)
    assert misses == []
    assert len(index) == 1
