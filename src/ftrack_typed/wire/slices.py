"""Large replies, decoded a slice at a time.

What was just decoded is still in the processor's cache when it is turned into entities, and the memory of what is
dropped then is used again by the next slice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

SLICE = 64 * 1024
"""Bytes decoded at once: a few dozen to some hundred rows."""

_START = re.compile(rb'"data"\s*:\s*\[\s*(?=\{\s*"__entity_type__"\s*:\s*"(\w+)")')
_LONGEST_START = 4096


def replies_by_slice(body: bytes, size: int = SLICE) -> Iterator[dict[str, Any]]:
    """The reply of a query as a sequence of replies with fewer rows, the last of which has the metadata.

    Rows are cut between ``}`` and ``{"__entity_type__": …``, which can't stand inside of a text, as its quotes would be
    escaped there. A cut inside of a nested list is noticed, because what is before it is no complete row then; the rest
    is decoded at once in that case.

    Raises:
        ValueError: when the body is no JSON.
        LookupError: when it holds no reply.
        TypeError: when it is no list.
    """
    start = _START.search(body, 0, _LONGEST_START) if len(body) > 2 * size else None
    if start is None:
        yield _decoded(body)[0]
        return
    cut = re.compile(rb'\}\s*(,)\s*(?=\{\s*"__entity_type__"\s*:\s*"' + start[1] + rb'"\s*[,}])')
    position = start.end()
    while len(body) - position > 2 * size:
        found = cut.search(body, position + size)
        if found is None:
            break
        try:
            # The caller lets go of the rows by taking them out: nothing here holds on to them.
            reply = {"data": _decoded(b"[" + body[position : found.start(1)] + b"]")}
        except ValueError:
            break
        yield reply
        position = found.end()
    yield _decoded(body[: start.end()] + body[position:])[0]


def _decoded(text: bytes) -> Any:
    """What JSON says; only the keys of objects are looked up among earlier ones: most values of rows are different."""
    return from_json(text, cache_strings="keys")
