"""Which of the arguments offered to a plugin it takes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_typed.plugins import fitting_arguments, register_arguments


def anything(*args: Any, **kw: Any) -> Any:
    return args, kw


def nothing() -> None: ...


def two(a: Any, b: Any = False) -> None: ...


def named_only(a: Any, *, scope: Any) -> None: ...


def several(*args: Any) -> None: ...


def by_name(a: Any, **kw: Any) -> None: ...


def by_place(a: Any, b: Any, /, c: Any = None) -> None: ...


@functools.wraps(two)
def wrapped(*args: Any, **kw: Any) -> Any:
    return args, kw


OFFERED = {"a": 10, "b": 20, "scope": "all"}


@pytest.mark.parametrize(
    ("function", "positional", "expected"),
    [
        (anything, (1, 2, 3), ((1, 2, 3), OFFERED)),
        (nothing, (1, 2), ((), {})),
        (two, (1,), ((1,), {"b": 20})),
        (two, (1, 2, 3), ((1, 2), {})),
        (two, (), ((), {"a": 10, "b": 20})),
        (named_only, (1, 2), ((1,), {"scope": "all"})),
        (several, (1, 2), ((1, 2), {})),
        (by_name, (1,), ((1,), {"b": 20, "scope": "all"})),
        (by_place, (1,), ((1, 20), {})),
        (wrapped, (1,), ((1,), {"b": 20})),
        (functools.partial(two, b=5), (1,), ((1,), {"b": 20})),
    ],
)
def test_a_function_gets_what_it_takes(
    function: Callable[..., Any], positional: tuple[Any, ...], expected: tuple[Any, Any]
) -> None:
    assert fitting_arguments(function, positional, OFFERED) == expected


def test_what_is_given_can_be_passed() -> None:
    for function in (anything, nothing, two, named_only, several, by_name, by_place):
        positional, keywords = fitting_arguments(function, (1,), OFFERED)
        function(*positional, **keywords)


def test_a_function_that_does_not_tell_gets_everything() -> None:
    assert fitting_arguments(dict, (), OFFERED) == ((), OFFERED)


def register_by_keyword(*, session: Any, scope: Any = None) -> None: ...


def register_alone() -> None: ...


def register_all(**kw: Any) -> None: ...


def register_other_name(the_session: Any, b: Any = 0) -> None: ...


@pytest.mark.parametrize(
    ("register", "expected"),
    [
        (register_alone, ((), {})),
        (register_by_keyword, ((), {"session": "S", "scope": "all"})),
        (register_all, ((), {**OFFERED, "session": "S"})),
        (register_other_name, (("S",), {"b": 20})),
        (several, (("S",), {})),
    ],
)
def test_the_session_is_the_first_argument_or_the_one_of_that_name(
    register: Callable[..., Any], expected: tuple[Any, Any]
) -> None:
    assert register_arguments(register, "S", OFFERED) == expected
