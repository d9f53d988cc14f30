"""Key makers and memoising."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.cache import (
    KeyMaker,
    Memoiser,
    MemoryCache,
    ObjectKeyMaker,
    StringKeyMaker,
    memoise,
    memoise_decorator,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.binary(max_size=4)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


def _told_apart(value: Any) -> Any:
    """Equal for what has to have the same key; True is not 1."""
    if isinstance(value, dict):
        return "mapping", frozenset((_told_apart(key), _told_apart(item)) for key, item in value.items())
    if isinstance(value, list):
        return "list", tuple(map(_told_apart, value))
    return type(value).__name__, value


@given(VALUES, VALUES)
def test_objects_have_the_same_key_when_they_are_the_same(one: Any, other: Any) -> None:
    key = ObjectKeyMaker().key
    assert (key(one) == key(other)) == (_told_apart(one) == _told_apart(other))


@given(st.lists(VALUES, max_size=4))
def test_objects_keep_their_key(items: list[Any]) -> None:
    copies = pickle.loads(pickle.dumps(items))
    assert ObjectKeyMaker().key(*items) == ObjectKeyMaker().key(*copies)


@given(st.dictionaries(st.text(max_size=2) | st.integers() | st.none(), st.integers(), max_size=5))
def test_the_order_of_mappings_and_sets_does_not_matter(mapping: dict[Any, int]) -> None:
    key = ObjectKeyMaker().key
    turned = dict(reversed(mapping.items()))
    assert key(mapping) == key(turned)
    assert key(set(mapping)) == key(frozenset(turned))


def test_the_bytes_of_an_object_key_are_fixed() -> None:
    text, one, two = (pickle.dumps(value, 2) for value in ("a", 1, 2))
    key = ObjectKeyMaker().key
    assert key("a", 1) == text + b"\0" + one
    assert key([1, 2]) == b"\3" + one + b"\0" + two + b"\3"
    assert key({"a": 1}) == b"\1" + text + b"\2" + one + b"\1"
    assert key(len) == b"\4len\0builtins"
    assert key(KeyMaker) == b"\4KeyMaker\0ftrack_typed.cache.keys"


def test_methods_of_different_objects_differ() -> None:
    key = ObjectKeyMaker().key
    assert key(Counter(1).plus) != key(Counter(2).plus)
    assert key(Counter(1).plus) == key(Counter(1).plus)


def test_what_can_not_be_pickled_has_no_key() -> None:
    with pytest.raises(TypeError, match="No key can be made of generator"):
        ObjectKeyMaker().key(character for character in "abc")


def test_texts_are_joined() -> None:
    assert StringKeyMaker().key(("Task", ["a"])) == "('Task', ['a'])"
    assert StringKeyMaker().key("a", 1) == "a1"


class Counter:
    def __init__(self, start: int = 0) -> None:
        self.start = start

    def plus(self, number: int) -> int:
        return self.start + number


def test_a_function_is_called_once_for_the_same_arguments() -> None:
    calls: list[tuple[Any, ...]] = []

    @memoise_decorator(Memoiser())
    def join(first: str, second: str = "b", *rest: str, sep: str = "-") -> str:
        """Join texts."""
        calls.append((first, second, *rest, sep))
        return sep.join((first, second, *rest))

    assert {join("a"), join("a", "b"), join(first="a"), join("a", second="b", sep="-")} == {"a-b"}
    assert len(calls) == 1
    assert join("a", "b", "c") == "a-b-c"
    assert join("a", sep="+") == "a+b"
    assert len(calls) == 3
    assert (join.__name__, join.__doc__) == ("join", "Join texts.")


def test_results_are_copies_unless_wanted_otherwise() -> None:
    def make() -> list[int]:
        return [1]

    memoiser = Memoiser()
    memoiser.call(make).append(2)
    assert memoiser.call(make) == [1]
    sharing = Memoiser(MemoryCache(), StringKeyMaker(), return_copies=False)
    assert sharing.call(make) is sharing.call(make)


def test_errors_are_not_remembered() -> None:
    answers: list[Any] = [RuntimeError("not yet"), 5]

    @memoise
    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    with pytest.raises(RuntimeError, match="not yet"):
        ask()
    assert (ask(), ask()) == (5, 5)


def test_methods_are_remembered_by_object() -> None:
    memoiser = Memoiser()
    assert [memoiser.call(Counter(start).plus, (1,)) for start in (1, 2, 1)] == [2, 3, 2]


def test_a_wrong_call_fails_like_the_function_itself() -> None:
    with pytest.raises(TypeError, match="number"):
        Memoiser().call(Counter().plus)
