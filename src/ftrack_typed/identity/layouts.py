"""Layouts: rows of one place of a projection that have the same attributes, and straight code that reads them.

Rows that came by one query look alike, so what to check, convert and look up is known for all of them once the first
one is seen. It is written out as a function without loops, which makes a page as quick as Python allows
(docs/performance.md). The texts are made of the pieces below, numbers, and names as `repr` writes them; values never
become code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ftrack_typed.identity.straight import function
from ftrack_typed.wire import dates

TAG = "__entity_type__"
"""Key of a row under which its type stands (wire: protocol 1.3)."""

Read = Callable[[dict[str, Any]], Any]
"""Turns a decoded row into its entity."""


class OddValueError(ValueError):
    """A row holds what its place does not provide for."""


class Namespace:
    """Global names of the functions that read the rows of one projection.

    Args:
        names: Those that all of them use.
    """

    __slots__ = ("_kept", "globals", "moments")

    def __init__(self, **names: Any) -> None:
        self.globals: dict[str, Any] = names
        """Names and things. No subclass of `dict`: the interpreter looks names up quickly in plain ones only."""
        self._kept: list[dict[Any, Any]] = []
        self.moments: str = self.keep("moments", Moments())
        """Name of the moments of a reply."""

    def bind(self, stem: str, thing: object) -> str:
        """Name a thing; gives back the name."""
        name = f"{stem}_{len(self.globals)}"
        self.globals[name] = thing
        return name

    def keep(self, stem: str, things: dict[Any, Any]) -> str:
        """Name what is remembered of one reply, and forgotten at its end; gives back the name."""
        self._kept.append(things)
        return self.bind(stem, things)

    def forget(self) -> None:
        """End a reply."""
        for things in self._kept:
            things.clear()

    def define(self, code: str, title: str) -> Any:
        """Define the function that `code` is the text of."""
        return function(code, self.globals, title)


class Moments(dict[Any, "datetime | None"]):
    """Moments of one reply by their text: rows share many of them, and looking up is quicker than parsing."""

    def __missing__(self, text: Any) -> datetime | None:
        if text is None:
            self[None] = None
            return None
        # What servers really send is `2031-05-04T10:20:30` and in UTC (wire: protocol 1.4).
        usual = type(text) is str and len(text) == 19
        moment = self[text] = datetime.fromisoformat(text + "+00:00") if usual else dates.parse(text)
        return moment


class Texts(dict[Any, Any]):
    """Texts of one attribute in one reply, each once: they take a fraction of the memory then, and are checked once.

    Args:
        convert: Makes a text of something else.
        known: What the texts should be; empty for no such rule.
        report: Told of texts that are something else, which are kept.
    """

    def __init__(
        self, convert: Callable[[Any], Any], known: Iterable[str], report: Callable[[Any], None]
    ) -> None:
        super().__init__()
        self._convert = convert
        self._known = frozenset(known)
        self._report = report

    def __missing__(self, value: Any) -> Any:
        if value is None:
            self[None] = None
            return None
        text = value if type(value) is str else self._convert(value)
        if self._known and text not in self._known:
            self._report(text)
        if type(value) is str:  # numbers are equal to others that read differently
            self[text] = text
        return text


# -- attributes --------------------------------------------------------------------------------------


Field = Callable[[str, Namespace], "list[str]"]
"""How the value of an attribute is read: the code that checks and converts it.

It is given the name of the variable that holds the value and gets the result, and the namespace for things it needs.
"""


def raw(value: str, names: Namespace) -> list[str]:
    """Code for a value that is kept as it comes: none."""
    return []


def plain(expected: type, convert: Callable[[Any], Any], nullable: bool = True) -> Field:
    """A value that is right when it is of the expected type, and is converted otherwise."""

    def code(value: str, names: Namespace) -> list[str]:
        unless = f" and {value} is not None" if nullable else ""
        return [
            f"if type({value}) is not {expected.__name__}{unless}:",
            f"    {value} = {names.bind('convert', convert)}({value})",
        ]

    return code


def converted(convert: Callable[[Any], Any], only_dicts: bool = False) -> Field:
    """A value that always needs a conversion, or does when it is a ``dict``."""

    def code(value: str, names: Namespace) -> list[str]:
        condition = f"if type({value}) is dict: " if only_dicts else ""
        return [f"{condition}{value} = {names.bind('convert', convert)}({value})"]

    return code


def moment(value: str, names: Namespace) -> list[str]:
    """Code for a moment, tagged or as plain text: looks it up."""
    return [f"{value} = {names.moments}[{value}['value'] if type({value}) is dict else {value}]"]


def repeating(convert: Callable[[Any], Any], known: Iterable[str], report: Callable[[Any], None]) -> Field:
    """A text that many rows share; see :class:`Texts`."""

    def code(value: str, names: Namespace) -> list[str]:
        return [f"{value} = {names.keep('texts', Texts(convert, known, report))}[{value}]"]

    return code


def related(reader: str, memory: str | None, several: bool) -> Field:
    """A related row, or a list of them.

    Args:
        reader: Global name of the function that reads one.
        memory: Global name of those read before in this reply, by key.
        several: Whether it is a list.
    """

    def code(value: str, names: Namespace) -> list[str]:
        read = f"{reader}({{0}})"
        if memory is not None:
            read = f"{memory}[key] if (key := {{0}}['id']) in {memory} else {read}"
        if not several:
            return [f"if {value} is not None:", f"    {value} = {read.format(value)}"]
        return [
            f"if {value} is not None:",
            f"    if type({value}) is not list: raise OddValueError",
            f"    {value} = [{read.format('each')} for each in {value}]",
        ]

    return code


# -- rows ----------------------------------------------------------------------------------------------


def reading_code(
    keys: frozenset[str],
    fields: Mapping[str, tuple[str, Field]],
    finish: Iterable[str],
    other: str,
    names: Namespace,
) -> str:
    """Text of a function ``read(row)`` for rows with these keys.

    Args:
        keys: What the rows hold, by wire name.
        fields: Python name and reading of what is wanted, by wire name; anything else is left out.
        finish: The last lines, which make an entity of the ``dict`` `loaded`; they may use ``tag``, the type the
            row carries, and ``key``, its ``id``.
        other: Global name of the function that rows with other keys are given to.
        names: Gets the things the code needs.
    """
    values = {wire: f"v{number}" for number, wire in enumerate(wire for wire in fields if wire in keys)}
    body = [
        f"if len(row) != {len(keys)}:",
        f"    return {other}(row)",
        "try:",
        *(f"    {value} = row[{wire!r}]" for wire, value in values.items()),
        *(f"    row[{wire!r}]" for wire in sorted(keys - values.keys() - {TAG})),
        f"    tag = row[{TAG!r}]" if TAG in keys else "    tag = None",
        "except KeyError:",
        f"    return {other}(row)",
    ]
    for wire, value in values.items():
        body += fields[wire][1](value, names)
    # A new dict, as names in code are found faster among keys that code wrote than among keys that came as JSON.
    loaded = ", ".join(f"{fields[wire][0]!r}: {value}" for wire, value in values.items())
    body.append(f"loaded = {{{loaded}}}")
    if "id" in values:
        body.append(f"key = {values['id']}")
    body += finish
    return "\n    ".join(["def read(row):", *body]) + "\n"
