"""Numbers among settings: what makes no sense is refused in one way, wherever it is set."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ftrack_typed import RetryPolicy
from ftrack_typed.errors import ConfigurationTypeError, ConfigurationValueError
from ftrack_typed.events import HubOptions
from ftrack_typed.events.durable import HandlingPolicy

COUNTS = [
    (RetryPolicy, "attempts"),
    (HandlingPolicy, "attempts"),
    (HandlingPolicy, "workers"),
    (HubOptions, "attempts"),
    (HubOptions, "inbox_limit"),
    (HubOptions, "outbox_limit"),
]
POSITIVE = [(HubOptions, "timeout"), (HubOptions, "expires"), (HandlingPolicy, "handler_timeout")]
FROM_ZERO = [
    (RetryPolicy, "deadline"),
    (RetryPolicy, "budget"),
    (HandlingPolicy, "grace"),
    (HubOptions, "linger"),
    (HubOptions, "first_delay"),
]


@pytest.mark.parametrize(("settings", "name"), COUNTS)
def test_counts_begin_at_one(settings: type[Any], name: str) -> None:
    assert getattr(settings(**{name: 1}), name) == 1
    for value in (0, -3):
        with pytest.raises(ConfigurationValueError, match=f"^{name} counts from 1, not {value}") as refused:
            settings(**{name: value})
        assert refused.value.setting == name
    for wrong in (2.5, "2", True):
        with pytest.raises(ConfigurationTypeError, match=f"^{name} takes a whole number, not {wrong!r}"):
            settings(**{name: wrong})


@pytest.mark.parametrize(("settings", "name"), POSITIVE)
def test_times_that_must_last(settings: type[Any], name: str) -> None:
    assert getattr(settings(**{name: 0.5}), name) == 0.5
    for value in (0, -1, math.nan):
        with pytest.raises(ConfigurationValueError, match=f"^{name} takes a number above 0, not {value!r}"):
            settings(**{name: value})


@pytest.mark.parametrize(("settings", "name"), FROM_ZERO)
def test_times_that_may_be_none_at_all(settings: type[Any], name: str) -> None:
    assert getattr(settings(**{name: 0}), name) == 0
    for value in (-1, math.inf, math.nan):
        with pytest.raises(ConfigurationValueError, match=f"^{name} takes a number from 0 up, not {value!r}"):
            settings(**{name: value})


@pytest.mark.parametrize(("settings", "name"), POSITIVE + FROM_ZERO)
def test_what_is_no_number_is_of_the_wrong_type(settings: type[Any], name: str) -> None:
    for wrong in ("5", None, False):
        with pytest.raises(ConfigurationTypeError, match=f"^{name} takes a number, not {wrong!r}"):
            settings(**{name: wrong})


def test_a_handler_may_take_for_ever_and_a_connection_may_not() -> None:
    assert HandlingPolicy(handler_timeout=math.inf).handler_timeout == math.inf
    with pytest.raises(ConfigurationValueError, match="timeout takes a number above 0, not inf"):
        HubOptions(timeout=math.inf)


def test_errors_tell_what_else_may_be_given() -> None:
    with pytest.raises(ConfigurationValueError, match="not 0; None tries without end"):
        HubOptions(attempts=0)
    with pytest.raises(ConfigurationValueError, match="not 0; 1 never tries again"):
        RetryPolicy(attempts=0)
