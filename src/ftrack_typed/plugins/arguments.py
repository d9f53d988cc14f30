"""Which of the arguments offered to a function it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any


def fitting_arguments(
    function: Callable[..., Any], positional: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of those offered that a function takes.

    Positional ones from the left, as many as there is room for; keywords by name, without those given by position.
    A positional-only parameter that is left takes the keyword of its name. All are passed to a function that does not
    tell its parameters.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return tuple(positional), dict(keywords)
    kinds = {parameter.kind for parameter in parameters}
    places = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    given = list(positional) if Parameter.VAR_POSITIONAL in kinds else list(positional[: len(places)])
    taken = {one.name for one in places[: len(given)] if one.kind is not one.POSITIONAL_ONLY}
    used: set[str] = set()
    for place in places[len(given) :]:
        if place.kind is not place.POSITIONAL_ONLY or place.name not in keywords:
            break
        given.append(keywords[place.name])
        used.add(place.name)
    if Parameter.VAR_KEYWORD in kinds:
        wanted = keywords.keys() - taken - used
    else:
        by_name = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        wanted = {parameter.name for parameter in parameters if parameter.kind in by_name} - taken
    return tuple(given), {name: value for name, value in keywords.items() if name in wanted}


def register_arguments(
    register: Callable[..., Any], session: object, arguments: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a plugin's ``register`` is called with: the session, and what it takes of the plugin arguments.

    The session is its first positional argument, or the keyword-only one named ``session``.
    """
    positional, keywords = fitting_arguments(register, (session,), arguments)
    if not positional:
        return fitting_arguments(register, (), {**arguments, "session": session})
    return positional, keywords
