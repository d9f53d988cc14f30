"""Lanes: order within a key, everything handled, nothing twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.events.durable.lanes import Lanes


def test_events_of_one_key_follow_each_other() -> None:
    lanes = Lanes()
    lanes.add(1, "a")
    lanes.add(2, "a")
    lanes.add(3, "b")
    lanes.add(4, None)
    assert [lanes.take(0), lanes.take(0), lanes.take(0), lanes.take(0)] == [1, 3, 4, None]
    lanes.finish(1)
    assert lanes.take(0) == 2
    assert (len(lanes), lanes.taken) == (3, 3)


def test_a_postponed_event_holds_up_its_key_only() -> None:
    lanes = Lanes()
    for number, key in ((1, "a"), (2, "a"), (3, "b")):
        lanes.add(number, key)
    assert lanes.take(0) == 1
    lanes.postpone(1, 10.0)
    assert lanes.next_due() == 10.0
    assert [lanes.take(9.9), lanes.take(9.9)] == [3, None]
    assert lanes.take(10.0) == 1
    assert lanes.next_due() is None


def test_an_event_is_in_one_lane_once() -> None:
    lanes = Lanes()
    lanes.add(1, "a")
    with pytest.raises(ValueError, match="Event 1 is in its lane already"):
        lanes.add(1, "b")


@given(
    keys=st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30),
    choices=st.lists(
        st.tuples(st.sampled_from(["take", "finish", "postpone"]), st.integers(0, 5)), max_size=200
    ),
)
def test_every_event_is_handled_once_and_in_the_order_of_its_key(
    keys: list[str | None], choices: list[tuple[str, int]]
) -> None:
    lanes = Lanes()
    for number, key in enumerate(keys):
        lanes.add(number, key)
    now = 0.0
    taken: list[int] = []
    done: list[int] = []

    def take() -> None:
        number = lanes.take(now)
        if number is not None:
            assert keys[number] is None or keys[number] not in {keys[other] for other in taken}
            taken.append(number)

    for action, choice in choices:
        now += 1.0
        if action == "take":
            take()
        elif taken and action == "finish":
            number = taken.pop(choice % len(taken))
            lanes.finish(number)
            done.append(number)
        elif taken:
            lanes.postpone(taken.pop(choice % len(taken)), now + choice)
    now += 100.0
    while len(lanes):
        take()
        number = taken.pop()
        lanes.finish(number)
        done.append(number)
    assert sorted(done) == list(range(len(keys)))
    for key in {"a", "b", "c"}:
        of_key = [number for number in done if keys[number] == key]
        assert of_key == sorted(of_key)
