"""The one-line attribute language of ``schemas/*.yaml``.

``KIND [target] [flag | option=value]… [-- doc]``; see ``schemas/README.md``.
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import Any

from ftrack_local.catalogue.definitions import AttributeDefinition, CatalogueError, JoinDefinition, Kind

FLAGS = frozenset(
    {
        "required",
        "nullable",
        "immutable",
        "projected",
        "unprojected",
        "optional",
        "system",
        "cascade",
        "restrict",
        "restricted",
        "hidden",
        "unkeyed",
        "unrelated",
        "integer",
        "computed",
        "derived",
    }
)
"""Words that stand alone; `computed` and `derived` may also name their computation."""

OPTIONS = frozenset(
    {
        "column",
        "alias",
        "key",
        "by",
        "default",
        "stores",
        "fill",
        "enum",
        "format",
        "of",
        "holds",
        "computed",
        "derived",
        "via",
        "join",
        "where",
        "up",
        "down",
        "from",
    }
)
"""Words that take a value after `=`."""

_TOKEN = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')
_JOIN = re.compile(r"(\w+)\((\w+),(\w+)\)")
_TARGETED = frozenset({Kind.KEY, Kind.ONE, Kind.MANY, Kind.MAP, Kind.TWIN})


def parse_attribute(name: str, text: str) -> AttributeDefinition:
    """Parse one attribute line.

    Raises:
        CatalogueError: Naming the word that cannot be understood and the nearest one that can.
    """
    line, _, doc = text.partition(" -- ")
    words = _TOKEN.findall(line)
    if not words:
        raise CatalogueError("the line is empty; it must start with a kind such as string or ->")
    kind = _kind(words.pop(0))
    facts: dict[str, Any] = {"doc": doc.strip()}
    if kind in _TARGETED:
        if not words:
            raise CatalogueError(f"{kind.value!r} needs a target after it")
        target, _, attribute = words.pop(0).partition(".")
        facts["target"] = target
        facts["target_attribute"] = attribute or None
    flags: set[str] = set()
    for word in words:
        option, equals, value = word.partition("=")
        if equals:
            _read_option(name, option, value, facts)
        elif word in ("computed", "derived"):
            facts[word] = name
        elif word in FLAGS:
            flags.add(word)
        else:
            raise CatalogueError(_unknown("word", word, FLAGS | OPTIONS))
    return AttributeDefinition(name=name, kind=kind, flags=frozenset(flags), **facts)


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise CatalogueError(_unknown("kind", word, {kind.value for kind in Kind})) from None


def _read_option(name: str, option: str, value: str, facts: dict[str, Any]) -> None:
    if option not in OPTIONS:
        raise CatalogueError(_unknown("option", option, OPTIONS))
    if option in ("default", "stores"):
        facts[option] = _constant(value)
    elif option == "enum":
        facts["enum"] = tuple(value.split("|"))
    elif option == "of":
        facts["owners"] = tuple(value.split("|"))
    elif option in ("via", "join"):
        match = _JOIN.fullmatch(value)
        if match is None:
            raise CatalogueError(f"{option}={value} must look like {option}=Name(near_column,far_column)")
        facts[option] = JoinDefinition(*match.groups())
    elif option == "where":
        column, colon, wanted = value.partition(":")
        if not colon:
            raise CatalogueError(f"where={value} must look like where=attribute:value")
        facts["where"] = {column: wanted}
    elif option in ("up", "down"):
        facts["walk"] = option
        facts["walk_column"] = value
    elif option == "from":
        facts["start"] = value
    else:
        facts[option] = value


def _constant(text: str) -> Any:
    """A JSON value, or the bare word itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _unknown(what: str, word: str, known: set[str] | frozenset[str]) -> str:
    near = get_close_matches(word, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known))}"
    return f"unknown {what} {word!r}{hint}"
