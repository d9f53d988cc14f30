"""Large replies are decoded a slice at a time, with the outcome of decoding them at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.wire.slices import replies_by_slice

names = st.one_of(
    st.text(max_size=20),
    st.sampled_from(['}, {"__entity_type__": "Task",', '"data": [{"__entity_type__": "Task"']),
)
rows = st.lists(
    st.fixed_dictionaries(
        {"__entity_type__": st.sampled_from(["Task", "Shot"]), "id": names},
        optional={
            "status": st.fixed_dictionaries({"__entity_type__": st.just("Status"), "name": names}),
            "children": st.lists(
                st.fixed_dictionaries({"__entity_type__": st.just("Task"), "name": names}), max_size=3
            ),
        },
    ),
    max_size=12,
)


def body_of(data: list[Any], **settings: Any) -> bytes:
    reply = {"action": "query", "data": data, "metadata": {"next": {"offset": 5}}}
    return json.dumps([reply], **settings).encode()


@given(data=rows, size=st.integers(1, 400), compact=st.booleans(), ascii_only=st.booleans())
def test_slices_hold_what_the_reply_holds(
    data: list[Any], size: int, compact: bool, ascii_only: bool
) -> None:
    separators = (",", ":") if compact else (", ", ": ")
    body = body_of(data, separators=separators, ensure_ascii=ascii_only)
    replies = list(replies_by_slice(body, size))
    assert [row for reply in replies for row in reply["data"]] == data
    assert replies[-1]["metadata"] == {"next": {"offset": 5}}


def test_a_large_reply_comes_in_slices() -> None:
    data = [{"__entity_type__": "Task", "id": str(number)} for number in range(100)]
    replies = list(replies_by_slice(body_of(data), 500))
    assert len(replies) > 5
    assert all(len(reply["data"]) < 30 for reply in replies)


def test_a_truncated_reply_is_an_error() -> None:
    body = body_of([{"__entity_type__": "Task", "id": str(number)} for number in range(100)])
    with pytest.raises(ValueError, match="EOF"):
        list(replies_by_slice(body[:-30], 500))
